"""Everything that leaves on one voice socket, in order.

While the client takes what it is sent, all that is told in one round of the event loop leaves at its end in one piece:
a task woken for each message, and a system call, would cost more than the message. A task writes what a slow client
leaves waiting, and the goodbye.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

import msgspec
from aiohttp import web

from core.pipeline.notices import Notice, Problem
from core.pipeline.talk import ends_session
from core.ws import wire
from core.ws.closing import POLICY, Closing, closing_of
from core.ws.frames import framed
from shared.errors import AppError

# Sound waiting for a socket that takes none: the player waits when it is reached.
_MOST_SOUND: Final = 131_072
# Messages waiting for it: a client that lets so many lie does not read, and is cut off.
_MOST_MESSAGES: Final = 2_000
# A client that has not taken what was queued for it so many seconds after our goodbye is cut off.
_PATIENCE_S: Final = 5.0
# Bytes that leave in one piece.
_AT_ONCE: Final = 65_536


class _Sound(msgspec.Struct, frozen=True):
    """A frame of sound and how many bytes of it count."""

    frame: str | bytes
    size: int


class _Load(msgspec.Struct, frozen=True):
    """A message of so many bytes that only one may wait."""

    text: str


class Outbox:
    """The Client of a session, on a WebSocket. `run` writes until the socket closes.

    Attributes:
        hush: called before our goodbye, to end a read under way: the goodbye itself waits for the client's answer, and
            whoever reads beside it would make it cut the line at once, so that the client may never see the code.
        told: called with each notice: something happens in the session.
    """

    def __init__(self, socket: web.WebSocketResponse, transport: asyncio.Transport | None) -> None:
        self._socket = socket
        self._transport = transport
        self._items: deque[str | _Sound | _Load] = deque()
        self._sound = 0
        self._loaded = False
        self._drops = 0
        self._waiting = asyncio.Event()
        self._room = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        # Whether things may leave without the task, and whether they are about to.
        self._open = False
        self._leaving = False
        self._cut_off: asyncio.TimerHandle | None = None
        self.closing: Closing | None = None
        self.hush: Callable[[], None] = lambda: None
        self.told: Callable[[], None] = lambda: None

    def tell(self, notice: Notice) -> None:
        """Queue a notice."""
        self.told()
        self.send(wire.encode(notice))

    def send(self, text: str) -> None:
        """Queue a message; nothing is sent after the socket was told to close."""
        if self.closing is not None:
            return
        self._add(text)
        if len(self._items) > _MOST_MESSAGES:
            self.close(Closing(POLICY, "the client does not read what it is sent"))
            self.abort()

    async def play(self, pcm: bytes) -> None:
        """Queue sound, after waiting for room; sound that waits for it when `drop_audio` is called is dropped too."""
        await self.play_framed(pcm, len(pcm))

    async def play_framed(self, frame: str | bytes, size: int) -> None:
        """Queue sound as a frame of its own, `size` bytes of it; as `play`."""
        drops = self._drops
        while self._sound >= _MOST_SOUND and self.closing is None:
            self._room.clear()
            await self._room.wait()
        if self.closing is None and drops == self._drops:
            self._sound += size
            self._add(_Sound(frame, size))

    async def deliver(self, text: str) -> None:
        """Queue a message of many bytes once the one before it has left; `drop_audio` does not drop it."""
        while self._loaded and self.closing is None:
            self._room.clear()
            await self._room.wait()
        if self.closing is None:
            self._loaded = True
            self._add(_Load(text))

    def drop_audio(self) -> int:
        """Forget sound that has not left, and return how many bytes it was."""
        self._drops += 1
        dropped, self._sound = self._sound, 0
        if dropped:
            self._items = deque(item for item in self._items if not isinstance(item, _Sound))
            self._room.set()
        return dropped

    def leave(self, error: AppError) -> None:
        """Tell an error that ends the session, then close."""
        if self.closing is None:
            self.tell(Problem(error.error_code.upper(), error.message, recoverable=not ends_session(error)))
            self.close(closing_of(error))

    def close(self, closing: Closing) -> None:
        """Close after what is queued was sent; the first reason counts."""
        if self.closing is None:
            self.closing = closing
            self._cut_off = asyncio.get_running_loop().call_later(_PATIENCE_S, self.abort)
            self._room.set()
            self._waiting.set()

    def abort(self) -> None:
        """Cut the connection: nobody reads at the other end."""
        self._items.clear()
        if self._transport is not None:
            self._transport.abort()

    async def run(self) -> None:
        """Write until told to close, or until the peer has gone."""
        socket = self._socket
        try:
            while self._items or self.closing is None:
                await self._write_waiting()
                if self.closing is None:
                    self._open = True
                    self._waiting.clear()
                    await self._waiting.wait()
                    self._open = False
            self.hush()
            await socket.close(code=self.closing.code, message=self.closing.payload)
        except ConnectionError:
            self.close(Closing(POLICY, "the client has gone"))
        finally:
            self._open = False
            if self._cut_off is not None:
                self._cut_off.cancel()

    def _add(self, item: str | _Sound | _Load) -> None:
        self._items.append(item)
        if self._open and not self._leaving:
            self._leaving = True
            self._loop.call_soon(self._leave_together)

    def _leave_together(self) -> None:
        """Write what waits, or have the task do it."""
        self._leaving = False
        while self._open and self._items:
            transport = self._transport
            if transport is None or not self._takes(transport):
                self._open = False
                self._waiting.set()
                return
            pieces: list[bytes] = []
            size = 0
            while self._items and size < _AT_ONCE and not isinstance(item := self._items[0], _Load):
                self._items.popleft()
                head, body = framed(self._message(item))
                pieces += head, body
                size += len(body)
            transport.write(b"".join(pieces))

    def _takes(self, transport: asyncio.Transport) -> bool:
        """Whether what is next may leave at once: the client is there, and has taken what it was sent before."""
        gone = self._socket.closed or transport.is_closing()
        return not (gone or transport.get_write_buffer_size() or isinstance(self._items[0], _Load))

    async def _write_waiting(self) -> None:
        while self._items:
            item = self._items.popleft()
            if isinstance(item, _Load):
                await self._socket.send_str(item.text)
                self._loaded = False
                self._room.set()
            elif isinstance(message := self._message(item), str):
                await self._socket.send_str(message)
            else:
                await self._socket.send_bytes(message)

    def _message(self, item: str | _Sound) -> str | bytes:
        """Return what a client reads; the room that sound leaves is there from now on."""
        if isinstance(item, str):
            return item
        self._sound -= item.size
        self._room.set()
        return item.frame
