"""One look at the lines of all callers, a hundred times a second.

An event loop wakes for each frame of each caller by itself: 25 callers wake it 1,250 times a second, and each time
costs several times what is done with the frame. Looked at together they wake it a hundred times, and what several of
them say reaches the voice detector at once.
"""

import asyncio
import os
import select
from collections.abc import Callable
from typing import Final

from core.pipeline.beat import beat_after

# Looks are at the sessions' common beat: a frame waits for half of one on average. Every so many looks, lines
# without a byte since the last time are given back to the event loop: each half second.
_LOOKS: Final = 50
_MOST_AT_ONCE: Final = 65_536


class Line:
    """The reading end of a connection.

    Args: feed: takes what came.

    Attributes:
        transport: the connection, not encrypted.
        polled: a poller reads it now; otherwise the event loop does.
        sounds: something came since the poller thought of giving it back.
    """

    def __init__(self, transport: asyncio.Transport, feed: Callable[[bytes], None]) -> None:
        self.transport = transport
        self.feed = feed
        self.number: int = transport.get_extra_info("socket").fileno()
        self.polled = False
        self.sounds = False


class Poller:
    """Reads lines in the event loop's place. Everything is called on its thread."""

    def __init__(self) -> None:
        self._lines: dict[int, Line] = {}
        self._poll = select.poll() if hasattr(select, "poll") else None  # Windows has none
        self._timer: asyncio.TimerHandle | None = None
        self._looks = 0

    def __len__(self) -> int:
        return len(self._lines)

    def join(self, line: Line) -> None:
        """Read a line from now on, until it has been quiet for half a second or more."""
        if self._poll is None:
            return
        line.transport.pause_reading()
        line.polled = line.sounds = True
        self._lines[line.number] = line
        self._poll.register(line.number, select.POLLIN)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_at(beat_after(0), self._look, self._poll)

    def leave(self, line: Line) -> None:
        """Give a line back to the event loop."""
        if not line.polled:
            return
        line.polled = False
        # The number of one that has closed may be another's by now.
        if self._poll is not None and self._lines.get(line.number) is line:
            del self._lines[line.number]
            self._poll.unregister(line.number)
        line.transport.resume_reading()

    def _look(self, poll: "select.poll") -> None:
        self._timer = None
        self._looks += 1
        try:
            for number, _ in poll.poll(0):
                if (line := self._lines.get(number)) is not None:
                    self._read(line)
            if self._looks % _LOOKS == 0:
                self._give_back()
        finally:
            if self._lines:
                self._timer = asyncio.get_running_loop().call_at(beat_after(0), self._look, poll)

    def _give_back(self) -> None:
        for line in list(self._lines.values()):
            if not line.sounds:
                self.leave(line)
            line.sounds = False

    def _read(self, line: Line) -> None:
        line.sounds = True
        # Whoever closes says so at once, and closes the file later.
        data = b"" if line.transport.is_closing() else _read(line.number)
        if not data:
            self.leave(line)  # the event loop finds out what became of it
            return
        try:
            line.feed(data)
        except Exception:
            # A bug of ours, which goes to the log: nothing else would end a line that is half understood.
            line.transport.abort()
            raise


def _read(number: int) -> bytes:
    try:
        return os.read(number, _MOST_AT_ONCE)
    except OSError:
        return b""
