"""`/v1/realtime`: who comes, to which session, in which dialect."""

from collections.abc import Awaitable, Callable
from typing import Final

import msgspec
from aiohttp import web

from core.pipeline.conversations import Visit
from core.pipeline.equipment import Equipment
from core.realtime.connection import Guest, RealtimeConnection
from core.realtime.dialect import Dialect
from core.realtime.messages import LARGEST_MESSAGE
from core.realtime.port import Admitted, RealtimeStore
from core.realtime.refusals import kind_of
from core.ws.arrival import introduced
from core.ws.closing import closing_of
from core.ws.connection import COMING_BACK
from core.ws.live import Live
from core.ws.poller import Poller
from core.ws.socket import FrameSocket
from shared.auth.authenticator import bearer_token
from shared.auth.caller import Caller
from shared.auth.client_secrets import is_client_secret
from shared.errors import AppError
from shared.ids import known_id

_PROTOCOL: Final = "realtime"
_KEY_PROTOCOL: Final = "openai-insecure-api-key."
_BETA_PROTOCOL: Final = "openai-beta.realtime-v1"
_BETA_HEADER: Final = "realtime=v1"
# How long a client may take to answer our close.
_CLOSE_S: Final = 3.0


class RealtimeRoute(msgspec.Struct, frozen=True, kw_only=True):
    """Serves the socket.

    Attributes:
        authenticate: names the caller a token, if any, claims at a network address; opening the session confirms it.
        redeem: names and confirms the caller of a ticket.
    """

    equipment: Equipment
    live: Live
    authenticate: Callable[[str | None, str], Caller]
    redeem: Callable[[str, str], Awaitable[Caller]]
    store: RealtimeStore

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Hold one connection until either side closes it."""
        heartbeat = self.equipment.settings.heartbeat_s
        socket = FrameSocket(
            Poller(), heartbeat_s=heartbeat, largest=LARGEST_MESSAGE, close_s=_CLOSE_S, protocols=(_PROTOCOL,)
        )
        await socket.prepare(request)
        if self.live.draining:
            await socket.close(code=COMING_BACK.code, message=COMING_BACK.payload)
            return socket
        try:
            guest = await self._guest(request)
            conversation = await self.equipment.conversations.open(guest.visit)
        except AppError as error:
            closing = closing_of(error)
            told = {"type": kind_of(error), "code": error.error_code, "message": error.message, "param": None}
            await socket.send_json({"type": "error", "event_id": "event_0", "error": {**told, "event_id": None}})
            await socket.close(code=closing.code, message=closing.payload)
            return socket
        connection = RealtimeConnection(self.equipment, self.live, self.store, socket, request.transport, guest)
        await connection.serve(conversation)
        return socket

    async def _guest(self, request: web.Request) -> Guest:
        """Return who comes.

        Raises: Unauthenticated, Forbidden, NotFound, RateLimited, Unavailable.
        """
        protocols = [name.strip() for name in request.headers.get("Sec-WebSocket-Protocol", "").split(",")]
        admitted = await self._admitted(request, protocols)
        query = request.query
        named = admitted.session_id or query.get("session") or query.get("session_id")
        session_id = known_id(named, "session") if named else await self.store.make(admitted.caller)
        beta = _BETA_HEADER in request.headers.get("OpenAI-Beta", "") or _BETA_PROTOCOL in protocols
        return Guest(
            visit=Visit(session_id, admitted.caller),
            dialect=Dialect.BETA if beta else Dialect.GA,
            settings=admitted.settings,
        )

    async def _admitted(self, request: web.Request, protocols: list[str]) -> Admitted:
        address = request.remote or "unknown"
        if ticket := request.query.get("ticket"):
            return Admitted(await self.redeem(ticket, address))
        keys = [name.removeprefix(_KEY_PROTOCOL) for name in protocols if name.startswith(_KEY_PROTOCOL)]
        token = bearer_token(request.headers.get("Authorization")) or next(iter(keys), request.query.get("token"))
        if token is not None and is_client_secret(token):
            return await self.store.admit(token, address)
        return Admitted(introduced(self.authenticate(token, address), request))
