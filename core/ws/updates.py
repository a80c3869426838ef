"""`/ws`: what happens in a tenant, for those who watch."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import msgspec
from aiohttp import WSMsgType, web

from core.ws.closing import GOING_AWAY, Closing, closing_of
from core.ws.rate import ControlRate
from shared.api.request import ClientInfo
from shared.auth.caller import Caller, Client
from shared.clock import iso, utc_now
from shared.db import PUBLIC_TENANT
from shared.errors import AppError, RateLimited, Unauthenticated, Unavailable

_LARGEST_MESSAGE: Final = 65_536
# How long a client may take to answer our close, and to read what waits for it before that.
_CLOSE_S: Final = 3.0
_LEAVE_S: Final = 5.0
# Updates that wait for a slow reader; those beyond are dropped and a gap is marked.
_MOST_WAITING: Final = 200
# A client without a token in its address must send one within this time.
_PATIENCE_S: Final = 10
_CHANNELS: Final = ("logs", "metrics", "sessions", "services", "imports")
_LEAVING: Final = Closing(GOING_AWAY, "the server is going away")
_AUTH_OK: Final = '{"type":"auth_ok"}'

# Proves a caller by a token, None where none was sent, a network address and what their program says of itself.
Admit = Callable[[str | None, str, Client], Awaitable[Caller]]
# Confirms that a caller's credential still holds, and tells who they are now.
Confirm = Callable[[Caller], Awaitable["Standing"]]
# Proves a caller by a ticket, which is used up by it, and a network address.
Redeem = Callable[[str, str], Awaitable[Caller]]


class _Said(msgspec.Struct, frozen=True):
    """What a watcher may say; every field but the type is optional."""

    type: str
    token: str | None = None
    ticket: str | None = None
    channels: tuple[str, ...] = ()


_DECODER: Final = msgspec.json.Decoder(_Said)


def _message(type_: str, data: Mapping[str, object]) -> str:
    return msgspec.json.encode({"type": type_, "timestamp": iso(utc_now()), "data": data}).decode()


class Standing(msgspec.Struct, frozen=True):
    """Who watches.

    Attributes:
        teaches: they teach or run the tenant, and may see what belongs to others.
        logs: entries of clients' logs they may read; known when they begin to watch.
    """

    user_id: str = ""
    teaches: bool = False
    logs: int = 0


_STRANGER: Final = Standing()


class Watcher:
    """One connected reader and what it has not read yet."""

    def __init__(self, tenant_id: str | None, caller: Caller | None = None, standing: Standing = _STRANGER) -> None:
        self.tenant_id = tenant_id
        self.caller = caller
        self.standing = standing
        self.waiting: deque[str] = deque()
        self.wake = asyncio.Event()
        self.closing: Closing | None = None

    def sees(self, tenant_id: str | None, about: str, *, own: bool = False) -> bool:
        """Whether something of a tenant, and perhaps of one of its users, is for this reader; see Updates.publish."""
        if tenant_id != self.tenant_id and (own or tenant_id != PUBLIC_TENANT):
            return False
        return not (about or own) or self.standing.teaches or self.standing.user_id == about

    def add(self, text: str) -> None:
        """Queue an update; a reader too slow for them is told that some are missing."""
        if len(self.waiting) >= _MOST_WAITING:
            self.waiting.clear()
            text = _message("gap", {"reason": "too slow"})
        self.waiting.append(text)
        self.wake.set()

    def close(self, closing: Closing) -> None:
        """Close after what waits was sent."""
        self.closing = self.closing or closing
        self.wake.set()


class Updates:
    """Hands updates to the watchers of their tenant."""

    def __init__(self) -> None:
        self._watchers: set[Watcher] = set()

    def __len__(self) -> int:
        return len(self._watchers)

    def publish(
        self, tenant_id: str | None, type_: str, data: Mapping[str, object], *, about: str = "", own: bool = False
    ) -> None:
        """Tell everybody who watches this tenant; what happens to shared content is told to all.

        Args:
            about: the user whose own matter it is: only they and those who teach are told.
            own: it is no content: those of other tenants are never told, and where it is about nobody those who teach.
        """
        readers = [watcher for watcher in self._watchers if watcher.sees(tenant_id, about, own=own)]
        if readers:
            text = _message(type_, data)
            for watcher in readers:
                watcher.add(text)

    def publish_each(self, type_: str, data_of: Callable[[str | None], Mapping[str, object]]) -> None:
        """Tell everybody what holds for their own tenant."""
        texts: dict[str | None, str] = {}
        for watcher in self._watchers:
            tenant_id = watcher.tenant_id
            if tenant_id not in texts:
                texts[tenant_id] = _message(type_, data_of(tenant_id))
            watcher.add(texts[tenant_id])

    def mark_gap(self, reason: str) -> None:
        """Tell everybody that updates may be missing."""
        for watcher in self._watchers:
            watcher.add(_message("gap", {"reason": reason}))

    def enter(self, watcher: Watcher) -> None:
        """Begin to tell a watcher."""
        self._watchers.add(watcher)

    def leave(self, watcher: Watcher) -> None:
        """Tell it no more."""
        self._watchers.discard(watcher)

    async def recheck(self, every_s: float, confirm: Confirm) -> None:
        """Confirm all watchers again and again, one after the other: those whose credential was revoked must leave."""
        while True:
            await asyncio.sleep(every_s)
            for watcher in list(self._watchers):
                if watcher.caller is None:
                    continue
                try:
                    watcher.standing = await confirm(watcher.caller)
                except Unavailable:
                    break  # nobody can tell now; the next round may
                except AppError as error:
                    watcher.close(closing_of(error))

    def close(self) -> None:
        """Send everybody away."""
        for watcher in self._watchers:
            watcher.close(_LEAVING)

    def watchers_of(self, tenant_id: str | None) -> int:
        """Return how many watch a tenant."""
        return sum(watcher.tenant_id == tenant_id for watcher in self._watchers)


class UpdatesRoute:
    """Serves the socket of updates.

    Args:
        admit: proves a caller by a token, None where none was sent, a network address and their program.
        redeem: proves a caller by a ticket and a network address.
        confirm: tells who a caller is who begins to watch.
        patience_s: a client that has not read what waits for it so many seconds after its end is cut off.
    """

    def __init__(
        self,
        updates: Updates,
        admit: Admit,
        redeem: Redeem,
        confirm: Confirm,
        *,
        heartbeat_s: int,
        patience_s: float = _LEAVE_S,
    ) -> None:
        self._confirm = confirm
        self._patience_s = patience_s
        self._updates = updates
        self._admit = admit
        self._redeem = redeem
        self._heartbeat_s = heartbeat_s

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Hold one connection until either side closes it."""
        socket = web.WebSocketResponse(
            compress=False, heartbeat=self._heartbeat_s, max_msg_size=_LARGEST_MESSAGE, timeout=_CLOSE_S
        )
        await socket.prepare(request)
        try:
            caller = await self._caller(request, socket)
            standing = await self._confirm(caller)
        except AppError as error:
            closing = closing_of(error)
            await socket.close(code=closing.code, message=closing.payload)
            return socket
        watcher = Watcher(caller.tenant_id, caller, standing)
        self._updates.enter(watcher)
        stats = {"total_logs": standing.logs, "online_clients": self._updates.watchers_of(caller.tenant_id)}
        watcher.add(_message("connected", {"server_time": iso(utc_now()), "stats": stats}))
        writer = asyncio.create_task(_write(socket, watcher))
        try:
            await _read(socket, watcher)
        finally:
            self._updates.leave(watcher)
            watcher.close(_LEAVING)
            _, stuck = await asyncio.wait({writer}, timeout=self._patience_s)
            if stuck and request.transport is not None:
                request.transport.abort()
            await writer
        return socket

    async def _caller(self, request: web.Request, socket: web.WebSocketResponse) -> Caller:
        """Return the caller by the ticket or token in the address or in the first message, or by the open network."""
        address, client = request.remote or "unknown", ClientInfo.of(request.headers).claimed
        if ticket := request.query.get("ticket"):
            return await self._redeem(ticket, address)
        token = request.query.get("token")
        try:
            return await self._admit(token, address, client)
        except Unauthenticated:
            if token is not None:
                raise
        try:
            async with asyncio.timeout(_PATIENCE_S):
                first = await socket.receive()
        except TimeoutError:
            raise Unauthenticated("a token is required") from None
        message = _decoded(first.data) if first.type is WSMsgType.TEXT else None
        if message is None or message.type != "auth" or not (message.ticket or message.token):
            raise Unauthenticated("a token is required")
        if message.ticket:
            caller = await self._redeem(message.ticket, address)
        else:
            caller = await self._admit(message.token, address, client)
        await socket.send_str(_AUTH_OK)
        return caller


