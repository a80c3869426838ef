"""Levels and regions."""

import pytest

from shared.domain.answers.strictness import REGIONS, Strictness, strictness_of


@pytest.mark.parametrize(
    ("region", "level"),
    [
        ("colorado", Strictness.STRICT), ("colorado_springs", Strictness.STRICT), ("minnesota", Strictness.STANDARD),
        ("washington", Strictness.STANDARD), (None, Strictness.LENIENT),
    ],
)  # fmt: skip
def test_regions(region: str | None, level: Strictness) -> None:
    assert strictness_of(region) is level
    assert region is None or region in REGIONS
