"""Every field of every body, badly filled in: 400 naming the field, never a 500. Made from the OpenAPI document."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from infra.openapi import describe
from shared.api import Context, Service
from shared.domain.strict_json import DEEPEST
from tests.conftest import ALPHA, ALPHA_TENANT
from tests.support.admins import add_admin_session
from tests.support.api import Answer, ApiClient
from tests.support.identity import add_access_token
from tests.support.services import all_routes
from tests.support.unlimited import unlimited_context

DOCUMENT = describe()
SAMPLES: dict[str, object] = {
    "null": None,
    "boolean": True,
    "integer": 7,
    "number": 1.5,
    "string": "x",
    "array": [],
    "object": {},
}
SERVICES = all_routes()
NESTED = 3


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a body.

    Attributes:
        path: the objects it is in and its name. schema: what it may be.
    """

    path: tuple[str, ...]
    schema: dict[str, Any]

    @property
    def types(self) -> set[str]:
        """The JSON types it takes; empty when it takes any."""
        return types_of(self.schema)

    def body(self, value: object) -> dict[str, Any]:
        """Return a body that holds nothing but a value here."""
        made: Any = value
        for name in reversed(self.path):
            made = {name: made}
        return made

    def text(self, inner: str) -> bytes:
        """Return a body that holds a JSON text here."""
        return json.dumps(self.body("\0")).replace('"\\u0000"', inner).encode()

    def is_named_by(self, answer: Answer) -> bool:
        """Tell whether a refusal names this field, or one inside it."""
        names = [re.sub(r"\[\.\.\.\]|\[\d*\]", "", name) for name in answer.body.get("details", {})]
        path = ".".join(self.path)
        return any(name == path or name.startswith(f"{path}.") or name == self.path[-1] for name in names)


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation with a body."""

    method: str
    path: str
    service: str
    schema: dict[str, Any]
    administered: bool

    def fields(self) -> Iterator[Field]:
        """Yield every field, those of inner objects too."""
        yield from inner_fields(self.schema, ())


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference."""
    if "$ref" in schema:
        return DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def longest_text(schema: dict[str, Any]) -> int | None:
    """Return the characters a text may have at most, None where the document sets no end."""
    parts = [resolved(part) for part in [schema, *schema.get("anyOf", [])]]
    return next((part["maxLength"] for part in parts if "maxLength" in part), None)


def types_of(schema: dict[str, Any]) -> set[str]:
    schema = resolved(schema)
    if "anyOf" in schema:
        kinds = [types_of(part) for part in schema["anyOf"]]
        return set() if any(not kind for kind in kinds) else set[str]().union(*kinds)
    if "enum" in schema:
        return {
            "null" if value is None else "string" if isinstance(value, str) else "integer" for value in schema["enum"]
        }
    kind = schema.get("type")
    if kind is None:
        return set()
    return {kind} if isinstance(kind, str) else set(kind)


def inner_fields(schema: dict[str, Any], path: tuple[str, ...]) -> Iterator[Field]:
    if len(path) >= NESTED:
        return
    for part in [schema, *schema.get("anyOf", [])]:
        for name, field in resolved(part).get("properties", {}).items():
            yield Field((*path, name), field)
            yield from inner_fields(field, (*path, name))


def operations() -> list[Operation]:
    """Return every operation with a body of the services under test."""
    found: list[Operation] = []
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if content and operation["tags"][0] in SERVICES:
                administered = {"access": []} in operation.get("security", [])
                found.append(Operation(method.upper(), path, operation["tags"][0], content["schema"], administered))
    return found


OPERATIONS = operations()


@pytest.fixture(scope="module")
def context(postgres_url: str, template_database: str) -> Iterator[Context]:
    """One database for all: what is refused changes nothing."""
    with unlimited_context(postgres_url, template_database) as made:
        yield made


@pytest.fixture(params=OPERATIONS, ids=lambda o: f"{o.method} {o.path}")
def operation(request: pytest.FixtureRequest) -> Operation:
    return request.param


class Sender:
    """Sends bodies to one operation."""

    def __init__(self, operation: Operation, context: Context, administrator: str) -> None:
        token = administrator if operation.administered else add_access_token(context.database, ALPHA)
        self.operation = operation
        self.client = ApiClient(Service(SERVICES[operation.service], context), token)
        self.path = re.sub(r"\{\w+\}", ALPHA_TENANT, operation.path)

    def send(self, body: bytes) -> Answer:
        answer = self.client.call(self.operation.method, self.path, body=body)
        assert answer.status < 500, (body[:200], answer.body)
        return answer

    def send_json(self, body: object) -> Answer:
        return self.send(json.dumps(body).encode())


