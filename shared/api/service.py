"""Runs one service's routes behind API Gateway: route, authenticate, parse, call, encode, and every error once."""

import base64
import time
from collections.abc import Mapping
from random import SystemRandom
from traceback import format_tb
from typing import TYPE_CHECKING, Any

import msgspec

from shared.api.context import Context
from shared.api.cors import cors_headers, preflight
from shared.api.decoding import decode_body, decode_query
from shared.api.errors import INTERNAL, envelope, status_of
from shared.api.events import HttpRequest, read_event
from shared.api.idempotency import key_of, once
from shared.api.reply import Listing, PerClient, Reply
from shared.api.request import ClientInfo, Request
from shared.api.routes import Access, Route, Routes
from shared.auth.authenticator import address_prefix, bearer_token
from shared.auth.caller import Caller, Limit
from shared.errors import (
    AdminUnauthenticated,
    AppError,
    InvalidInput,
    MethodNotAllowed,
    NotFound,
    PayloadTooLarge,
    RateLimited,
    Unauthenticated,
    Unavailable,
)
from shared.logging import get_logger

if TYPE_CHECKING:
    from shared.api.administration import AdminGate

PUBLIC_LIMIT = Limit("public", 300)
_random = SystemRandom()
MAX_PATH_CHARS = 2048


class Service:
    """One Lambda: its routes and what they work with."""

    def __init__(self, routes: Routes, context: Context) -> None:
        self.routes = routes
        self.context = context
        self._admin_gate: AdminGate | None = None
        self._log = get_logger(routes.name)

    def handle(self, event: Mapping[str, Any], lambda_context: object) -> dict[str, Any]:
        """Answer one API Gateway event, payload 1.0 or 2.0."""
        started = time.perf_counter()
        http = read_event(event)
        known = self.context.settings.origin_lock.request_id(http.headers)
        request_id = known or http.request_id or getattr(lambda_context, "aws_request_id", "")
        origin = http.headers.get("origin", "")
        if http.method == "OPTIONS":
            return preflight(self.context.settings.cors_origins, origin)
        route = None
        request = None
        params: dict[str, str] = {}
        try:
            route, params = self._match(http)
            request = self._admit(route, http, params, request_id)
            reply = _encoded(self._call(route, request, params))
        except AppError as exc:
            if route is not None:
                self._note_refusal(exc, route, params, http, request, request_id)
            reply = Reply(envelope(exc, request_id, success_flag=self._flagged(http.path)), status_of(exc), _retry(exc))
        except Exception as exc:  # noqa: BLE001  the edge: our own bug becomes a 500, its cause goes to the log only
            # An exception's text may quote what somebody said, so only its kind and place are logged.
            self._log.error(
                "unhandled_error",
                request_id=request_id,
                kind=type(exc).__qualname__,
                trace=format_tb(exc.__traceback__),
            )
            reply = Reply(envelope(INTERNAL, request_id, success_flag=self._flagged(http.path)), 500)
        self._log.info(
            "request_handled",
            request_id=request_id,
            method=http.method,
            route=route.path if route else None,
            status=reply.status,
            tenant_id=request.caller.tenant_id if request else None,
            ms=round((time.perf_counter() - started) * 1000, 1),
        )
        headers = {
            "X-Request-Id": request_id,
            **cors_headers(self.context.settings.cors_origins, origin),
            **_rate_headers(request),
        }
        response = _response(reply, headers, without_body=http.method == "HEAD")
        if route is not None and route.pace is not None:
            _wait(started, route.pace(self.context.settings) / 1000)
        return response

    def _flagged(self, path: str) -> bool:
        """Whether errors of a path say `success: false`, whatever method it was asked with."""
        flagged = (route for route in self.routes.about(path) if route.success_flag)
        return self.routes.success_flag or any(route.match(path) for route in flagged)

    def _match(self, http: HttpRequest) -> tuple[Route, dict[str, str]]:
        if len(http.path) > MAX_PATH_CHARS or "\x00" in http.path:
            raise InvalidInput(f"the path must have at most {MAX_PATH_CHARS} characters and no NUL")
        method = "GET" if http.method == "HEAD" else http.method
        allowed: set[str] = set()
        for route in self.routes.about(http.path):
            if match := route.match(http.path):
                if route.method == method:
                    return route, match.groupdict()
                allowed.add(route.method)
        if allowed:
            raise MethodNotAllowed(f"use {' or '.join(sorted(allowed))} here")
        raise NotFound("no such path")

    def _admit(self, route: Route, http: HttpRequest, params: Mapping[str, str], request_id: str) -> Request:
        address = self.context.settings.origin_lock.client_address(http.headers, http.address)
        own = route.limit(self.context.settings) if route.limit else None
        if route.access is Access.PUBLIC:
            caller = Caller("public", address=address_prefix(address), client=ClientInfo.of(http.headers).claimed)
            return Request(http, caller, own or PUBLIC_LIMIT, self.context)
        if route.access is Access.ADMIN:
            caller = self._gate().admit(route, http, params, address, request_id)
            return Request(http, caller, own, self.context)
        token = bearer_token(http.headers.get("authorization"))
        caller = self.context.authenticator.caller(
            token, address=address, allow_open=route.access is not Access.ACCOUNT
        )
        return Request(
            http, msgspec.structs.replace(caller, client=ClientInfo.of(http.headers).claimed), own, self.context
        )

    def _note_refusal(
        self,
        error: AppError,
        route: Route,
        params: Mapping[str, str],
        http: HttpRequest,
        request: Request | None,
        request_id: str,
    ) -> None:
        """Have an administrator's attempt noted that was refused before it could be noted as a deed."""
        entering = route.access is Access.ADMIN and request is not None and request.admission is None
        if entering or isinstance(error, AdminUnauthenticated):
            address = address_prefix(self.context.settings.origin_lock.client_address(http.headers, http.address))
            caller = request.caller if request is not None else None
            self._gate().refused(error, route, params, caller, address=address, request_id=request_id)

    def _gate(self) -> "AdminGate":
        if self._admin_gate is None:
            from shared.api.administration import AdminGate  # only the admin service needs what this brings in

            self._admin_gate = AdminGate(self.context)
        return self._admin_gate

    def _call(self, route: Route, request: Request, params: dict[str, str]) -> Reply:
        """Run the handler; a request that never reached the database is still checked and counted.

        A bad credential is the answer even where the request is bad too.
        """
        try:
            # An account is a person's, whichever tenant they work in.
            if route.access is Access.CLIENT:
                request.choose_tenant()
            key = key_of(request.http) if route.access is not Access.PUBLIC and route.replayable else None
            reply = once(request, key, lambda: _run(route, request, params)) if key else _run(route, request, params)
        except (Unauthenticated, RateLimited, Unavailable):
            raise
        except AppError:
            if route.access is not Access.PUBLIC:
                request.admit()
            raise
        if route.access is not Access.PUBLIC:
            request.admit()
        return reply


