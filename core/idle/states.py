"""How long nobody needed a process, and the state that follows from it. Pure."""

from collections.abc import Mapping
from typing import Final, Literal, get_args

import msgspec

State = Literal["active", "warm", "cool", "cold", "dormant"]
STATES: Final[tuple[State, ...]] = get_args(State)
LONGEST_S: Final = 7 * 86_400


class Thresholds(msgspec.Struct, frozen=True):
    """Seconds without use after which each state begins; each is at least the one before."""

    warm: int
    cool: int
    cold: int
    dormant: int

    def state(self, idle_s: float) -> State:
        """Return the state after so many seconds."""
        for state in reversed(STATES[1:]):
            if idle_s >= self.begins(state):
                return state
        return "active"

    def begins(self, state: State) -> int:
        """Return the seconds after which a state begins."""
        return 0 if state == "active" else int(getattr(self, state))

    def next(self, state: State, idle_s: float) -> tuple[State, int] | None:
        """Return the state that follows and the seconds until it does; None after the last."""
        after = STATES[STATES.index(state) + 1 :]
        return (after[0], max(0, round(self.begins(after[0]) - idle_s))) if after else None

    def as_dict(self) -> dict[str, int]:
        """Return the seconds by state."""
        return {"warm": self.warm, "cool": self.cool, "cold": self.cold, "dormant": self.dormant}


class Mode(msgspec.Struct, frozen=True):
    """A set of thresholds with a name; one without `enabled` never rests."""

    name: str
    description: str
    thresholds: Thresholds
    enabled: bool = True


MODES: Final[Mapping[str, Mode]] = {
    "performance": Mode(
        "Performance", "Never rests: the first word is as quick as any.", Thresholds(*[LONGEST_S] * 4), enabled=False
    ),
    "balanced": Mode("Balanced", "Rests after five minutes without use.", Thresholds(60, 300, 900, 1_800)),
    "power_saver": Mode("Power saver", "Rests after half a minute without use.", Thresholds(10, 30, 120, 300)),
}
DEFAULT_MODE: Final = "balanced"
