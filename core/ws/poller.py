"""One look at the lines of many callers, instead of one event for each of their frames.

An event loop wakes for each frame of each caller by itself: 25 callers wake it 1,250 times a second, and each time
costs several times what is done with the frame. Looked at together they wake it a hundred times at most; what came of
one caller since the last look is heard as one piece, and what several of them say reaches the voice detector at once.
"""

import asyncio
import math
import os
import sys
from collections.abc import Callable
from typing import Final

from core.pipeline.beat import BEAT_S, beat_now

_BEAT_MS: Final = BEAT_S * 1000
# However long nothing can be decided, a line is looked at after so many beats: it may bring a text message, too.
_LONGEST: Final = 8
# Who has time for it is looked at on every fourth beat, together with others: the detector's network, whose weights
# are more than a processor's cache holds, costs little more for twenty callers than for one.
_TOGETHER: Final = 4
# Among more callers than these, those in a hurry are looked at on every second beat, for the same reason.
_FEW: Final = 16
# Every so many beats, lines without a byte since the last time are given back to the event loop: each half second.
_QUIET: Final = 50
# A second of sound is read within ten looks; what is asked for is allocated before it is read.
_MOST_AT_ONCE: Final = 8_192


class Line:
    """The reading end of a connection.

    Args: feed: takes what came.

    Attributes:
        calm_ms: says how long nothing can be decided; asked in the event loop's next round, when the detector has heard
            what came.
        transport: the connection, not encrypted.
        polled: a poller reads it now; otherwise the event loop does.
        sounds: something came since the poller thought of giving it back.
        due: the beat at which it is looked at next.
    """

    def __init__(self, transport: asyncio.Transport, feed: Callable[[bytes], None]) -> None:
        self.transport = transport
        self.feed = feed
        self.calm_ms: Callable[[], float] = _never_calm
        self.number: int = transport.get_extra_info("socket").fileno()
        self.polled = False
        self.sounds = False
        self.due = 0


def _never_calm() -> float:
    return 0


class Poller:
    """Reads lines in the event loop's place. Everything is called on its thread."""

    def __init__(self) -> None:
        self._lines: set[Line] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._beat = 0

    def __len__(self) -> int:
        return len(self._lines)

    def join(self, line: Line) -> None:
        """Read a line from now on, until it has been quiet for half a second or more."""
        if sys.platform == "win32":  # its event loop reads by other means than a file's number
            return
        line.transport.pause_reading()
        line.polled = line.sounds = True
        line.due = max(beat_now(), self._beat) + 1
        self._lines.add(line)
        self._wake()

    def leave(self, line: Line) -> None:
        """Give a line back to the event loop."""
        if not line.polled:
            return
        line.polled = False
        self._lines.remove(line)
        line.transport.resume_reading()

    def _wake(self) -> None:
        """Look at the next beat that somebody is looked at."""
        if not self._lines:
            return
        due = min([line.due for line in self._lines])
        if self._timer is not None:
            if due * BEAT_S >= self._timer.when():
                return
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(due * BEAT_S, self._look, due)

    def _look(self, due: int) -> None:
        self._timer = None
        # Event loops may wake a millisecond early, and late when there is much to do.
        before, self._beat = self._beat, max(due, beat_now())
        lines = [line for line in self._lines if line.due <= self._beat]
        try:
            for line in lines:
                self._read(line)
        finally:
            asyncio.get_running_loop().call_soon(self._arrange, lines)
            if self._beat // _QUIET > before // _QUIET:
                self._give_back()

    def _arrange(self, lines: list[Line]) -> None:
        """Have everybody looked at when something may be decided, now that what they said is."""
        for line in lines:
            if line.polled:
                line.due = self._next_look(line.calm_ms())
        self._wake()

    def _next_look(self, calm_ms: float) -> int:
        """Return the beat for a line on which nothing can be decided for so long."""
        beats = math.ceil(min(calm_ms / _BEAT_MS, _LONGEST))
        if beats >= _TOGETHER:
            return (self._beat + beats) // _TOGETHER * _TOGETHER
        grid = 1 if len(self._lines) <= _FEW else 2
        return -(-(self._beat + max(beats, 1)) // grid) * grid

    def _give_back(self) -> None:
        for line in list(self._lines):
            if not line.sounds:
                self.leave(line)
            line.sounds = False

    def _read(self, line: Line) -> None:
        if not line.polled:
            return
        # Whoever closes says so at once, and closes the file later.
        if line.transport.is_closing():
            self.leave(line)
            return
        try:
            data = os.read(line.number, _MOST_AT_ONCE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.leave(line)  # the event loop finds out what became of it
            return
        line.sounds = True
        try:
            line.feed(data)
        except Exception:
            # A bug of ours, which goes to the log: nothing else would end a line that is half understood.
            line.transport.abort()
            raise
