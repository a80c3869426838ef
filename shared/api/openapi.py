"""An OpenAPI 3.1 document made from the routes and models themselves."""

import inspect
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from types import UnionType
from typing import Any, Final, get_args, get_type_hints

import msgspec

from shared.api.csv import CsvReply
from shared.api.errors import STATUS
from shared.api.reply import Listing, PerClient, Reply
from shared.api.routes import Access, Route, Routes

OPENAPI: Final = "3.1.0"
_REFERENCE: Final = "#/components/schemas/{name}"
_FILE: Final = {"type": "string", "format": "binary"}
# Bodies that handlers read themselves.
_BODIES: Final[dict[str, dict[str, Any]]] = {
    "application/json": {"type": "object"},
    "multipart/form-data": {"type": "object", "properties": {"file": _FILE}, "required": ["file"]},
}
_OPAQUE: Final = (Reply, Listing, PerClient, object, Any)


class ErrorBody(msgspec.Struct, omit_defaults=True):
    """What every refusal looks like."""

    error: str
    message: str
    code: str
    request_id: str
    details: dict[str, str] | msgspec.UnsetType = msgspec.UNSET
    retry_after: int | msgspec.UnsetType = msgspec.UNSET
    success: bool | msgspec.UnsetType = msgspec.UNSET
    validation_errors: list[str] | msgspec.UnsetType = msgspec.field(default=msgspec.UNSET, name="validationErrors")


def document(services: Sequence[Routes], *, title: str, version: str) -> dict[str, Any]:
    """Return the document of all services' routes."""
    routes = [(service.name, route) for service in services for route in service.routes]
    models = [model for _, route in routes for model in _models(route)]
    schemas, components = msgspec.json.schema_components(
        [ErrorBody, *models], schema_hook=_anything, ref_template=_REFERENCE
    )
    known = {str(model): schema for model, schema in zip([ErrorBody, *models], schemas, strict=True)}
    paths: dict[str, dict[str, Any]] = {}
    ids: set[str] = set()
    for service, route in routes:
        path = route.path.replace("+}", "}")
        operation = _operation(service, route, known, components)
        if operation["operationId"] in ids:  # one handler behind several paths or methods
            operation["operationId"] += re.sub(r"\W+", "_", path)
        ids.add(operation["operationId"])
        paths.setdefault(path, {})[route.method.lower()] = operation
    return {
        "openapi": OPENAPI,
        "info": {"title": title, "version": version},
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(components.items())),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "access": {"type": "apiKey", "in": "header", "name": "Cf-Access-Jwt-Assertion"},
            },
        },
    }


def _anything(kind: type) -> dict[str, Any]:
    """Describe `object`: any JSON."""
    if kind is not object:
        raise NotImplementedError(f"{kind} has no place on the wire")
    return {"description": "any JSON"}  # an empty schema counts as none


def _models(route: Route) -> list[Any]:
    models = [route.body_model, route.query_model, _answer_model(route)]
    return [model for model in models if model is not None]


def _answer_model(route: Route) -> Any:  # noqa: ANN401  a type, or None where the answer has no single model
    kinds = _answer_kinds(route)
    return None if len(kinds) != 1 or kinds[0] in _OPAQUE or kinds[0] is type(None) else kinds[0]


def _answer_kinds(route: Route) -> list[Any]:
    """Return the types a handler answers, without the table that some answer where it is asked for."""
    answer = get_type_hints(route.handler).get("return")
    kinds = list(get_args(answer)) if isinstance(answer, UnionType) else [answer]
    return [kind for kind in kinds if kind is not CsvReply]


def _answers_csv(route: Route) -> bool:
    answer = get_type_hints(route.handler).get("return")
    return isinstance(answer, UnionType) and CsvReply in get_args(answer)


def _operation(service: str, route: Route, known: Mapping[str, Any], components: Mapping[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": f"{service}.{route.handler.__name__}",
        "tags": [service],
        "summary": (inspect.getdoc(route.handler) or "").partition("\n")[0],
        "parameters": [*_path_parameters(route), *_query_parameters(route, known, components)],
        "responses": _responses(route, known),
    }
    if route.body_model is not None:
        schema = known[str(route.body_model)]
        model = components[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
        # An empty body counts as {}: only the model says what is required.
        operation["requestBody"] = {
            "content": {"application/json": {"schema": schema}},
            "required": bool(model.get("required")),
        }
    elif route.accepts:
        operation["requestBody"] = {
            "content": {kind: {"schema": _BODIES.get(kind, _FILE)} for kind in route.accepts},
            "required": True,
        }
    if route.access is not Access.PUBLIC:
        operation["security"] = [{"bearer": []}, {"access": []}] if route.access is Access.ADMIN else [{"bearer": []}]
    return operation


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    names = route.pattern.groupindex
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _query_parameters(route: Route, known: Mapping[str, Any], components: Mapping[str, Any]) -> list[dict[str, Any]]:
    if route.query_model is None:
        return []
    schema = components[known[str(route.query_model)]["$ref"].rpartition("/")[2]]
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": field}
        for name, field in schema.get("properties", {}).items()
    ]


def _responses(route: Route, known: Mapping[str, Any]) -> dict[str, Any]:
    model = _answer_model(route)
    kinds: dict[str, Any] = {} if model is None else {"application/json": {"schema": known[str(model)]}}
    if _answers_csv(route):
        kinds["text/csv"] = {"schema": {"type": "string"}}
    content = {"content": kinds} if kinds else {}
    responses = {str(route.status): {"description": HTTPStatus(route.status).phrase, **content}}
    refused = {"content": {"application/json": {"schema": known[str(ErrorBody)]}}}
    for status in sorted(set(STATUS.values()) - _never(route)):
        responses[str(status)] = {"description": HTTPStatus(status).phrase, **refused}
    return responses


def _never(route: Route) -> set[int]:
    """Return the refusals a route cannot give: a public one spends no budget, and without a body proves nobody."""
    if route.access is not Access.PUBLIC:
        return set()
    return {402} if route.body_model is not None else {401, 402, 403}
