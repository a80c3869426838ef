"""The port through which the Realtime socket knows its guests and puts answers right."""

from typing import Protocol

import msgspec

from core.pipeline.conversations import Visit
from core.realtime.settings import RealtimeSettings
from shared.auth.caller import Caller


class Admitted(msgspec.Struct, frozen=True):
    """A caller, and what their client secret says beside.

    Attributes:
        session_id: the only session they may open; None: any of theirs.
    """

    caller: Caller
    settings: RealtimeSettings = msgspec.field(default_factory=RealtimeSettings)
    session_id: str | None = None


class RealtimeStore(Protocol):
    """What the socket needs of a store beside conversations."""

    async def admit(self, secret: str, address: str) -> Admitted:
        """Return whom an ephemeral client secret admits, from a network address.

        Raises: Unauthenticated: unknown or expired, or what it was made with is revoked. Forbidden, Unavailable.
        """
        ...

    async def make(self, caller: Caller) -> str:
        """Make a free conversation for a caller and return its id.

        Raises: Unauthenticated, Forbidden, RateLimited, Unavailable.
        """
        ...

    async def correct(self, visit: Visit, turn_id: str, text: str) -> None:
        """Store an answer as it was heard after all.

        Raises: Unauthenticated, NotFound, Unavailable.
        """
        ...
