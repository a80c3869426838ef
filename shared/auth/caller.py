"""The Caller a credential proves, and how it enters a unit of work."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, LiteralString

from shared.db.entry import Entry

Kind = Literal["beta", "session", "open", "public"]


@dataclass(frozen=True, slots=True)
class Limit:
    """A token bucket: it starts full with `capacity` requests and refills evenly over `window_s` seconds."""

    name: str
    capacity: int
    window_s: int = 60


@dataclass(frozen=True, slots=True)
class _Admission:
    """An api_enter call: checks the credential and, with a bucket, limits and meters the request."""

    caller: "Caller"
    bucket: str | None
    limit: Limit

    @property
    def tenant_id(self) -> str | None:
        return self.caller.tenant_id

    @property
    def statement(self) -> tuple[LiteralString, Mapping[str, object]]:
        return (
            """SELECT user_id, role, rate_limit, rate_remaining, rate_window
               FROM api_enter(%(kind)s, %(tenant_id)s::uuid, %(credential)s, %(user_id)s::uuid,
                              %(bucket)s, %(capacity)s, %(window_s)s)""",
            {
                "kind": self.caller.kind,
                "tenant_id": self.tenant_id,
                "credential": self.caller.credential,
                "user_id": self.caller.user_id,
                "bucket": self.bucket,
                "capacity": self.limit.capacity,
                "window_s": self.limit.window_s,
            },
        )


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, as far as the credential alone tells; the round trip confirms it.

    Attributes:
        kind: "beta" token, signed-in "session", default learner of an "open" network, or "public": nobody.
        tenant_id: None only for "public".
        credential: the beta token's hash or the session's id; None for the other kinds.
        user_id: known in advance for sessions and open callers; a beta token's user is found in the database.
        address: the prefix of the network address that limits count by.
    """

    kind: Kind
    tenant_id: str | None = None
    credential: str | None = None
    user_id: str | None = None
    address: str = "unknown"

    def enter(self, limit: Limit) -> Entry:
        """Enter as a request: checked, limited and metered.

        A bucket belongs to a beta token, to a signed-in user over all of their devices, or else to an address.
        """
        whose = {"beta": self.credential, "session": self.user_id}.get(self.kind, self.address)
        return _Admission(self, f"{limit.name}:{self.kind}:{whose}", limit)

    def check(self) -> Entry:
        """Enter as the continuation of a request or socket: the credential is checked, nothing is limited."""
        return _Admission(self, None, Limit("none", 1))

    def as_user(self, user_id: str) -> "Caller":
        """Return this caller with the user the database found."""
        return replace(self, user_id=user_id)
