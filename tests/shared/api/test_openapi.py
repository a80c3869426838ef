"""The document says what the routes take and answer."""

from typing import Any

import msgspec

from shared.api import Access, Listing, Request, Routes
from shared.api.openapi import document

routes = Routes("things")


class Thing(msgspec.Struct):
    """A thing."""

    name: str
    extra: dict[str, object] = {}


class Page(msgspec.Struct):
    """Where to look."""

    topic: str
    limit: int = 20


@routes.post("/things/{thing_id}", access=Access.CLIENT, status=201)
def make(request: Request, thing_id: str, body: Thing) -> Thing:  # noqa: ARG001  only its signature counts
    """Make a thing.

    Nothing more to say.
    """
    return body


@routes.get("/things", access=Access.PUBLIC)
def find(request: Request, query: Page) -> Listing:  # noqa: ARG001  only its signature counts
    """Find things."""
    return Listing("things", [])


def operation(path: str, method: str) -> dict[str, Any]:
    return document([routes], title="Things", version="1")["paths"][path][method]


def test_an_operation_names_its_parts() -> None:
    made = operation("/things/{thing_id}", "post")
    assert (made["operationId"], made["summary"], made["security"]) == (
        "things.make",
        "Make a thing.",
        [{"bearer": []}],
    )
    assert made["parameters"] == [{"name": "thing_id", "in": "path", "required": True, "schema": {"type": "string"}}]
    thing = {"$ref": "#/components/schemas/Thing"}
    assert made["requestBody"]["content"]["application/json"]["schema"] == thing
    assert made["responses"]["201"]["content"]["application/json"]["schema"] == thing
    assert {"400", "401", "402", "404", "409", "422", "429", "503"} <= set(made["responses"])


def test_query_parameters_come_from_the_model() -> None:
    parameters = {p["name"]: p for p in operation("/things", "get")["parameters"]}
    assert parameters["topic"]["required"]
    assert not parameters["limit"]["required"]
    assert parameters["limit"]["schema"] == {"type": "integer", "default": 20}


def test_a_public_operation_needs_no_token() -> None:
    found = operation("/things", "get")
    assert "security" not in found
    assert "401" not in found["responses"]
