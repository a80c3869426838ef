"""A round-robin proxy on loopback: connection by connection, past whoever does not answer."""

import asyncio
import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final

_CHUNK: Final = 1 << 16
_HEAD: Final = 1 << 14
_SESSION: Final = re.compile(rb"[?&]session=([\w-]+)")


class RoundRobin:
    """Forwards each connection to the next process that accepts it.

    Attributes:
        url: where clients connect.
        served_by: which process, by its number, a session's newest socket reached.
    """

    def __init__(self, ports: Sequence[int]) -> None:
        self._ports = ports
        self._next = 0
        self.url = ""
        self.served_by: dict[str, int] = {}

    @asynccontextmanager
    async def serving(self) -> AsyncGenerator["RoundRobin"]:
        """Listen until the block ends."""
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            server.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            head = await reader.readuntil(b"\r\n\r\n")
            chosen = await self._choose()
            if chosen is not None:
                number, upstream, downstream = chosen
                if session := _SESSION.search(head.partition(b"\r\n")[0]):
                    self.served_by[session[1].decode()] = number
                downstream.write(head)
                await asyncio.gather(_forward(reader, downstream), _forward(upstream, writer))
        writer.close()

    async def _choose(self) -> tuple[int, asyncio.StreamReader, asyncio.StreamWriter] | None:
        """Connect to the next process, or to one after it; None: none accepts."""
        for _ in self._ports:
            number = self._next % len(self._ports)
            self._next += 1
            with suppress(OSError):
                return number, *await asyncio.open_connection("127.0.0.1", self._ports[number], limit=_HEAD)
        return None


async def _forward(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Pass everything on until one side is gone; the other then learns it."""
    with suppress(ConnectionError):
        while data := await source.read(_CHUNK):
            target.write(data)
            await target.drain()
    target.close()
