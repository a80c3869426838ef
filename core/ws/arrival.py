"""Where a socket's client is, whether it came the way it should, and what it says of itself.

Operations over HTTP learn it from `shared.api`; the sockets have no service around them.
"""

from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from msgspec import structs

from shared.api.errors import envelope, status_of
from shared.api.request import ClientInfo
from shared.auth.caller import Caller
from shared.auth.origin import OriginLock
from shared.errors import Forbidden
from shared.ids import new_id

SOCKETS: Final = frozenset({"/ws", "/ws/audio", "/v1/realtime"})


def introduced(caller: Caller, request: web.Request) -> Caller:
    """Return a caller with what their program says of itself in the headers of the request that opens a socket.

    A beta token may be bound to a device, and an app may be too old. A browser can send no such headers, and a caller
    by a ticket named their device when they bought it.
    """
    return structs.replace(caller, client=ClientInfo.of(request.headers).claimed)


def arrival(lock: OriginLock) -> Middleware:
    """Return what refuses sockets that did not come through the edge, and says where those that did come from."""

    @web.middleware
    async def arrive(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path not in SOCKETS:
            return await handler(request)
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            address = lock.client_address(headers, request.remote or "")
        except Forbidden as error:
            request_id = new_id()
            body = envelope(error, request_id, success_flag=False)
            return web.json_response(body, status=status_of(error), headers={"X-Request-Id": request_id})
        return await handler(request.clone(remote=address) if address else request)

    return arrive