async def _read(socket: web.WebSocketResponse, watcher: Watcher) -> None:
    """Answer what a watcher says; what cannot be understood is ignored, as the contract has it; a flood ends it."""
    loop = asyncio.get_running_loop()
    rate = ControlRate(loop.time())
    async for received in socket:
        try:
            rate.take(loop.time())
        except RateLimited as flood:
            watcher.close(closing_of(flood))
            return
        message = _decoded(received.data) if received.type is WSMsgType.TEXT else None
        if message is None:
            continue
        match message.type:
            case "ping":
                watcher.add(_message("pong", {}))
            case "auth":
                watcher.add(_AUTH_OK)
            case "subscribe" | "unsubscribe":
                known = [channel for channel in message.channels if channel in _CHANNELS]
                watcher.add(msgspec.json.encode({"type": f"{message.type}d", "channels": known}).decode())
            case _:
                pass


async def _write(socket: web.WebSocketResponse, watcher: Watcher) -> None:
    try:
        while watcher.waiting or watcher.closing is None:
            while watcher.waiting:
                await socket.send_str(watcher.waiting.popleft())
            if watcher.closing is None:
                watcher.wake.clear()
                await watcher.wake.wait()
        await socket.close(code=watcher.closing.code, message=watcher.closing.payload)
    except ConnectionError:
        watcher.close(_LEAVING)


def _decoded(text: str) -> _Said | None:
    try:
        return _DECODER.decode(text)
    except (msgspec.DecodeError, UnicodeError):
        return None
