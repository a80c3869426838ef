"""Calls a service the way API Gateway does and reads its answers."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol
from urllib.parse import quote, urlencode

Payload = Literal["1.0", "2.0"]


class Handles(Protocol):
    """A service in this process, or a built function in its own."""

    def handle(self, event: Mapping[str, Any], lambda_context: object) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered.

    Attributes:
        headers: lower-case names.
        raw: the body as it goes over the wire. body: the JSON in it; None when it is empty or not JSON.
    """

    status: int
    headers: Mapping[str, str]
    raw: bytes
    body: Any


@dataclass(frozen=True, slots=True)
class ApiClient:
    """A caller of one service.

    Attributes:
        token: sent as `Authorization: Bearer …` when given.
        headers: sent with every call.
        address: the client's network address.
        payload: the format of the gateway's events.
    """

    service: Handles
    token: str | None = None
    headers: Mapping[str, str] | None = None
    address: str = "203.0.113.7"
    payload: Payload = "2.0"

    def using(self, token: str | None) -> "ApiClient":
        """Return the same client with another token, or with none."""
        return replace(self, token=token)

    def get(self, path: str, **options: Any) -> Answer:
        return self.call("GET", path, **options)

    def post(self, path: str, json: object = None, **options: Any) -> Answer:
        return self.call("POST", path, json=json, **options)

    def put(self, path: str, json: object = None, **options: Any) -> Answer:
        return self.call("PUT", path, json=json, **options)

    def patch(self, path: str, json: object = None, **options: Any) -> Answer:
        return self.call("PATCH", path, json=json, **options)

    def delete(self, path: str, **options: Any) -> Answer:
        return self.call("DELETE", path, **options)

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        json: object = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request.

        Args:
            path: decoded. json: encoded as the body when given. body: sent as it is instead.
        """
        sent: dict[str, str] = {"content-type": "application/json", **(self.headers or {}), **(headers or {})}
        if self.token is not None:
            sent["authorization"] = f"Bearer {self.token}"
        raw = body if body is not None else b"" if json is None else encode(json)
        event = _EVENTS[self.payload](method, path, dict(query or {}), sent, raw, self.address)
        return read_answer(self.service.handle(event, None))


def encode(value: object) -> bytes:
    """Return a value as JSON; lone surrogates stay escaped, so anything a client may send can be said."""
    return json.dumps(value).encode()


def read_answer(answer: Mapping[str, Any]) -> Answer:
    """Return what a gateway would send to its client."""
    text: str = answer["body"]
    raw = base64.b64decode(text) if answer["isBase64Encoded"] else text.encode()
    headers = {name.lower(): value for name, value in answer["headers"].items()}
    is_json = bool(raw) and headers.get("content-type", "").startswith("application/json")
    return Answer(answer["statusCode"], headers, raw, json.loads(raw) if is_json else None)


def _body(raw: bytes) -> dict[str, Any]:
    try:
        return {"body": raw.decode(), "isBase64Encoded": False}
    except UnicodeDecodeError:
        return {"body": base64.b64encode(raw).decode(), "isBase64Encoded": True}


def event_v2(
    method: str, path: str, query: dict[str, str], headers: dict[str, str], raw: bytes, address: str
) -> dict[str, Any]:
    """Return an HTTP API event of payload format 2.0."""
    encoded = quote(path, errors="surrogatepass")
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": encoded,
        "rawQueryString": urlencode(query),
        "headers": headers,
        "requestContext": {
            "http": {"method": method, "path": encoded, "protocol": "HTTP/1.1", "sourceIp": address},
            "requestId": "request-2",
            "stage": "$default",
        },
        **_body(raw),
    }


def event_v1(
    method: str, path: str, query: dict[str, str], headers: dict[str, str], raw: bytes, address: str
) -> dict[str, Any]:
    """Return an API Gateway event of payload format 1.0, where absent things are null."""
    return {
        "version": "1.0",
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": {name.title(): value for name, value in headers.items()},
        "multiValueHeaders": {name.title(): [value] for name, value in headers.items()},
        "queryStringParameters": query or None,
        "requestContext": {"identity": {"sourceIp": address}, "requestId": "request-1", "httpMethod": method},
        **(_body(raw) if raw else {"body": None, "isBase64Encoded": False}),
    }


_EVENTS = {"1.0": event_v1, "2.0": event_v2}
