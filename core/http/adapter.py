"""A `shared.api` service on an aiohttp application: the same routes, credentials, limits and errors as in a Lambda."""

import asyncio
import base64
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, Final

from aiohttp import web

from core.http.streaming import OFFERED, Stream
from core.providers.streams import closing
from shared.api import Service
from shared.api.errors import envelope, status_of
from shared.errors import PayloadTooLarge
from shared.ids import new_id

# A client that takes nothing of a stream for so many seconds is cut off: what makes it is not kept waiting for ever.
_PATIENCE_S: Final = 30.0
# As much as API Gateway takes, so that an answer does not depend on what is in front.
MAX_BODY_BYTES: Final = 10 * 1024 * 1024


class HttpAdapter:
    """Serves the routes of one service.

    Args:
        workers: requests worked on at once; one more waits. Sessions do not share these threads.
        patience_s: seconds for which a client may take nothing of a stream.
    """

    def __init__(self, service: Service, *, workers: int = 12, patience_s: float = _PATIENCE_S) -> None:
        self._service = service
        self._patience_s = patience_s
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="http")

    def mount(self, app: web.Application) -> None:
        """Add every path of the service. What is added later for a wider path does not get these."""
        for path in {route.path: None for route in self._service.routes.routes}:
            app.router.add_route("*", path, self.answer)
        app.on_cleanup.append(self._close)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        request_id = new_id()
        try:
            event = _event(request, await _body(request), request_id)
        except PayloadTooLarge as error:
            body = envelope(error, request_id, success_flag=self._service.routes.success_flag)
            return web.json_response(body, status=status_of(error), headers={"X-Request-Id": request_id})
        offered: list[Stream] = []
        context = copy_context()
        context.run(OFFERED.set, offered)
        loop = asyncio.get_running_loop()
        answer = await loop.run_in_executor(self._threads, lambda: context.run(self._service.handle, event, None))
        if offered and answer["statusCode"] == 200 and request.method == "GET":
            return await self._streamed(request, answer["headers"], offered[0])
        raw: str = answer["body"]
        data = base64.b64decode(raw) if answer["isBase64Encoded"] else raw.encode()
        return web.Response(status=answer["statusCode"], body=data, headers=answer["headers"])

    async def _streamed(self, request: web.Request, headers: Mapping[str, str], stream: Stream) -> web.StreamResponse:
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        async with closing(stream()) as pieces:
            async for piece in pieces:
                # A client that has gone raises ConnectionError here, which aiohttp expects: nothing more is made.
                await self._written(request, response, piece)
        await response.write_eof()
        return response

    async def _written(self, request: web.Request, response: web.StreamResponse, piece: bytes) -> None:
        try:
            async with asyncio.timeout(self._patience_s):
                await response.write(piece)
        except TimeoutError:
            if request.transport is not None:
                request.transport.abort()
            raise ConnectionResetError("the client reads no further") from None

    async def _close(self, _app: web.Application) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def _event(request: web.Request, body: bytes, request_id: str) -> dict[str, Any]:
    """Return what `shared.api.events` reads, as API Gateway's payload 2.0 has it."""
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        lower = name.lower()
        headers[lower] = f"{headers[lower]},{value}" if lower in headers else value
    return {
        "rawPath": request.rel_url.raw_path,
        "rawQueryString": request.rel_url.raw_query_string,
        "headers": headers,
        "requestContext": {
            "http": {"method": request.method, "sourceIp": request.remote or ""},
            "requestId": request_id,
        },
        "body": base64.b64encode(body).decode("ascii"),
        "isBase64Encoded": True,
    }


async def _body(request: web.Request) -> bytes:
    """Read a body.

    Raises: PayloadTooLarge: it is longer than MAX_BODY_BYTES.
    """
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise PayloadTooLarge(f"the body must have at most {MAX_BODY_BYTES} bytes")
    return bytes(body)
