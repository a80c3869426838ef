"""JSON that means the same to every parser."""

import pytest

from shared.domain.strict_json import parse_json
from shared.errors import InvalidInput


def test_a_value_comes_back() -> None:
    assert parse_json(b'{"a": [1, 2.5, true, null, "\\u00e4"]}') == {"a": [1, 2.5, True, None, "ä"]}


@pytest.mark.parametrize("data", [b"", b"{", b"NaN", b"\xff", b'"\\ud800"', b"[" * 100_000, b"[1,]", b"{'a': 1}"])
def test_what_is_no_json_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput, match="the file must be JSON in UTF-8") as caught:
        parse_json(data, "the file")
    assert caught.value.error_code == "invalid_json"


@pytest.mark.parametrize("data", [b'{"a": 1, "a": 1}', b'[{"b": {"a": 1, "a": 2}}]'])
def test_a_name_given_twice_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput, match="a: given more than once"):
        parse_json(data)
