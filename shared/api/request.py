"""One request as its handler sees it."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from shared.api.context import Context
from shared.api.events import HttpRequest
from shared.auth.caller import Caller, Client, Limit, Rates
from shared.db import Entry, Pending, TenantEntry, Unit
from shared.errors import InvalidInput
from shared.repositories.idempotency import IdempotencyRepository

TENANT_HEADER: Final = "x-tenant-id"


class ClientInfo(msgspec.Struct, frozen=True):
    """How the client names itself; nothing here is trusted."""

    id: str
    name: str
    platform: str
    version: str
    user_agent: str

    @property
    def is_android(self) -> bool:
        """Whether it is the Android app, which reads some answers in a form of its own."""
        return self.platform.lower() == "android"

    @property
    def claimed(self) -> Client:
        """What of this a caller's credential is checked with."""
        return Client(self.id, self.platform, self.version)

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> "ClientInfo":
        """Read the X-Client headers, cut to a sane length."""

        def header(name: str) -> str:
            return headers.get(name, "").replace("\x00", "")[:200]

        return cls(
            id=header("x-client-id"),
            name=header("x-client-name"),
            platform=header("x-client-platform"),
            version=header("x-client-version"),
            user_agent=header("user-agent"),
        )


class Request:
    """The caller, what was sent, and the units of work of this request."""

    def __init__(self, http: HttpRequest, caller: Caller, limit: Limit | None, context: Context) -> None:
        self.http = http
        self.caller = caller
        self.client = ClientInfo.of(http.headers)
        self.context = context
        # What the answer says beside its body, such as an ETag.
        self.answer_headers: dict[str, str] = {}
        self._limit = limit
        self._admission: Mapping[str, Any] | None = None
        self._claim: tuple[str, datetime] | None = None

    @property
    def admission(self) -> Mapping[str, Any] | None:
        """What api_enter answered: user_id, role and the state of the token bucket; None before the first unit."""
        return self._admission

    @property
    def tenant_id(self) -> str:
        """The caller's tenant.

        Raises: RuntimeError: asked in a public route, which has none.
        """
        if self.caller.tenant_id is None:
            raise RuntimeError("a public route has no tenant")
        return self.caller.tenant_id

    @property
    def user_id(self) -> str:
        """The caller's user; for a beta token known only after the first unit. In SQL use app_user() instead.

        Raises: RuntimeError: not known yet.
        """
        user_id = self.caller.user_id or (self._admission or {}).get("user_id")
        if user_id is None:
            raise RuntimeError("the user is known after the first unit of work")
        return user_id

    @contextmanager
    def unit(self) -> Generator[Unit]:
        """Open a unit of work for the caller; the request's first one checks, limits and meters it."""
        if self._admission is not None:
            with self.context.database.unit(self.caller.again(self._admission["user_id"])) as unit:
                if self._claim is not None:
                    key, claim = self._claim
                    IdempotencyRepository(unit).carry_out(key, claim)
                yield unit
            return
        entered: Pending[Mapping[str, Any] | None] | None = None
        try:
            with self.context.database.unit(self._entry()) as unit:
                entered = unit.entered
                yield unit
        finally:
            # A promised row that is missing raises after the request has been counted.
            if entered is not None and entered.is_resolved:
                self._admission = entered.result

    def _entry(self) -> Entry:
        settings = self.context.settings
        rates = Rates(
            account=settings.requests_per_minute,
            address=settings.address_requests_per_minute,
            tenant=settings.tenant_requests_per_minute,
        )
        return self.caller.enter(self._limit, rates, reads=self.http.method in {"GET", "HEAD"})

    def choose_tenant(self) -> None:
        """Work in the tenant that the request names, if it names one; the first unit refuses a stranger's.

        Raises: InvalidInput: X-Tenant-ID is no id.
        """
        if chosen := self.http.headers.get(TENANT_HEADER):
            try:
                tenant_id = str(UUID(chosen))
            except ValueError:
                expected = "the id of a tenant"
                raise InvalidInput(f"X-Tenant-ID: {expected}", details={"X-Tenant-ID": expected}) from None
            if tenant_id != self.caller.tenant_id:
                self.caller = self.caller.choosing(tenant_id)

    def carry_out(self, key: str, claim: datetime) -> None:
        """From here on, whatever this request does commits together with the mark that it was done."""
        self._claim = (key, claim)

    def carried_out(self) -> None:
        """The handler is done: what follows is no effect of the request."""
        self._claim = None

    def recognise(self, caller: Caller) -> None:
        """Take the caller that a public route's handler found itself, as refresh and logout do.

        Raises: RuntimeError: the request has been admitted as somebody already.
        """
        if self._admission is not None:
            raise RuntimeError("a caller is recognised before the first unit of work")
        self.caller = caller

    @contextmanager
    def unit_for(self, tenant_id: str, user_id: str | None) -> Generator[Unit]:
        """Open a unit of work for a tenant that this request has just proved, as sign-in does.

        Raises: RuntimeError: the request has not been admitted yet.
        """
        if self._admission is None:
            raise RuntimeError("a request is admitted before it works for another tenant")
        with self.context.database.unit(TenantEntry(tenant_id, user_id)) as unit:
            yield unit

    def admit(self) -> None:
        """Check, limit and meter the request although its handler needs nothing from the database."""
        if self._admission is None:
            with self.unit():
                pass
