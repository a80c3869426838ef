"""API Gateway events, payload 2.0 and 1.0, as one plain request."""

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

import msgspec


class HttpRequest(msgspec.Struct, frozen=True):
    """What arrived, whichever payload format carried it.

    Attributes:
        method: upper case. path: percent-decoded. query: the last value of each parameter.
        headers: lower-case names. body: as sent.
        address: of the client, as the gateway saw it. request_id: the gateway's.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    address: str
    request_id: str


def read_event(event: Mapping[str, Any]) -> HttpRequest:
    """Return the request an API Gateway event describes."""
    context: dict[str, Any] = event.get("requestContext") or {}
    body: str = event.get("body") or ""
    if "http" in context:
        method, path = context["http"]["method"], unquote(event["rawPath"])
        address = context["http"].get("sourceIp", "")
        query = dict(parse_qsl(event.get("rawQueryString") or "", keep_blank_values=True))
    else:
        method, path = event["httpMethod"], event["path"]
        identity: dict[str, Any] = context.get("identity") or {}
        address = identity.get("sourceIp", "")
        query = _texts(event.get("queryStringParameters"))
    return HttpRequest(
        method=str(method).upper(),
        path=_clean(str(path)),
        query=query,
        headers={name.lower(): value for name, value in _texts(event.get("headers")).items()},
        body=base64.b64decode(body) if event.get("isBase64Encoded") else body.encode("utf-8", "surrogatepass"),
        address=str(address),
        request_id=str(context.get("requestId", "")),
    )


def _texts(pairs: Mapping[str, Any] | None) -> dict[str, str]:
    return {str(name): _clean(str(value)) for name, value in (pairs or {}).items()}


def _clean(text: str) -> str:
    """Return text with every lone surrogate, which no database or wire can hold, as a question mark."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