@pytest.fixture(scope="module")
def administrator(context: Context) -> str:
    """The session of somebody who may do everything."""
    return add_admin_session(context.settings.database_url)


@pytest.fixture
def sender(operation: Operation, context: Context, administrator: str) -> Sender:
    return Sender(operation, context, administrator)


def wrong_values(field: Field) -> Iterator[object]:
    """Yield a value of each JSON type the field does not take."""
    takes = field.types
    for kind, value in SAMPLES.items():
        fits = kind in takes or not takes or (kind == "integer" and "number" in takes)
        if not fits:
            yield value


def test_the_wrong_type_is_refused_by_name(sender: Sender) -> None:
    for field in sender.operation.fields():
        for value in wrong_values(field):
            answer = sender.send_json(field.body(value))
            assert (answer.status, field.is_named_by(answer)) == (400, True), (field.path, value, answer.body)


def test_what_is_missing_is_named(sender: Sender) -> None:
    required = resolved(sender.operation.schema).get("required", [])
    if required:
        answer = sender.send_json({})
        assert (answer.status, list(answer.body["details"])) == (400, [required[0]])


def test_nul_is_refused_by_name(sender: Sender) -> None:
    for field in sender.operation.fields():
        if "string" in field.types:
            answer = sender.send_json(field.body("a\0b"))
            assert (answer.status, field.is_named_by(answer)) == (400, True), (field.path, answer.body)


def test_too_long_is_refused(sender: Sender) -> None:
    for field in sender.operation.fields():
        if "string" in field.types:
            longest = longest_text(field.schema)
            if longest is None:
                assert sender.send_json(field.body("ab1-" * 300_000)).status in {400, 413}, field.path
            else:
                answer = sender.send_json(field.body("a" * (longest + 1)))
                assert (answer.status, field.is_named_by(answer)) == (400, True), (field.path, answer.body)


def test_a_field_given_twice_is_refused_by_name(sender: Sender) -> None:
    for field in sender.operation.fields():
        if len(field.path) == 1:
            name = json.dumps(field.path[0])
            answer = sender.send(f"{{{name}: null, {name}: null}}".encode())
            assert (answer.status, list(answer.body["details"])) == (400, [field.path[0]])


def test_what_is_no_json_is_refused(sender: Sender) -> None:
    for field in sender.operation.fields():
        for inner in ("[" * 100_000, "NaN", "'x'", '"\\ud800"', '"\x01"'):
            answer = sender.send(field.text(inner))
            assert (answer.status, answer.body["code"]) == (400, "invalid_json"), (field.path, inner[:9], answer.body)
    for body in (b"\xff", b"{", "{}".encode("utf-16"), b'{"a": "\xc3\x28"}'):
        answer = sender.send(body)
        assert (answer.status, answer.body["code"]) == (400, "invalid_json")


def test_deep_nesting_is_refused(sender: Sender) -> None:
    for field in sender.operation.fields():
        for depth in (50, 99, 101, 900):
            for inside in ("", '"\\u0000"'):
                answer = sender.send(field.text("[" * depth + inside + "]" * depth))
                if depth > DEEPEST:
                    assert (answer.status, answer.body["code"]) == (400, "invalid_json"), (field.path, answer.body)


@pytest.mark.parametrize("email", ["\u0430da@school.example", "ada@sch\u03bfol.example", "ada\u200b@school.example"])
def test_an_address_that_looks_like_another_is_refused_by_name(sender: Sender, email: str) -> None:
    names = {field.path[0] for field in sender.operation.fields()}
    if "email" not in names:
        return
    others = {"password": "violet-harbour-97", "code": "123456"}
    body = {"email": email, **{name: value for name, value in others.items() if name in names}}
    answer = sender.send_json(body)
    assert (answer.status, answer.body["code"], list(answer.body["details"])) == (400, "invalid_email", ["email"])


def test_there_is_something_to_walk() -> None:
    assert len(OPERATIONS) >= 40
    assert {"auth", "admin"} <= {operation.service for operation in OPERATIONS}
    assert sum(len(list(operation.fields())) for operation in OPERATIONS) > 60
