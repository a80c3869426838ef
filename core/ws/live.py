"""The voice sockets of this process: one for each session, rechecked now and then, drained before the process ends."""

import asyncio
import random
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Final, Protocol

from core.ws.closing import NORMAL, Closing
from shared.errors import AppError, Unavailable

REPLACED: Final = Closing(NORMAL, "replaced by a newer connection to this session")
# More than the sockets that open anywhere while one is on its way from the database to here.
_MOST_REMEMBERED: Final = 4_096
# Clients come back within this time, not all at once.
_SOONEST_MS: Final = 250
_LATEST_MS: Final = 3_000


class Connection(Protocol):
    """One live voice socket."""

    @property
    def tenant_id(self) -> str | None:
        """Whose session it is."""
        ...

    @property
    def number(self) -> int:
        """Its place among the session's sockets, in all processes; the highest is the only one."""
        ...

    @property
    def gone(self) -> asyncio.Event:
        """Set when it has closed and everything of it is stored."""
        ...

    def close(self, closing: Closing) -> None:
        """Begin to close it."""
        ...

    async def check(self) -> int:
        """Check that its caller may stay, and return the number of the session's newest socket.

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
        """Stop the tutor, whose interruption is counted already."""
        ...


class Live:
    """Keeps the connections."""

    def __init__(self, *, jitter: Callable[[int, int], int] = random.randint) -> None:
        self._connections: dict[str, Connection] = {}
        self._jitter = jitter
        # The newest sockets anywhere, for those that arrive here a moment after their successors were told of.
        self._newest: OrderedDict[str, int] = OrderedDict()
        self._recheck = asyncio.Event()
        self.draining = False

    def __len__(self) -> int:
        return len(self._connections)

    def sessions_of(self, tenant_id: str | None) -> int:
        """Return how many of the connections are a tenant's."""
        return sum(connection.tenant_id == tenant_id for connection in self._connections.values())

    def __iter__(self) -> Iterator[Connection]:
        """The connections of this moment, whatever comes and goes meanwhile."""
        return iter(list(self._connections.values()))

    async def claim(self, session_id: str, connection: Connection) -> bool:
        """Make `connection` the session's only one; return whether another had to go for it.

        One that another process has replaced meanwhile is closed instead.
        """
        replaced = False
        while (other := self._connections.get(session_id)) is not None and other.number <= connection.number:
            other.close(REPLACED)
            await other.gone.wait()
            self.release(session_id, other)
            replaced = True
        if other is not None or self._newest.get(session_id, 0) > connection.number:
            connection.close(REPLACED)
        else:
            self._connections[session_id] = connection
        return replaced

    def supersede(self, session_id: str, number: int) -> None:
        """Close the session's connection if it is older than this number: another has taken its place somewhere."""
        self._newest[session_id] = number
        self._newest.move_to_end(session_id)
        if len(self._newest) > _MOST_REMEMBERED:
            self._newest.popitem(last=False)
        connection = self._connections.get(session_id)
        if connection is not None and connection.number < number:
            connection.close(REPLACED)

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

    def refuse(self, session_id: str, error: AppError) -> None:
        """Stop the tutor of a session, if it is here, tell the client why and close."""
        connection = self._connections.get(session_id)
        if connection is not None:
            connection.interrupt()
            connection.refuse(error)

    def recheck_now(self) -> None:
        """Begin the next round of `recheck` at once."""
        self._recheck.set()

    async def recheck(self, every_s: float) -> None:
        """Check all callers again and again, one after the other: those whose credential was revoked must leave."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(every_s):
                    await self._recheck.wait()
            self._recheck.clear()
            for connection in list(self._connections.values()):
                try:
                    newest = await connection.check()
                except Unavailable:
                    break  # nobody can tell now; the next round may
                except AppError as error:
                    connection.refuse(error)
                else:
                    if newest > connection.number:
                        connection.close(REPLACED)

    async def drain(self, seconds: float) -> None:
        """Ask everybody to come back elsewhere, after the sentence under way; new connections are refused."""
        self.draining = True
        connections = list(self._connections.values())
        delays = (self._jitter(_SOONEST_MS, _LATEST_MS) for _ in connections)
        await asyncio.gather(*(c.drain(seconds, delay) for c, delay in zip(connections, delays, strict=True)))
