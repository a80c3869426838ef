"""Administrators: a verified Cloudflare Access assertion, or a session opened with a password and a one-time code.

No learner's credential and no plain header ever makes one.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Any, Final, Literal, LiteralString

import msgspec

from shared.auth.access_jwt import HEADER, AccessVerifier
from shared.auth.authenticator import LONGEST_TOKEN, address_prefix, bearer_token
from shared.auth.caller import ORDINARY, Caller, Limit, Rates
from shared.auth.keys import derive
from shared.auth.remote_keys import RemoteKeys
from shared.config import Settings
from shared.db import Json
from shared.db.entry import Entry
from shared.errors import Unauthenticated

PREFIX: Final = "uma_admin_"
SESSION_S: Final = 3600
_SECRET_BYTES: Final = 32

Role = Literal["support", "operator", "superadmin"]


def new_session_token() -> str:
    """Return a fresh session token."""
    return PREFIX + secrets.token_urlsafe(_SECRET_BYTES)


def hash_session_token(token: str, secret: bytes) -> str:
    """Return the hex of the keyed hash that is stored instead of the token."""
    return hmac.new(derive(secret, "admin-session"), token.encode(), hashlib.sha256).hexdigest()


class Deed(msgspec.Struct, frozen=True):
    """What an administrator is about to do, as the audit log has it.

    Attributes:
        operation: method and path of the route. target: the ids in the path.
        facts: what the query says. least_role: who may.
    """

    operation: str
    target: str
    facts: Mapping[str, str]
    least_role: Role
    request_id: str


class _Work(msgspec.Struct, frozen=True):
    """An admin_enter call; without a limit it goes on with a request that was noted before."""

    caller: "AdminCaller"
    limit: Limit | None

    @property
    def tenant_id(self) -> str | None:
        return self.caller.tenant_id

    @property
    def statement(self) -> tuple[LiteralString, Mapping[str, object]]:
        deed = self.caller.deed
        return (
            """SELECT user_id, role, rate_limit, rate_remaining, rate_window
               FROM admin_enter(%(proof)s, %(credential)s, %(login)s, %(tenant_id)s::uuid, %(least_role)s,
                                %(operation)s, %(target)s, %(facts)s, %(address)s, %(request_id)s,
                                %(capacity)s, %(window_s)s)""",
            {
                "proof": self.caller.proof,
                "credential": self.caller.credential,
                "login": self.caller.login,
                "tenant_id": self.tenant_id,
                "least_role": deed.least_role,
                "operation": deed.operation,
                "target": deed.target,
                "facts": Json(dict(deed.facts)),
                "address": self.caller.address,
                "request_id": deed.request_id,
                "capacity": self.limit.capacity if self.limit else None,
                "window_s": self.limit.window_s if self.limit else None,
            },
        )


_NO_DEED: Final = Deed("", "", {}, "superadmin", "")


class AdminCaller(Caller, frozen=True, kw_only=True):
    """An administrator as far as the credential alone tells; the round trip looks for role and scope.

    Attributes:
        proof: how they are known. credential: Access's id of the person, or the session token's hash.
        login: the verified address, or a service token's id; empty for a session.
    """

    kind: Literal["admin"] = "admin"
    proof: Literal["access", "session"]
    login: str = ""
    deed: Deed = msgspec.field(default=_NO_DEED)

    def enter(self, limit: Limit | None = None, rates: Rates = ORDINARY, *, reads: bool = False) -> Entry:
        """Enter as a request: checked, noted in the audit log, and limited by administrator."""
        del reads  # even a read writes to the audit log
        return _Work(self, limit or Limit("admin", rates.account))

    def check(self) -> Entry:
        """Enter as the continuation of a request: checked, not noted once more."""
        return _Work(self, None)

    def again(self, user_id: str | None) -> Entry:
        """Enter once more in a request that was admitted: every transaction is checked to be an administrator's."""
        del user_id
        return self.check()


class Administrators:
    """Recognises the administrators of one deployment."""

    def __init__(self, settings: Settings) -> None:
        self._secret = settings.secret
        self._verifier: AccessVerifier | None = None
        if settings.access_team and settings.access_audience:
            keys = RemoteKeys(f"{settings.access_team}/cdn-cgi/access/certs")
            self._verifier = AccessVerifier(settings.access_team, settings.access_audience, keys)

    def caller(self, headers: Mapping[str, str], *, address: str, tenant_id: str, deed: Deed) -> AdminCaller:
        """Return the administrator a request's headers prove.

        Where Access is configured its assertion decides alone: a bad one is not made good by a session.
        Raises: Unauthenticated: no credential of an administrator (`missing_token`), or a bad one.
        """
        facts: dict[str, Any] = {"tenant_id": tenant_id, "address": address_prefix(address), "deed": deed}
        assertion = headers.get(HEADER)
        if self._verifier is not None and assertion is not None:
            if len(assertion) > 2 * LONGEST_TOKEN or not assertion.isascii():
                raise Unauthenticated("the token is not valid")
            person = self._verifier.verify(assertion)
            login = person.email or person.service
            return AdminCaller(proof="access", credential=person.subject or person.service, login=login, **facts)
        token = bearer_token(headers.get("authorization"))
        if token is None:
            raise Unauthenticated("an administrator's sign-in is required", code="missing_token")
        if not token.startswith(PREFIX) or len(token) > LONGEST_TOKEN or not token.isascii():
            raise Unauthenticated("the token is not valid")
        return AdminCaller(proof="session", credential=hash_session_token(token, self._secret), **facts)
