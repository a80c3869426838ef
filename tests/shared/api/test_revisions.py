"""Which revision a writer has seen."""

from typing import Any, cast

import pytest

from shared.api import Context, Request
from shared.api.events import read_event
from shared.api.revisions import seen_revision, tag
from shared.auth.caller import Caller
from shared.errors import InvalidInput
from tests.support.api import event_v2


def a_request(**headers: str) -> Request:
    event = event_v2("PUT", "/", {}, {name.replace("_", "-"): value for name, value in headers.items()}, b"", "")
    return Request(read_event(event), Caller("public"), None, cast("Context", None))


@pytest.mark.parametrize(
    ("headers", "told", "seen"),
    [
        ({}, None, None),
        ({}, 3, 3),
        ({"if_match": '"3"'}, None, 3),
        ({"if_match": 'W/"3"'}, 3, 3),
        ({"if_match": "*"}, None, None),
    ],
)
def test_the_header_or_the_request_tells(headers: dict[str, str], told: int | None, seen: int | None) -> None:
    assert seen_revision(a_request(**headers), told) == seen


@pytest.mark.parametrize(("header", "told"), [("3", None), ('"x"', None), ('"3"', 4), ('"3", "4"', None)])
def test_what_is_no_tag_or_contradicts_is_refused(header: str, told: int | None) -> None:
    with pytest.raises(InvalidInput, match="If-Match"):
        seen_revision(a_request(if_match=header), told)


def test_an_answer_carries_its_tag() -> None:
    request: Any = a_request()
    tag(request, 7)
    assert request.answer_headers == {"ETag": '"7"'}
