"""Numbers and dates in words."""

from fractions import Fraction

import pytest

from shared.domain.answers.values import Date, date_of, number_of, quantity_of


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("42", 42, ""), ("forty two", 42, ""), ("1,234.5", Fraction("1234.5"), ""),
        ("three quarters", Fraction(3, 4), ""),
        ("minus five", -5, ""), ("-5", -5, ""), ("two point five million", 2_500_000, ""),
        ("2.5 million", 2_500_000, ""),
        ("5km", 5, "kilometre"), ("50%", 50, "%"), ("$20", 20, "dollar"), ("one hundred and one", 101, ""),
        ("3 metres per second", 3, "metre per second"), ("twenty first", 21, ""), ("banana", None, ""), ("", None, ""),
    ],
)  # fmt: skip
def test_quantities(text: str, value: Fraction | int | None, unit: str) -> None:
    found = quantity_of(text)
    assert (found and found.value, found.unit if found else "") == (value, unit)


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("july 4, 1776", Date(1776, 7, 4)), ("the 4th of july", Date(None, 7, 4)), ("july", Date(None, 7, None)),
        ("seventeen seventy six", Date(1776, None, None)), ("44 bc", Date(-44, None, None)),
        ("2024-02-29", Date(2024, 2, 29)), ("13/13/2000", None), ("july 32 1776", None), ("soon", None), ("", None),
        ("twenty first of march nineteen oh five", Date(1905, 3, 21)), ("99999", None),
    ],
)  # fmt: skip
def test_dates(text: str, date: Date | None) -> None:
    assert date_of(text) == date


@pytest.mark.parametrize(
    ("word", "number"), [("xiv", 14), ("ix", 9), ("viii", 8), ("iiii", None), ("7th", 7), ("a", None)]
)
def test_words_that_count(word: str, number: int | None) -> None:
    assert number_of(word) == number
