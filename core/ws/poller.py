"""One look at the lines of many callers, instead of one event for each of their frames.

An event loop wakes for each frame of each caller by itself: 25 callers wake it 1,250 times a second, and each time
costs several times what is done with the frame. Looked at together they wake it a hundred times at most, and most of
them 25 times; what came of one caller since the last look is heard as one piece, and what several of them say reaches
the voice detector at once.
"""

import asyncio
import os
import select
from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Final

from core.pipeline.beat import BEAT_S, beat_now

# Every so many beats, lines without a byte since the last time are given back to the event loop: each half second.
_QUIET: Final = 50
_MOST_AT_ONCE: Final = 16_384


class Look(IntEnum):
    """When a line is looked at next, in beats."""

    AT_ONCE = 1
    LATER = 4


class Line:
    """The reading end of a connection.

    Args: feed: takes what came.

    Attributes:
        next_look: says when to look again; asked in the event loop's next round, when the detector has heard it too.
        transport: the connection, not encrypted.
        polled: a poller reads it now; otherwise the event loop does.
        sounds: something came since the poller thought of giving it back.
        look: how often the poller looks.
    """

    def __init__(self, transport: asyncio.Transport, feed: Callable[[bytes], None]) -> None:
        self.transport = transport
        self.feed = feed
        self.next_look: Callable[[], Look] = _soon
        self.number: int = transport.get_extra_info("socket").fileno()
        self.polled = False
        self.sounds = False
        self.look = Look.AT_ONCE


def _soon() -> Look:
    return Look.AT_ONCE


class _Watch:
    """The lines that are looked at equally often."""

    def __init__(self) -> None:
        self.lines: dict[int, Line] = {}
        self._poll = select.poll()

    def add(self, line: Line) -> None:
        self.lines[line.number] = line
        self._poll.register(line.number, select.POLLIN)

    def remove(self, line: Line) -> None:
        # The number of one that has closed may be another's by now.
        if self.lines.get(line.number) is line:
            del self.lines[line.number]
            self._poll.unregister(line.number)

    def sounding(self) -> list[Line]:
        """Return those that have something to be read."""
        return [self.lines[number] for number, _ in self._poll.poll(0)] if self.lines else []


class Poller:
    """Reads lines in the event loop's place. Everything is called on its thread."""

    def __init__(self) -> None:
        self._watches = {look: _Watch() for look in Look} if hasattr(select, "poll") else {}  # Windows has none
        self._timer: asyncio.TimerHandle | None = None
        self._beat = 0

    def __len__(self) -> int:
        return sum(len(watch.lines) for watch in self._watches.values())

    def join(self, line: Line) -> None:
        """Read a line from now on, until it has been quiet for half a second or more."""
        if not self._watches:
            return
        line.transport.pause_reading()
        line.polled = line.sounds = True
        line.look = Look.AT_ONCE
        self._watches[line.look].add(line)
        self._wake()

    def leave(self, line: Line) -> None:
        """Give a line back to the event loop."""
        if not line.polled:
            return
        line.polled = False
        self._watches[line.look].remove(line)
        line.transport.resume_reading()

    def _wake(self) -> None:
        """Look at the next beat that somebody is looked at."""
        often = min((look for look, watch in self._watches.items() if watch.lines), default=None)
        if often is None:
            return
        due = (max(beat_now(), self._beat) // often + 1) * often
        if self._timer is not None:
            if due * BEAT_S >= self._timer.when():
                return
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(due * BEAT_S, self._look, due)

    def _look(self, due: int) -> None:
        self._timer = None
        # Event loops may wake a millisecond early, and late when there is much to do.
        before, self._beat = self._beat, max(due, beat_now())
        sounding = [
            line
            for look, watch in self._watches.items()
            if self._beat // look > before // look
            for line in watch.sounding()
        ]
        asyncio.get_running_loop().call_soon(self._arrange, sounding)
        for line in sounding:
            self._read(line)
        if self._beat // _QUIET > before // _QUIET:
            self._give_back()

    def _arrange(self, heard: Sequence[Line]) -> None:
        """Have everybody looked at as soon as they want, now that what they said is decided on."""
        for line in heard:
            if line.polled and (look := line.next_look()) is not line.look:
                self._watches[line.look].remove(line)
                line.look = look
                self._watches[look].add(line)
        self._wake()

    def _give_back(self) -> None:
        for watch in self._watches.values():
            for line in list(watch.lines.values()):
                if not line.sounds:
                    self.leave(line)
                line.sounds = False

    def _read(self, line: Line) -> None:
        if not line.polled:
            return
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
