"""How fast one socket may send sound."""

from typing import Final

# Sound that was waiting for its connection, or a recording, may come at once: two minutes.
_BURST_S: Final = 120.0
# A frame counts as so much at least: a flood of empty ones is one too.
LEAST_S: Final = 0.005
# After that it comes no faster than so many times real time.
_SPEED: Final = 2.0


class AudioPace:
    """Measures how far a client's sound is ahead of real time; the time is told by the caller, in steady seconds."""

    __slots__ = ("_ahead", "_at")

    def __init__(self, now: float) -> None:
        self._ahead = 0.0
        self._at = now

    def admits(self, seconds: float, now: float) -> bool:
        """Count `seconds` of sound if it need not be waited after; otherwise it is not counted."""
        ahead = self._ahead_with(seconds, now)
        if ahead > _BURST_S:
            return False
        self._ahead, self._at = ahead, now
        return True

    def take(self, seconds: float, now: float) -> float:
        """Count `seconds` of sound and return how long to wait before more of it is read."""
        self._ahead, self._at = self._ahead_with(seconds, now), now
        return max(0.0, self._ahead - _BURST_S) / _SPEED

    def _ahead_with(self, seconds: float, now: float) -> float:
        return max(0.0, self._ahead - (now - self._at) * _SPEED) + max(seconds, LEAST_S)
