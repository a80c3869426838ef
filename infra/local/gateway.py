"""API Gateway on one machine: an aiohttp request becomes a payload 2.0 event, a Lambda's answer a response.

Each Lambda runs in this process, in a thread, exactly as deployed: the same handler, event and answer.
"""

import asyncio
import base64
import importlib
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from traceback import format_tb
from typing import Any, Final, Protocol, cast

from aiohttp import web

from infra.local.template import Function
from shared.api.errors import INTERNAL, envelope, status_of
from shared.clock import utc_now
from shared.errors import AppError, NotFound, PayloadTooLarge, Unavailable
from shared.ids import new_id
from shared.logging import get_logger

# API Gateway's own limits.
MAX_BODY_BYTES: Final = 10 * 1024 * 1024
TIMEOUT_SECONDS: Final = 30.0

TEXT_TYPES: Final = ("text/", "application/json", "application/x-www-form-urlencoded", "application/xml")

log = get_logger("gateway")


class Handler(Protocol):
    """A Lambda's entry point."""

    def __call__(self, event: dict[str, Any], context: "LambdaContext", /) -> dict[str, Any]:
        """Answer one event."""
        ...


@dataclass(frozen=True, slots=True)
class LambdaContext:
    """What the Lambda runtime hands over beside the event, as far as anybody may use it."""

    function_name: str
    aws_request_id: str
    timeout_seconds: float = TIMEOUT_SECONDS
    function_version: str = "$LATEST"
    memory_limit_in_mb: int = 256
    started: float = field(default_factory=time.monotonic)

    @property
    def invoked_function_arn(self) -> str:
        """A name in the form of AWS's."""
        return f"arn:aws:lambda:local:000000000000:function:{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until the gateway gives up."""
        return max(0, int((self.started + self.timeout_seconds - time.monotonic()) * 1000))


class Gateway:
    """Serves functions on an aiohttp application.

    Args:
        workers: how many requests are worked on at once; one more waits.
        timeout_seconds: after which a caller gets 504; the thread finishes for itself.
    """

    def __init__(self, *, workers: int = 16, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="lambda")
        self._timeout = timeout_seconds

    def mount(self, app: web.Application, functions: Mapping[Function, Handler]) -> None:
        """Add every route of the functions, more specific ones first, and 404 for the rest of /api."""
        routes = [
            (method, path, function, handler)
            for function, handler in functions.items()
            for method, path in function.routes
        ]
        for method, path, function, handler in sorted(routes, key=lambda route: specificity(route[1])):
            app.router.add_route("*" if method == "ANY" else method, pattern(path), self._answerer(function, handler))
        app.router.add_route("*", "/api/{rest:.*}", nothing_here)
        app.on_cleanup.append(self._close)

    def _answerer(self, function: Function, handler: Handler) -> Callable[[web.Request], Any]:
        """Return the aiohttp handler of one function."""

        async def answer(request: web.Request) -> web.Response:
            request_id = new_id()
            try:
                event = event_of(request, await read_body(request), request_id)
                context = LambdaContext(function.name, request_id, self._timeout)
                work = asyncio.get_running_loop().run_in_executor(self._pool, handler, event, context)
                return response_of(await asyncio.wait_for(work, self._timeout))
            except AppError as error:
                return refusal(error, request_id)
            except TimeoutError:
                log.warning("function_timed_out", function=function.name, request_id=request_id)
                slow = Unavailable(f"no answer within {self._timeout:g} s; try again", code="timeout")
                return refusal(slow, request_id, status=504)
            except Exception as error:  # noqa: BLE001 - the edge: whatever a function raises is its bug and a 500
                return refusal(our_fault(function, error, request_id), request_id)

        return answer

    async def _close(self, _app: web.Application) -> None:
        """Let go of the threads; those at work end with their request."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def load(function: Function) -> Handler:
    """Import a function's handler from its own folder."""
    if str(function.code) not in sys.path:
        sys.path.insert(0, str(function.code))
    module, _, name = function.handler.rpartition(".")
    return cast("Handler", getattr(importlib.import_module(module), name))


