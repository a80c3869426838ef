"""Tolerant readers of JSON."""

import pytest

from shared.domain.json_values import id_of, integer_of, list_of, record_of, records_of, text_of, texts_of


@pytest.mark.parametrize("odd", [None, 1, "x", [], True, 1.5])
def test_what_is_no_object_counts_as_an_empty_one(odd: object) -> None:
    assert record_of(odd) == {}


def test_what_is_no_array_counts_as_an_empty_one() -> None:
    assert list_of({"a": 1}) == []
    assert records_of([{"a": 1}, 2, None]) == [{"a": 1}]
    assert texts_of(["a", "", 1, " b "]) == ["a", "b"]


def test_an_id_is_plain_or_an_object() -> None:
    assert id_of("x") == id_of({"value": "x", "catalog": "c"}) == "x"
    assert id_of({"value": 7}) == id_of(None) == ""


def test_text_has_no_blanks_around_it() -> None:
    assert text_of("  a b ") == "a b"


@pytest.mark.parametrize(("value", "expected"), [(3, 3), (3.0, 3), ("3", 3), (3.5, None), (True, None), ("x", None)])
def test_whole_numbers_in_any_dress(value: object, expected: int | None) -> None:
    assert integer_of(value) == expected
