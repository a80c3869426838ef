"""How much a tutor keeps in view, by the size of the model's context window."""

from typing import Final

import msgspec

DEFAULT_WINDOW: Final = 200_000


class Tier(msgspec.Struct, frozen=True):
    """Budgets in tokens.

    Attributes:
        window: the smallest context window of this tier.
        turns: how many of the last turns are kept.
    """

    name: str
    window: int
    immediate: int
    working: int
    episodic: int
    semantic: int
    turns: int

    @property
    def total(self) -> int:
        """The four budgets together."""
        return self.immediate + self.working + self.episodic + self.semantic


TIERS: Final = (
    Tier("cloud", 100_000, 4000, 4000, 2500, 1500, 20),
    Tier("mid_range", 32_000, 3000, 2500, 1500, 1000, 12),
    Tier("on_device", 8_000, 1500, 1500, 700, 300, 6),
    Tier("tiny", 0, 1000, 600, 300, 100, 3),
)


def tier_of(window: int) -> Tier:
    """Return the tier of a model whose context window has `window` tokens."""
    return next(tier for tier in TIERS if window >= tier.window)