def specificity(path: str) -> tuple[int, ...]:
    """Order paths as API Gateway does: at each segment a literal wins over `{name}`, which wins over `{name+}`."""
    return tuple(2 if part.endswith("+}") else 1 if part.startswith("{") else 0 for part in path.split("/"))


def pattern(path: str) -> str:
    """Write a template's path the way aiohttp does."""
    return "/".join(f"{part[:-2]}:.+}}" if part.endswith("+}") else part for part in path.split("/"))


async def read_body(request: web.Request) -> bytes:
    """Read a request's body, as far as API Gateway would take it.

    Raises: PayloadTooLarge: more than 10 MB.
    """
    too_large = PayloadTooLarge(f"the body must have at most {MAX_BODY_BYTES} bytes")
    if (request.content_length or 0) > MAX_BODY_BYTES:
        raise too_large
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise too_large
    return bytes(body)


def event_of(request: web.Request, body: bytes, request_id: str) -> dict[str, Any]:
    """Return the payload 2.0 event of a request.

    Source: "Create AWS Lambda proxy integrations for HTTP APIs" in the API Gateway developer guide.
    """
    now = utc_now()
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        lower = name.lower()
        headers[lower] = f"{headers[lower]},{value}" if lower in headers else value
    cookies = headers.pop("cookie", "")
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": request.rel_url.raw_path,
        "rawQueryString": request.rel_url.raw_query_string,
        "headers": headers,
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "local",
            "domainName": request.host,
            "domainPrefix": "local",
            "http": {
                "method": request.method,
                "path": request.rel_url.raw_path,
                "protocol": f"HTTP/{request.version.major}.{request.version.minor}",
                "sourceIp": request.remote or "",
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": request_id,
            "routeKey": "$default",
            "stage": "$default",
            "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "timeEpoch": int(now.timestamp() * 1000),
        },
        "isBase64Encoded": False,
    }
    if cookies:
        event["cookies"] = [cookie.strip() for cookie in cookies.split(";")]
    if request.match_info:
        event["pathParameters"] = dict(request.match_info)
    query: dict[str, str] = {}
    for name, value in request.rel_url.query.items():
        query[name] = f"{query[name]},{value}" if name in query else value
    if query:
        event["queryStringParameters"] = query
    if body:
        text = text_of(body, request.content_type)
        event["body"] = base64.b64encode(body).decode("ascii") if text is None else text
        event["isBase64Encoded"] = text is None
    return event


def text_of(body: bytes, content_type: str) -> str | None:
    """Return a body as text where API Gateway would pass it so, None where it would encode it."""
    if not content_type.startswith(TEXT_TYPES) and not content_type.endswith("+json"):
        return None
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return None


def response_of(answer: Mapping[str, Any]) -> web.Response:
    """Return the response a Lambda's answer describes."""
    body: str = answer.get("body") or ""
    raw = base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode("utf-8")
    response = web.Response(status=int(answer["statusCode"]), body=raw, headers=answer.get("headers") or {})
    for cookie in answer.get("cookies") or ():
        response.headers.add("Set-Cookie", cookie)
    return response


def refusal(error: AppError, request_id: str, *, status: int | None = None) -> web.Response:
    """Return the error envelope for what happens before or instead of a function."""
    return web.json_response(
        envelope(error, request_id, success_flag=False),
        status=status or status_of(error),
        headers={"X-Request-Id": request_id},
    )


def our_fault(function: Function, error: Exception, request_id: str) -> AppError:
    """Log what a function raised: its kind and place only, since its text may quote what somebody said."""
    kind, trace = type(error).__qualname__, format_tb(error.__traceback__)
    log.error("function_failed", function=function.name, request_id=request_id, kind=kind, trace=trace)
    return INTERNAL


async def nothing_here(_request: web.Request) -> web.Response:
    """Answer for a path under /api that no function serves."""
    return refusal(NotFound("no such path"), new_id())
