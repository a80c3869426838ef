"""What an invocation asks for; pure functions."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

PHYSICAL_ID: Final = "unamentis-schema"


class Wanted(msgspec.Struct, frozen=True):
    """The work of one invocation.

    Attributes:
        migrate: False when a stack goes away: a schema is never taken back.
        app_login: the application role is to log in with the password of the application's URL.
        response_url: where CloudFormation waits for the outcome; None when somebody else invoked.
    """

    migrate: bool
    app_login: bool
    response_url: str | None


def wanted(event: Mapping[str, Any]) -> Wanted:
    """Read `{}`, `{"app_login": true}`, or the event of a CloudFormation custom resource with property `AppLogin`."""
    properties: Mapping[str, Any] = event.get("ResourceProperties") or {}
    login = event.get("app_login", properties.get("AppLogin", False))
    return Wanted(
        migrate=event.get("RequestType") != "Delete",
        # CloudFormation turns every property into text.
        app_login=login is True or login == "true",
        response_url=event.get("ResponseURL") if "RequestType" in event else None,
    )


def outcome(event: Mapping[str, Any], applied: list[int], failure: str | None) -> dict[str, Any]:
    """Return what CloudFormation is told."""
    told: dict[str, Any] = {
        "Status": "FAILED" if failure else "SUCCESS",
        "PhysicalResourceId": event.get("PhysicalResourceId") or PHYSICAL_ID,
        "StackId": event.get("StackId", ""),
        "RequestId": event.get("RequestId", ""),
        "LogicalResourceId": event.get("LogicalResourceId", ""),
        "Data": {"Applied": ",".join(map(str, applied))},
    }
    if failure:
        told["Reason"] = failure
    return told
