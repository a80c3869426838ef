"""An OpenAPI 3.1 document made from the routes and models themselves."""

import inspect
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final, get_type_hints

import msgspec

from shared.api.errors import STATUS
from shared.api.reply import Listing, PerClient, Reply
from shared.api.routes import Access, Route, Routes

OPENAPI: Final = "3.1.0"
_REFERENCE: Final = "#/components/schemas/{name}"
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
    answer = get_type_hints(route.handler).get("return")
    return None if answer in _OPAQUE or answer is type(None) else answer


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
    content = {"content": {"application/json": {"schema": known[str(model)]}}} if model is not None else {}
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
