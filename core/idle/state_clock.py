"""How long a process has been in each state of rest."""

import time
from collections.abc import Callable, Mapping

from core.idle.states import State


class StateClock:
    """Counts seconds, from its making on; any thread may read it.

    Args: clock: seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        # The seconds of states that are over, the present one, and since when it is.
        self._at: tuple[Mapping[str, float], State, float] = ({}, "active", clock())

    def enter(self, state: State) -> None:
        """Begin to count for another state."""
        self._at = (self.spent(), state, self._clock())

    def spent(self) -> dict[str, float]:
        """Return the seconds spent in each state so far, by its name."""
        before, state, since = self._at
        return {**before, state: before.get(state, 0.0) + self._clock() - since}
