"""Both payload formats say the same."""

import pytest

from shared.api.events import read_event
from tests.support.api import event_v1, event_v2


@pytest.mark.parametrize("make", [event_v1, event_v2])
def test_an_event_becomes_a_request(make: type) -> None:
    headers = {"x-client-id": "ü", "authorization": "Bearer x"}
    http = read_event(make("post", "/packs/jürgen's pack", {"q": "a b&c", "empty": ""}, headers, b"\xff\x00", "::1"))
    assert (http.method, http.path, http.address) == ("POST", "/packs/jürgen's pack", "::1")
    assert http.query == {"q": "a b&c", "empty": ""}
    assert http.headers["x-client-id"] == "ü"
    assert http.body == b"\xff\x00"
    assert http.request_id.startswith("request-")


@pytest.mark.parametrize("make", [event_v1, event_v2])
def test_what_is_absent_is_empty(make: type) -> None:
    event = make("GET", "/", {}, {}, b"", "")
    for name in ("body", "headers", "queryStringParameters"):
        if name in event:
            event[name] = None
    event.pop("rawQueryString", None)
    http = read_event(event)
    assert (http.query, http.headers, http.body) == ({}, {}, b"")


def test_of_a_repeated_parameter_the_last_counts() -> None:
    event = event_v2("GET", "/", {}, {}, b"", "")
    event["rawQueryString"] = "a=1&a=2&b"
    assert read_event(event).query == {"a": "2", "b": ""}


def test_half_of_a_surrogate_pair_never_gets_in() -> None:
    event = event_v1("GET", "/packs/\ud800", {"q": "\udfff"}, {"user-agent": "x\udcff"}, b"", "")
    http = read_event(event)
    assert (http.path, http.query["q"], http.headers["user-agent"]) == ("/packs/?", "?", "x?")
