"""How many control messages one socket may send."""

from typing import Final

from shared.errors import RateLimited

BURST: Final = 200
PER_SECOND: Final = 50


class ControlRate:
    """A token bucket; the time is told by the caller, in seconds of any steady clock."""

    __slots__ = ("_at", "_tokens")

    def __init__(self, now: float) -> None:
        self._tokens = float(BURST)
        self._at = now

    def take(self, now: float) -> None:
        """Count one message.

        Raises: RateLimited: too many.
        """
        self._tokens = min(BURST, self._tokens + (now - self._at) * PER_SECOND)
        self._at = now
        if self._tokens < 1:
            raise RateLimited("too many control messages", retry_after=10, limit=PER_SECOND, window=1)
        self._tokens -= 1

    @property
    def left(self) -> int:
        """How many more may come at once."""
        return int(self._tokens)
