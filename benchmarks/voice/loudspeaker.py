"""A client's loudspeaker: plays what arrives at once and in real time. The time is told, in seconds."""

import math
from dataclasses import dataclass
from typing import Final

# A longer silence is the space between two replies, not a loudspeaker that ran dry within one.
_WITHIN_A_REPLY_S: Final = 1.0


@dataclass(slots=True)
class Loudspeaker:
    """What one listener heard.

    Attributes:
        plays_until: when what has arrived will have been played.
        last_arrival: when audio last arrived; None before the first.
        dropped_at, dropped_s: the last order to drop unplayed audio, and how much that was.
        underruns: times it ran dry inside a reply.
        furthest_ahead_s: most audio held unplayed.
    """

    plays_until: float = 0.0
    last_arrival: float | None = None
    dropped_at: float | None = None
    dropped_s: float = 0.0
    underruns: int = 0
    furthest_ahead_s: float = 0.0

    def play(self, seconds: float, now: float) -> None:
        """Take `seconds` of audio that arrived at `now`."""
        if self.plays_until < now:
            dry = now - self.plays_until
            if self.last_arrival is not None and dry < _WITHIN_A_REPLY_S and self.dropped_at is None:
                self.underruns += 1
            self.plays_until = now
        self.plays_until += seconds
        self.furthest_ahead_s = max(self.furthest_ahead_s, self.plays_until - now)
        self.last_arrival = now

    def drop(self, now: float) -> None:
        """Fall silent: what was not played is thrown away."""
        self.dropped_at = now
        self.dropped_s = max(0.0, self.plays_until - now)
        self.plays_until = now

    def forget_drop(self) -> None:
        """Begin a new turn."""
        self.dropped_at = None

    def quiet_in(self, now: float, gap_s: float) -> float:
        """Return the seconds until all was played and nothing came for `gap_s`; infinite before the first audio."""
        if self.last_arrival is None:
            return math.inf
        return max(self.plays_until, self.last_arrival + gap_s) - now

    def stale_s(self) -> float:
        """Return how long after the order to drop audio still came, in seconds."""
        if self.dropped_at is None or self.last_arrival is None:
            return 0.0
        return max(0.0, self.last_arrival - self.dropped_at)