def _run(route: Route, request: Request, params: dict[str, str]) -> Reply:
    if len(request.http.body) > route.max_body:
        raise PayloadTooLarge(f"the body must have at most {route.max_body} bytes")
    arguments: dict[str, Any] = dict(params)
    if route.body_model is not None:
        arguments["body"] = decode_body(request.http.body, route.body_model)
    if route.query_model is not None:
        arguments["query"] = decode_query(request.http.query, route.query_model)
    answer = route.handler(request=request, **arguments)
    if isinstance(answer, Reply):
        return answer
    if isinstance(answer, Listing | PerClient):
        return Reply(answer.negotiated(is_android=request.client.is_android), route.status)
    return Reply(answer, route.status, request.answer_headers)


def _wait(started: float, pace_s: float) -> None:
    """Sleep until a multiple of the pace has passed since the start, and a little more.

    A process that slept longer wakes some microseconds later; what is added at random hides that too.
    """
    if pace_s:
        more = pace_s * _random.uniform(0, 0.02)
        time.sleep(pace_s - (time.perf_counter() - started) % pace_s + more)


def _retry(error: AppError) -> dict[str, str]:
    if not isinstance(error, RateLimited):
        return {}
    return {
        "Retry-After": str(error.retry_after),
        "X-RateLimit-Limit": str(error.limit),
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": str(int(time.time()) + error.retry_after),
        "X-RateLimit-Window": str(error.window),
    }


def _rate_headers(request: Request | None) -> dict[str, str]:
    state = request.admission if request else None
    if state is None or state["rate_remaining"] is None:
        return {}
    limit, remaining, window = state["rate_limit"], state["rate_remaining"], state["rate_window"]
    return {
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Reset": str(int(time.time()) + (limit - remaining) * window // limit),
        "X-RateLimit-Window": str(window),
    }


def _encoded(reply: Reply) -> Reply:
    """Return a reply whose body cannot fail to be encoded any more."""
    if isinstance(reply.body, bytes):
        return reply
    return msgspec.structs.replace(reply, body=msgspec.Raw(msgspec.json.encode(reply.body)))


def _response(reply: Reply, headers: Mapping[str, str], *, without_body: bool) -> dict[str, Any]:
    raw = reply.body if isinstance(reply.body, bytes) else msgspec.json.encode(reply.body)
    binary = isinstance(reply.body, bytes)
    return {
        "statusCode": reply.status,
        "headers": {
            "Content-Type": "application/json",
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            **headers,
            **reply.headers,
        },
        "body": "" if without_body else base64.b64encode(raw).decode() if binary else raw.decode(),
        "isBase64Encoded": binary and not without_body,
    }
