"""The degraded modes follow what is left."""

from datetime import UTC, date, datetime

import pytest

from shared.domain.usage import Mode, mode, present_mode, report_days, resets_at
from shared.errors import InvalidInput


@pytest.mark.parametrize(
    ("left", "expected"), [(100, Mode.FULL), (11, Mode.FULL), (10, Mode.TEXT), (1, Mode.TEXT), (0, Mode.EXHAUSTED)]
)
def test_mode(left: int, expected: Mode) -> None:
    assert mode(left, 100) is expected


@pytest.mark.parametrize(
    ("words", "speech", "most", "expected"),
    [
        (100, 90, Mode.FULL, Mode.FULL),
        (100, 90, Mode.CHEAPER_VOICE, Mode.CHEAPER_VOICE),
        (10, 0, Mode.CHEAPER_VOICE, Mode.TEXT),
        (0, -10, Mode.TEXT, Mode.EXHAUSTED),
        (10, 1, Mode.TEXT, Mode.TEXT),
    ],
)
def test_the_present_mode(words: int, speech: int, most: Mode, expected: Mode) -> None:
    assert present_mode(words, speech, most) is expected


@pytest.mark.parametrize(
    ("now", "day", "month"),
    [
        ((2026, 11, 21, 23, 59), (2026, 11, 22), (2026, 12, 1)),
        ((2026, 12, 31, 0, 0), (2027, 1, 1), (2027, 1, 1)),
        ((2028, 2, 28, 12, 0), (2028, 2, 29), (2028, 3, 1)),
    ],
)
def test_budgets_reset_at_midnight_utc(
    now: tuple[int, int, int, int, int], day: tuple[int, int, int], month: tuple[int, int, int]
) -> None:
    moment = datetime(*now, tzinfo=UTC)
    assert resets_at("day", moment) == datetime(*day, tzinfo=UTC)
    assert resets_at("month", moment) == datetime(*month, tzinfo=UTC)


def test_a_report_is_of_the_running_month_unless_said_otherwise() -> None:
    today = date(2026, 11, 21)
    assert report_days(None, None, today) == (date(2026, 11, 1), today)
    assert report_days(None, date(2026, 2, 14), today) == (date(2026, 2, 1), date(2026, 2, 14))
    assert report_days(date(2025, 11, 21), None, today) == (date(2025, 11, 21), today)


@pytest.mark.parametrize(
    ("first", "last"), [(date(2026, 11, 22), None), (date(2025, 11, 20), None), (date(2026, 1, 2), date(2026, 1, 1))]
)
def test_a_report_is_of_a_year_at_most(first: date, last: date | None) -> None:
    with pytest.raises(InvalidInput, match="last"):
        report_days(first, last, date(2026, 11, 21))
