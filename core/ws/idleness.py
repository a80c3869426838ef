"""A learner who has gone away and left the socket open."""

import asyncio
from collections.abc import Callable
from typing import Final

# Event loops may wake a moment early; nobody waits for that moment.
_EARLY_S: Final = 0.01


class Idleness:
    """Watches one connection, by one timer that is set again only when it has run out.

    Args:
        after_s: seconds after which a learner counts as gone.
        occupied: whether somebody speaks or is answered now.
        gone: called once when the learner is.
    """

    def __init__(self, after_s: float, *, occupied: Callable[[], bool], gone: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._after_s = after_s
        self._occupied = occupied
        self._gone = gone
        self._since = self._loop.time()
        self._timer = self._loop.call_later(after_s, self._look)

    def ends(self) -> None:
        """Something happens: the learner speaks or acts, or the tutor speaks."""
        self._since = self._loop.time()

    def close(self) -> None:
        """Watch no more."""
        self._timer.cancel()

    def _look(self) -> None:
        if self._occupied():
            self.ends()
        left = self._since + self._after_s - self._loop.time()
        if left > _EARLY_S:
            self._timer = self._loop.call_later(left, self._look)
        else:
            self._gone()
