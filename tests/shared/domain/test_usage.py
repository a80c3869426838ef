"""The degraded modes follow what is left."""

import pytest

from shared.domain.usage import Mode, mode


@pytest.mark.parametrize(
    ("left", "expected"), [(100, Mode.FULL), (11, Mode.FULL), (10, Mode.TEXT), (1, Mode.TEXT), (0, Mode.EXHAUSTED)]
)
def test_mode(left: int, expected: Mode) -> None:
    assert mode(left, 100) is expected
