"""Budgets by context window."""

import pytest

from shared.domain.tiers import TIERS, tier_of


@pytest.mark.parametrize(
    ("window", "name", "total", "turns"),
    [
        (200_000, "cloud", 12_000, 20),
        (100_000, "cloud", 12_000, 20),
        (99_999, "mid_range", 8_000, 12),
        (32_000, "mid_range", 8_000, 12),
        (8_000, "on_device", 4_000, 6),
        (7_999, "tiny", 2_000, 3),
        (1, "tiny", 2_000, 3),
    ],
)
def test_the_window_decides_the_budgets(window: int, name: str, total: int, turns: int) -> None:
    tier = tier_of(window)
    assert (tier.name, tier.total, tier.turns) == (name, total, turns)


def test_tiers_go_from_the_largest_window_down_to_none() -> None:
    windows = [tier.window for tier in TIERS]
    assert windows == sorted(windows, reverse=True)
    assert windows[-1] == 0
