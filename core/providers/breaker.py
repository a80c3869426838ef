"""Circuit breakers: a vendor that keeps failing is left alone for a while, then tried once.

closed: it is asked. open: it rests, and is asked only when nobody else could answer. trying: one call finds out whether
it works again; everybody else still goes elsewhere.
"""

import time
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from enum import Enum
from typing import Final

from shared.errors import ProviderUnavailable

# Failures in a row that open it. One more request than most accidents take.
FAILURES: Final = 3
# Seconds of the first rest; each failed trial doubles it.
FIRST_REST_S: Final = 5.0
# The longest rest, also where a vendor asks for a longer one.
LONGEST_REST_S: Final = 300.0
# It has answered; what becomes of the rest of the answer is told by a failure.
ANSWERED: Final = "answered"


class State(Enum):
    """Whether a vendor is asked."""

    CLOSED = "closed"
    OPEN = "open"
    TRYING = "trying"


class Call:
    """One call of a vendor."""

    __slots__ = ("answered", "trial")

    def __init__(self, *, trial: bool) -> None:
        self.trial = trial
        self.answered = False


class Breaker:
    """The breaker of one vendor at one stage, shared by all sessions of a process.

    Attributes:
        name: the vendor.
        results: how many calls ended how: "answered", or the reason of the failure.
    """

    def __init__(self, name: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.name = name
        self.state = State.CLOSED
        self.results: Counter[str] = Counter()
        self._clock = clock
        self._failures = 0
        self._rest_s = FIRST_REST_S
        self._rests_until = 0.0

    @property
    def ready(self) -> bool:
        """Whether it may be asked before others: it works, or has rested and may be tried."""
        return self.state is State.CLOSED or (self.state is State.OPEN and self._clock() >= self._rests_until)

    @contextmanager
    def call(self) -> Generator[Call]:
        """Watch one call: set its `answered` when the vendor has; what the block raises tells the rest.

        A call that is cancelled before any answer tells nothing, and a trial is then left to the next one.
        """
        call = Call(trial=self.state is State.OPEN and self.ready)
        if call.trial:
            self.state = State.TRYING
        try:
            yield call
        except ProviderUnavailable as error:
            self._failed(error, call)
            raise
        except BaseException:
            self._left(call)
            raise
        else:
            self._succeeded()

    def _succeeded(self) -> None:
        self.results[ANSWERED] += 1
        self.state = State.CLOSED
        self._failures = 0
        self._rest_s = FIRST_REST_S

    def _left(self, call: Call) -> None:
        if call.answered:
            self._succeeded()
        elif call.trial and self.state is State.TRYING:
            self.state = State.OPEN

    def _failed(self, error: ProviderUnavailable, call: Call) -> None:
        reason = error.details.get("reason", "failed")
        self.results[reason] += 1
        self._failures += 1
        asked_for = error.details.get("retry_after_s")
        keeps_failing = self.state is State.CLOSED and self._failures >= FAILURES
        if asked_for is not None:
            self._open(float(asked_for))
        elif keeps_failing or call.trial or reason == "rate_limited":
            self._open(self._rest_s)
            self._rest_s = min(2 * self._rest_s, LONGEST_REST_S)

    def _open(self, seconds: float) -> None:
        self.state = State.OPEN
        self._rests_until = self._clock() + min(seconds, LONGEST_REST_S)
