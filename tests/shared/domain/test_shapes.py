"""Every problem of a document, by JSON pointer."""

import pytest

from shared.domain.shapes import (
    MOST_PROBLEMS,
    Check,
    Findings,
    Problem,
    array,
    boolean,
    extent,
    integer,
    matching,
    number,
    one_of,
    record,
    refuse,
    text,
)
from shared.errors import InvalidInput


def pointers(check: Check, value: object) -> list[str]:
    findings = Findings()
    check(value, "", findings)
    return [problem.pointer for problem in findings.problems]


def test_every_problem_is_reported_where_it_is() -> None:
    shape = record({"name": text(5), "parts": array(record({"n": integer(0, 9)}, {}), most=3)}, {"on": boolean})
    value = {"name": "too long", "parts": [{"n": 1}, {}, {"n": 1.0}, {"n": 10}], "on": 1}
    assert pointers(shape, value) == ["/name", "/parts", "/parts/1/n", "/parts/2/n", "/on"]
    assert pointers(shape, {}) == ["/name", "/parts"]
    assert pointers(shape, []) == [""]


def test_an_optional_null_counts_as_absent_and_unknown_members_pass() -> None:
    assert pointers(record({}, {"a": boolean}), {"a": None, "b": object()}) == []
    assert pointers(record({"a": boolean}, {}), {"a": None}) == ["/a"]


def test_a_pointer_escapes_its_keys() -> None:
    assert pointers(record({"a/b~c": boolean}, {}), {}) == ["/a~1b~0c"]


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (text(3), ["a", "abc"], ["", "  ", "abcd", 1, None, "a\x00"]),
        (text(3, least=0), ["", "abc"], ["abcd"]),
        (integer(1, 3), [1, 3], [0, 4, True, 1.0, "1"]),
        (number(0, 1), [0, 0.5, 1], [-0.1, True, "0", float("nan")]),
        (one_of("a", "b"), ["a"], ["c", None, 1]),
        (matching(str.isdigit, "digits"), ["12"], ["x", 12]),
        (boolean, [True, False], [0, "true"]),
    ],
)
def test_simple_values(check: Check, good: list[object], bad: list[object]) -> None:
    assert [value for value in good if pointers(check, value)] == []
    assert [value for value in bad if not pointers(check, value)] == []


def test_the_number_of_problems_is_bounded() -> None:
    assert len(pointers(array(boolean, most=10_000), [0] * 10_000)) == MOST_PROBLEMS


def test_size_and_depth_are_bounded_without_recursion() -> None:
    deep: object = 0
    for _ in range(100_000):
        deep = [deep]
    assert extent(deep, most_values=10**9, most_depth=64) == Problem("", "must be nested at most 64 deep")
    assert extent([0] * 100, most_values=100, most_depth=9) == Problem("", "must hold at most 100 values")
    assert extent({"a": [1, {"b": 2}]}, most_values=6, most_depth=4) is None


def test_refusing_names_every_pointer() -> None:
    refuse([], "pack")
    with pytest.raises(InvalidInput, match=r"pack: /a required and 1 more") as caught:
        refuse([Problem("/a", "required"), Problem("/b", "must be true or false")], "pack")
    assert caught.value.details == {"/a": "required", "/b": "must be true or false"}
