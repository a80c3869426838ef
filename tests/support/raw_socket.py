"""A client that writes WebSocket frames itself, as no library would; and what memory something needs."""

import asyncio
import base64
import os
import socket
import tracemalloc
from collections.abc import Awaitable
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit

TEXT, BINARY, CLOSE = 1, 2, 8
FINAL, COMPRESSED = 0x80, 0x40
MB: Final = 1 << 20


class Wire:
    """A client that writes its frames itself, as no library would."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def dial(cls, url: str, *, room: int | None = None) -> "Wire":
        """Connect to a WebSocket.

        Args: room: bytes that the kernel keeps for this end while nobody reads; None: as usual.
        """
        address = urlsplit(url)
        line = socket.create_connection((address.hostname, address.port))
        if room is not None:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        reader, writer = await asyncio.open_connection(sock=line, limit=room or 1 << 16)
        key = base64.b64encode(os.urandom(16)).decode()
        writer.write(
            f"GET {address.path}?{address.query} HTTP/1.1\r\nHost: {address.netloc}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n".encode()
        )
        answer = await reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 101")
        assert b"permessage-deflate" not in answer.lower()
        return cls(reader, writer)

    async def send(self, first: int, payload: bytes) -> None:
        """Send one frame; the mask is all zeros, which leaves the payload as it is."""
        size = len(payload)
        length = bytes([0x80 | size]) if size < 126 else bytes([0x80 | 127]) + size.to_bytes(8, "big")
        self._writer.write(bytes([first]) + length + bytes(4) + payload)
        with suppress(ConnectionError):
            await self._writer.drain()

    async def close_code(self) -> int | None:
        """Read until the server says goodbye, and return the code; None when it cut the line."""
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                first, size = await self._reader.readexactly(2)
                if size >= 126:
                    size = int.from_bytes(await self._reader.readexactly(2 if size == 126 else 8), "big")
                payload = await self._reader.readexactly(size)
                if first & 0x0F == CLOSE:
                    return int.from_bytes(payload[:2], "big")
        return None

    def hang_up(self) -> None:
        """Cut the line; what was not sent yet is lost."""
        self._writer.transport.abort()


async def bounded(work: Awaitable[None], *, most: int) -> None:
    """Do something, and look that it needed no more memory than that at any moment."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        await work
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak - before < most


async def repeat(line: Wire, first: int, payload: bytes, times: int) -> None:
    for _ in range(times):
        await line.send(first, payload)
