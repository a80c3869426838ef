"""The decoder of this suite refuses what the phones' decoders refuse."""

import json

import pytest
from msgspec import UNSET, Struct, UnsetType

from tests.contract.decoding import Int, Moment, check, decode, nulls, refused
from tests.support.api import Answer


class Thing(Struct):
    id: str
    count: Int
    at: Moment | UnsetType = UNSET
    tags: list[str] | UnsetType = UNSET


def answer(body: str, status: int = 200, content_type: str = "application/json") -> Answer:
    return Answer(status, {"content-type": content_type}, body.encode(), json.loads(body))


def test_unknown_fields_are_ignored_and_optional_ones_may_be_absent() -> None:
    assert decode(answer('{"id":"a","count":5,"more":{"x":[1.5]}}'), Thing) == Thing("a", 5)


@pytest.mark.parametrize(
    "body",
    [
        '{"id":"a"}',
        '{"id":"a","count":5.0}',
        '{"id":"a","count":"5"}',
        '{"id":"a","count":true}',
        '{"id":"a","count":2147483648}',
        '{"id":null,"count":5}',
        '{"id":"a","count":5,"more":{"x":null}}',
        '{"id":"a","count":5,"at":"2026-01-01T00:00:00.5Z"}',
        '{"id":"a","count":5,"at":"2026-01-01T00:00:00+00:00"}',
        '{"id":"a","count":5,"tags":["x",1]}',
        "[]",
    ],
)
def test_what_a_phone_cannot_decode_fails(body: str) -> None:
    with pytest.raises(AssertionError):
        decode(answer(body), Thing)


def test_another_status_or_media_type_fails() -> None:
    for wrong in (answer('{"id":"a","count":5}', 201), answer('{"id":"a","count":5}', content_type="text/plain")):
        with pytest.raises(AssertionError):
            decode(wrong, Thing)


def test_nulls_are_found_wherever_they_are() -> None:
    assert nulls({"a": None, "b": [1, {"c": None}]}) == ["$.a", "$.b[1].c"]


def test_an_error_has_the_whole_envelope() -> None:
    body = {"error": "no", "message": "no", "code": "invalid_input", "request_id": "r", "details": {"id": "text"}}
    assert refused(answer(json.dumps(body), 400), 400, "invalid_input", field="id").error == "no"
    for broken in (
        {**body, "code": "INVALID"},
        {**body, "success": False},
        {key: value for key, value in body.items() if key != "request_id"},
        {**body, "details": {"id": 1}},
    ):
        with pytest.raises(AssertionError):
            refused(answer(json.dumps(broken), 400), 400, "invalid_input", field="id")


@pytest.mark.parametrize(
    "body",
    [
        '{"items":[{"turn_count":1.0}]}',
        '{"topicCount":2.0}',
        '{"total":0.0}',
        '{"at":"2026-01-01T00:00:00.5Z"}',
        '["2026-01-01T00:00:00+01:00"]',
        '{"a":[{"b":null}]}',
    ],
)
def test_no_answer_holds_what_some_client_cannot_read(body: str) -> None:
    with pytest.raises(AssertionError):
        check(answer(body))


def test_an_answer_that_all_clients_read_passes() -> None:
    check(answer('{"total":1,"amount":1.5,"created_at":"2026-01-01T00:00:00Z","note":"2026-01-01"}'))
    with pytest.raises(AssertionError):
        check(answer('{"error":"no"}', 404))
