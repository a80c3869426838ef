"""The Caller a credential proves, and how it enters a unit of work."""

from collections.abc import Mapping
from typing import Final, Literal, LiteralString

import msgspec

from shared.db.entry import Entry, TenantEntry

Kind = Literal["beta", "session", "open", "public", "admin", "job"]


class Limit(msgspec.Struct, frozen=True):
    """A token bucket: it starts full with `capacity` requests and refills evenly over `window_s` seconds."""

    name: str
    capacity: int
    window_s: int = 60


class Rates(msgspec.Struct, frozen=True):
    """Requests per minute that one account, one network address and one tenant may make.

    What an operator grants a tenant replaces `account` and `tenant` there.
    """

    account: int = 1000
    address: int = 10_000
    tenant: int = 10_000


ORDINARY: Final = Rates()


class Client(msgspec.Struct, frozen=True):
    """How a caller's program names itself: X-Client-ID, -Platform and -Version; empty where it does not.

    Only a beta token's binding to a device believes it; without an id, None, the device was proved before.
    """

    id: str | None = ""
    platform: str = ""
    version: str = ""


class _Check(msgspec.Struct, frozen=True):
    """An app_admit call: the credential is checked, nothing is limited or counted."""

    caller: "Caller"

    @property
    def tenant_id(self) -> str | None:
        return self.caller.tenant_id

    @property
    def statement(self) -> tuple[LiteralString, Mapping[str, object]]:
        return (
            """SELECT e.user_id, e.role
               FROM app_admit(%(kind)s, %(home_id)s::uuid, %(credential)s, %(user_id)s::uuid, %(tenant_id)s::uuid) AS e,
                    LATERAL check_client(e.user_id, %(kind)s, %(home_id)s::uuid, %(credential)s,
                                         %(client)s, %(platform)s, %(version)s)""",
            self.caller.facts,
        )


class _Admission(msgspec.Struct, frozen=True):
    """An api_enter call: checks the credential, limits and meters the request."""

    caller: "Caller"
    limit: Limit | None
    rates: Rates
    reads: bool

    @property
    def tenant_id(self) -> str | None:
        return self.caller.tenant_id

    @property
    def statement(self) -> tuple[LiteralString, Mapping[str, object]]:
        return (
            """SELECT e.user_id, e.role, e.rate_limit, e.rate_remaining, e.rate_window
               FROM api_enter(%(kind)s, %(home_id)s::uuid, %(credential)s, %(user_id)s::uuid, %(tenant_id)s::uuid,
                              %(counted_by)s, %(reads)s, %(operation)s, %(capacity)s, %(window_s)s,
                              %(account_rate)s, %(address_rate)s, %(tenant_rate)s) AS e,
                    LATERAL check_client(e.user_id, %(kind)s, %(home_id)s::uuid, %(credential)s,
                                         %(client)s, %(platform)s, %(version)s)""",
            {
                **self.caller.facts,
                "counted_by": self.caller.counted_by,
                "reads": self.reads,
                "operation": self.limit.name if self.limit else None,
                "capacity": self.limit.capacity if self.limit else None,
                "window_s": self.limit.window_s if self.limit else None,
                "account_rate": self.rates.account,
                "address_rate": self.rates.address,
                "tenant_rate": self.rates.tenant,
            },
        )


class Caller(msgspec.Struct, frozen=True):
    """Who calls, as far as the credential alone tells; the round trip confirms it.

    Attributes:
        kind: "beta" token, signed-in "session", default learner of an "open" network, "public": nobody, or
            "job": work that was accepted before, in the name of who asked for it.
        tenant_id: where the request works; None only for "public".
        credential: the beta token's hash or the session's id; None for the other kinds.
        user_id: known in advance for sessions and open callers; a beta token's user is found in the database.
        address: the prefix of the network address that limits count by.
        credential_tenant_id: the tenant the credential belongs to, where the request works in another one.
        proved_device: what limits count by in place of the address, for a device that has proved itself.
        client: how its program names itself.
    """

    kind: Kind
    tenant_id: str | None = None
    credential: str | None = None
    user_id: str | None = None
    address: str = "unknown"
    credential_tenant_id: str | None = None
    proved_device: str | None = None
    client: Client = Client()

    @property
    def counted_by(self) -> str:
        """What limits count a caller by who has no account yet."""
        return self.proved_device or self.address

    @property
    def home_id(self) -> str | None:
        """The tenant the credential belongs to."""
        return self.credential_tenant_id or self.tenant_id

    @property
    def facts(self) -> Mapping[str, object]:
        """What the database checks, by parameter name."""
        return {
            "kind": self.kind,
            "home_id": self.home_id,
            "credential": self.credential,
            "user_id": self.user_id,
            "tenant_id": self.tenant_id,
            "client": self.client.id,
            "platform": self.client.platform,
            "version": self.client.version,
        }

    def enter(self, limit: Limit | None = None, rates: Rates = ORDINARY, *, reads: bool = False) -> Entry:
        """Enter as a request: checked, limited and metered.

        Args:
            limit: the operation's own, beside the rates of the token, the account, the address and the tenant.
            reads: the request changes nothing but counters.
        """
        return _Admission(self, limit, rates, reads)

    def check(self) -> Entry:
        """Enter as the continuation of a request or socket: the credential is checked, nothing is limited.

        A job has none: who asked for it was admitted then, and may have signed out since.
        """
        return TenantEntry(self.tenant_id, self.user_id) if self.kind == "job" else _Check(self)

    def again(self, user_id: str | None) -> Entry:
        """Enter once more in a request that was admitted as this user: nothing is checked again."""
        return TenantEntry(self.tenant_id, user_id)

    def choosing(self, tenant_id: str) -> "Caller":
        """Return this caller at work in another tenant; the round trip tells whether they belong to it."""
        return msgspec.structs.replace(self, tenant_id=tenant_id, credential_tenant_id=self.home_id)

    def as_user(self, user_id: str) -> "Caller":
        """Return this caller with the user the database found."""
        return msgspec.structs.replace(self, user_id=user_id)
