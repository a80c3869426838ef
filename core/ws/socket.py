"""The server's end of a WebSocket, for sound that comes fifty times a second.

aiohttp wakes a task for each message and sets its heartbeat anew: more work than our own with a frame of sound. Here
binary messages may be taken as they arrive, and the heartbeat's timer is moved only when it runs out.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from aiohttp import WSMessage, WSMsgType, web
from aiohttp._websocket.reader import WebSocketDataQueue
from aiohttp.http import WebSocketReader, WebSocketWriter
from aiohttp.http_websocket import WSMessageTextBytes

from core.ws.poller import Line, Poller

# Takes binary messages as they arrive, one or more; False: they are to wait for `receive`, and all after them.
Take = Callable[[Sequence[bytes]], bool]
# A message, and how many bytes of it count.
_Message = tuple[WSMessage | WSMessageTextBytes, int]
# Bytes waiting for `receive` at which the line is read no further, until half of them have been received.
_MOST_WAITING: Final = 1 << 18


def leave(_messages: Sequence[bytes]) -> bool:
    """Take nothing."""
    return False


class _Inbox(WebSocketDataQueue):
    """Messages on their way to `receive`.

    Attributes:
        take: is offered binary messages first, as long as nothing waits here.
        failure: what `take` raised.
        line, poller: where they come from, and who reads it while sound comes.
    """

    take: Take | None = None
    failure: Exception | None = None
    line: Line | None = None
    poller: Poller
    _gathered: list[_Message] | None = None

    def feed_data(self, data: WSMessage | WSMessageTextBytes, size: int) -> None:
        """Have a message taken, or queue it."""
        if self.take is None or data.type is not WSMsgType.BINARY:
            self._offer(self._gathered)
            self._queue(data, size)
        elif self._gathered is None:
            self._offer([(data, size)])
        else:
            self._gathered.append((data, size))

    def gather(self, parse: Callable[[bytes], object], data: bytes) -> None:
        """Have all messages of a piece of data taken together."""
        gathered: list[_Message] = []
        self._gathered = gathered
        try:
            parse(data)
        finally:
            self._gathered = None
        self._offer(gathered)

    def wait(self, take: Take) -> None:
        """Offer messages to `take` from now on, if none waits that came before them."""
        self.take = None if self._buffer else take

    def _offer(self, messages: list[_Message] | None) -> None:
        """Have binary messages taken, or queue them; the list is emptied."""
        if not messages:
            return
        if self.take is not None and self._are_taken(self.take, [message.data for message, _ in messages]):
            if self.line is not None and not self.line.polled:
                self.poller.join(self.line)
        else:
            for message, size in messages:
                self._queue(message, size)
        messages.clear()

    def _are_taken(self, take: Take, sounds: Sequence[bytes]) -> bool:
        try:
            return take(sounds)
        except Exception as failure:  # noqa: BLE001  (the parser that calls this would take it for the client's)
            self.failure = failure
            return False

    def _queue(self, data: WSMessage | WSMessageTextBytes, size: int) -> None:
        self.take = None
        if self.line is not None:
            self.poller.leave(self.line)  # for what waits here, the line's own flow control is needed
        super().feed_data(data, size)


class FrameSocket(web.WebSocketResponse):
    """A WebSocket without compression, which pings a client that has been silent for a while.

    Args:
        heartbeat_s: seconds of silence after which it is; half of that later, still silent, it is let go.
        largest: bytes of the largest message taken.
        close_s: how long a client may take to answer our close.
        protocols: subprotocols, the preferred first.
        poller: reads it while sound comes.
    """

    def __init__(
        self, poller: Poller, *, heartbeat_s: float, largest: int, close_s: float, protocols: Sequence[str] = ()
    ) -> None:
        super().__init__(
            compress=False, heartbeat=heartbeat_s, max_msg_size=largest, timeout=close_s, protocols=protocols
        )
        self._now = asyncio.get_running_loop().time
        self._heard_at = 0.0
        self._poller = poller

    async def receive_untaken(self, take: Take) -> WSMessage:
        """Return the next message that `take` does not take as it arrives. What `take` raises is raised here.

        Nothing is offered to `take` before all earlier messages were received here, or after this has returned.
        """
        inbox = self._inbox
        inbox.wait(take)
        try:
            message = await self.receive()
        finally:
            inbox.take = None
            if inbox.line is not None:
                self._poller.leave(inbox.line)
        if inbox.failure is not None:
            raise inbox.failure
        return message

    def calm_for(self, milliseconds: Callable[[], float]) -> None:
        """Have the poller ask, after each look at this socket, how long nothing can be decided."""
        if self._inbox.line is not None:
            self._inbox.line.calm_ms = milliseconds

    def _post_start(self, request: web.BaseRequest, protocol: str | None, writer: WebSocketWriter) -> None:
        """Begin to read, with our inbox in the place of aiohttp's."""
        self._ws_protocol, self._writer = protocol, writer
        self._reset_heartbeat()
        inbox = self._reader = self._inbox = _Inbox(request.protocol, _MOST_WAITING, loop=asyncio.get_running_loop())
        self._parser = WebSocketReader(self._inbox, self._max_msg_size, compress=False, decode_text=True)
        request.protocol.set_parser(self._parser, data_received_cb=self._on_data_received)
        request.protocol.keep_alive(val=False)
        inbox.poller = self._poller
        if request.transport is not None and request.transport.get_extra_info("ssl_object") is None:
            inbox.line = Line(request.transport, self._polled)

    def _polled(self, data: bytes) -> None:
        """Take what the poller read; what is wrong with it is raised to whoever receives."""
        self._on_data_received()
        if self._parser is not None:
            self._inbox.gather(self._parser.feed_data, data)

    def _on_data_received(self) -> None:
        self._heard_at = self._now()
        if self._heartbeat_cb is None:  # a ping was sent, and this answers it
            self._reset_heartbeat()

    def _send_heartbeat(self) -> None:
        """Ping, unless something came since the timer was set: then it is set anew."""
        if self._heartbeat is not None:
            self._heartbeat_when = self._heard_at + self._heartbeat
        super()._send_heartbeat()
