"""The voice sockets of this process: one for each session, rechecked now and then, drained before the process ends."""

import asyncio
import random
from collections.abc import Callable
from typing import Final, Protocol

from core.ws.closing import NORMAL, Closing
from shared.errors import AppError, Unavailable

REPLACED: Final = Closing(NORMAL, "replaced by a newer connection to this session")
# Clients come back within this time, not all at once.
_SOONEST_MS: Final = 250
_LATEST_MS: Final = 3_000


class Connection(Protocol):
    """One live voice socket."""

    @property
    def gone(self) -> asyncio.Event:
        """Set when it has closed and everything of it is stored."""
        ...

    def close(self, closing: Closing) -> None:
        """Begin to close it."""
        ...

    async def check(self) -> None:
        """Check that its caller may stay.

        Raises: AppError.
        """
        ...

    def refuse(self, error: AppError) -> None:
        """Tell the error and close."""
        ...

    async def drain(self, seconds: float, delay_ms: int) -> None:
        """Finish the sentence, ask the client to come back after a delay, and close."""
        ...

    def interrupt(self) -> None:
        """Stop the tutor."""
        ...


class Live:
    """Keeps the connections."""

    def __init__(self, *, jitter: Callable[[int, int], int] = random.randint) -> None:
        self._connections: dict[str, Connection] = {}
        self._jitter = jitter
        self.draining = False

    def __len__(self) -> int:
        return len(self._connections)

    async def claim(self, session_id: str, connection: Connection) -> bool:
        """Make `connection` the session's only one; return whether another had to go for it."""
        replaced = False
        while (other := self._connections.get(session_id)) is not None:
            other.close(REPLACED)
            await other.gone.wait()
            self.release(session_id, other)
            replaced = True
        self._connections[session_id] = connection
        return replaced

    def release(self, session_id: str, connection: Connection) -> None:
        """Forget a connection that has ended."""
        if self._connections.get(session_id) is connection:
            del self._connections[session_id]

    def interrupt(self, session_id: str) -> bool:
        """Stop the tutor of a session, if it is here; the caller has checked that this is allowed."""
        connection = self._connections.get(session_id)
        if connection is None:
            return False
        connection.interrupt()
        return True

    async def recheck(self, every_s: float) -> None:
        """Check all callers again and again, one after the other: those whose credential was revoked must leave."""
        while True:
            await asyncio.sleep(every_s)
            for connection in list(self._connections.values()):
                try:
                    await connection.check()
                except Unavailable:
                    break  # nobody can tell now; the next round may
                except AppError as error:
                    connection.refuse(error)

    async def drain(self, seconds: float) -> None:
        """Ask everybody to come back elsewhere, after the sentence under way; new connections are refused."""
        self.draining = True
        connections = list(self._connections.values())
        delays = (self._jitter(_SOONEST_MS, _LATEST_MS) for _ in connections)
        await asyncio.gather(*(c.drain(seconds, delay) for c, delay in zip(connections, delays, strict=True)))
