"""What an invocation asks for."""

from collections.abc import Mapping
from typing import Any

import pytest
from migrate_api.rules import PHYSICAL_ID, Wanted, outcome, wanted

CREATE: dict[str, Any] = {"RequestType": "Create", "ResponseURL": "https://s3.example/x", "ResourceProperties": {}}


EVENTS: list[tuple[dict[str, Any], Wanted]] = [
    ({}, Wanted(migrate=True, app_login=False, response_url=None)),
    ({"app_login": True}, Wanted(migrate=True, app_login=True, response_url=None)),
    ({"ResponseURL": "https://x"}, Wanted(migrate=True, app_login=False, response_url=None)),
    (CREATE, Wanted(migrate=True, app_login=False, response_url="https://s3.example/x")),
    (
        {**CREATE, "RequestType": "Update", "ResourceProperties": {"AppLogin": "true"}},
        Wanted(migrate=True, app_login=True, response_url="https://s3.example/x"),
    ),
    (
        {**CREATE, "ResourceProperties": {"AppLogin": "false"}},
        Wanted(migrate=True, app_login=False, response_url="https://s3.example/x"),
    ),
    (
        {**CREATE, "RequestType": "Delete"},
        Wanted(migrate=False, app_login=False, response_url="https://s3.example/x"),
    ),
]


@pytest.mark.parametrize(("event", "work"), EVENTS)
def test_the_work_of_an_event(event: Mapping[str, Any], work: Wanted) -> None:
    assert wanted(event) == work


def test_what_cloudformation_is_told() -> None:
    event = {"StackId": "s", "RequestId": "r", "LogicalResourceId": "l"}
    assert outcome(event, [1, 2], None) == {
        "Status": "SUCCESS",
        "PhysicalResourceId": PHYSICAL_ID,
        **event,
        "Data": {"Applied": "1,2"},
    }
    failed = outcome({**event, "PhysicalResourceId": "given"}, [], "no room")
    assert (failed["Status"], failed["Reason"], failed["PhysicalResourceId"]) == ("FAILED", "no room", "given")
