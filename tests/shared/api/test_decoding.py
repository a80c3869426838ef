"""Bodies and queries into models."""

from typing import Annotated

import pytest
from msgspec import Meta, Struct

from shared.api.decoding import decode_body, decode_query
from shared.domain.strict_json import DEEPEST, parse_json
from shared.errors import InvalidInput


class Inner(Struct, frozen=True):
    name: str | None = None


class Body(Struct, frozen=True):
    count: Annotated[int, Meta(ge=0, le=10)]
    text: str = ""
    inner: Inner = Inner()
    items: list[Inner] = []


class Query(Struct, frozen=True):
    limit: Annotated[int, Meta(ge=1)] = 50
    search: str | None = None
    deep: bool = False


def test_a_body_is_decoded() -> None:
    body = decode_body(b'{"count": 3, "text": "\\u00fc", "inner": {"name": null}, "more": 1}', Body)
    assert body == Body(3, "ü", Inner(), [])


def test_an_empty_body_counts_as_an_empty_object() -> None:
    assert decode_body(b"", Inner) == Inner()


@pytest.mark.parametrize(
    ("raw", "code", "details"),
    [
        (b"{", "invalid_json", {}),
        (b"\xff", "invalid_json", {}),
        (b"\xef\xbb\xbf{}", "invalid_json", {}),
        ('{"count": 1}'.encode("utf-16"), "invalid_json", {}),
        (b'{"count": 1, "text": "\xed\xa0\x80"}', "invalid_json", {}),
        (b'{"count": 1, "text": "\\ud800"}', "invalid_json", {}),
        (b'{"count": 1, "text": "\x00"}', "invalid_json", {}),
        (b'{"count": NaN}', "invalid_json", {}),
        (b'{"count": 1e999}', "invalid_json", {}),
        (b"[" * 100_000, "invalid_json", {}),
        (b'{"count": ' + b"1" * 5000 + b"}", "invalid_json", {}),
        (b'{"count": 1, "count": 1}', "invalid_input", {"count": "given once"}),
        (b'{"count": 1, "inner": {"name": "a", "n\\u0061me": "b"}}', "invalid_input", {"name": "given once"}),
        (b'{"x": 1, "x": 2}', "invalid_input", {"x": "given once"}),
        (b"null", "invalid_input", {"body": "Expected object, got null"}),
        (b"[]", "invalid_input", {"body": "Expected object, got array"}),
        (b"{}", "invalid_input", {"count": "required"}),
        (b'{"count": "1"}', "invalid_input", {"count": "Expected int, got str"}),
        (b'{"count": 1.5}', "invalid_input", {"count": "Expected int, got float"}),
        (b'{"count": null}', "invalid_input", {"count": "Expected int, got null"}),
        (b'{"count": 11}', "invalid_input", {"count": "Expected int <= 10"}),
        (b'{"count": 99999999999999999999999}', "invalid_input", {"count": "Expected int <= 10"}),
        (b'{"count": 1, "text": null}', "invalid_input", {"text": "Expected str, got null"}),
        (b'{"count": 1, "inner": {"name": 5}}', "invalid_input", {"inner.name": "Expected str | null, got int"}),
        (b'{"count": 1, "items": [{"name": 5}]}', "invalid_input", {"items[0].name": "Expected str | null, got int"}),
        (b'{"count": 1, "text": "a\\u0000b"}', "invalid_input", {"text": "must not contain NUL"}),
        (b'{"count": 1, "items": [{"name": "\\u0000"}]}', "invalid_input", {"items[0].name": "must not contain NUL"}),
        (b'{"count": 1, "a\\u0000": 1}', "invalid_input", {"body": "must not contain NUL"}),
    ],
)
def test_a_bad_body_says_what_was_expected_where(raw: bytes, code: str, details: dict[str, str]) -> None:
    with pytest.raises(InvalidInput) as refused:
        decode_body(raw, Body)
    assert (refused.value.error_code, refused.value.details) == (code, details)


def test_a_backslash_before_u0000_is_only_text() -> None:
    assert decode_body(b'{"name": "\\\\u0000"}', Inner) == Inner("\\u0000")


def test_a_query_is_decoded_from_text() -> None:
    assert decode_query({"limit": "3", "search": "x", "deep": "true", "more": "1"}, Query) == Query(3, "x", deep=True)
    assert decode_query({"limit": "", "search": ""}, Query) == Query()


@pytest.mark.parametrize(
    "query",
    [{"limit": "x"}, {"limit": "0"}, {"limit": "1.5"}, {"limit": "9" * 5000}, {"limit": "-1"},
     {"deep": "maybe"}, {"search": "a\x00"}],
)  # fmt: skip
def test_a_bad_query_names_the_parameter(query: dict[str, str]) -> None:
    with pytest.raises(InvalidInput) as refused:
        decode_query(query, Query)
    assert set(refused.value.details) == set(query)


@pytest.mark.parametrize("kind", ["array", "object"])
def test_nesting_has_an_end(kind: str) -> None:
    opened, closed = ("[", "]") if kind == "array" else ('{"a": ', "}")
    inner = "[]"
    at_the_limit = (opened * (DEEPEST - 1) + inner + closed * (DEEPEST - 1)).encode()
    parse_json(at_the_limit)
    with pytest.raises(InvalidInput, match="100 levels") as refused:
        parse_json((opened + at_the_limit.decode() + closed).encode())
    assert refused.value.error_code == "invalid_json"


def test_much_that_is_not_deep_is_taken() -> None:
    assert len(parse_json(b"[" + b"[[]]," * 5000 + b"[]]")) == 5001
