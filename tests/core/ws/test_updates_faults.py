"""What a watcher can do wrong: it ends at most its own connection, and nobody else notices."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web

from core.ws.updates import Standing, Updates, UpdatesRoute, Watcher
from shared.auth.caller import Caller, Client
from tests.core.ws.conftest import TENANT, House
from tests.support.raw_socket import BINARY, COMPRESSED, FINAL, MB, TEXT, Wire, bounded, repeat

FAULTS: list[tuple[str, Callable[[Wire], Awaitable[None]], int]] = [
    ("10,000 pings", lambda line: repeat(line, FINAL | TEXT, b'{"type":"ping"}', 10_000), 4002),
    ("10,000 messages nobody understands", lambda line: repeat(line, FINAL | TEXT, b"{", 10_000), 4002),
    ("10,000 frames of sound", lambda line: repeat(line, FINAL | BINARY, b"\x00", 10_000), 4002),
    ("a compressed message that was not agreed on", lambda line: line.send(FINAL | COMPRESSED | TEXT, b"\x00"), 1002),
    ("a message of 100 kB", lambda line: line.send(FINAL | TEXT, bytes(100_000)), 1009),
    ("text that is none", lambda line: line.send(FINAL | TEXT, b"\xff\xfe"), 1007),
]


@pytest.mark.parametrize(("attack", "code"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS])
async def test_a_fault_has_its_close_code(house: House, attack: Callable[[Wire], Awaitable[None]], code: int) -> None:
    neighbour = await house.call("/ws?token=token")
    await neighbour.until("connected")
    line = await Wire.dial(f"{house.url}/ws?token=token")
    await bounded(asyncio.ensure_future(attack(line)), most=8 * MB)
    assert await line.close_code() == code
    line.hang_up()
    await neighbour.say({"type": "ping"})
    await neighbour.until("pong")


class Watched(Updates):
    """Updates that tell when the first watcher has come."""

    def __init__(self) -> None:
        super().__init__()
        self.watched = asyncio.Event()

    def enter(self, watcher: Watcher) -> None:
        super().enter(watcher)
        self.watched.set()


class Board:
    """The socket by itself, with little patience, and whether somebody is still served on it."""

    def __init__(self) -> None:
        self.updates = Watched()
        self.served = asyncio.Event()
        self._route = UpdatesRoute(
            self.updates, self._admit, self._redeem, self._confirm, heartbeat_s=1, patience_s=0.2
        )

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        try:
            return await self._route.serve(request)
        finally:
            self.served.set()

    @staticmethod
    async def _admit(token: str | None, address: str, client: Client) -> Caller:
        return Caller("session", TENANT, token, "user", address=address, client=client)

    @staticmethod
    async def _redeem(ticket: str, address: str) -> Caller:
        return Caller("session", TENANT, ticket, "user", address=address)

    @staticmethod
    async def _confirm(caller: Caller) -> Standing:
        return Standing(caller.user_id or "")


async def test_a_watcher_that_stops_reading_is_told_less_and_let_go_with_its_heart() -> None:
    board = Board()
    app = web.Application()
    app.router.add_get("/ws", board.serve)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    line = await Wire.dial(f"http://127.0.0.1:{runner.addresses[0][1]}/ws?token=token", room=4_096)
    async with asyncio.timeout(10):
        await board.updates.watched.wait()

    async def tell() -> None:
        """More than every buffer on the way holds, as it would come one by one."""
        news = {"text": "x" * 30_000}
        for _ in range(1_000):
            board.updates.publish(TENANT, "log", news)
            await asyncio.sleep(0)

    # 30 MB were told; what waits is bounded by its number.
    await bounded(asyncio.ensure_future(tell()), most=14 * MB)
    async with asyncio.timeout(20):
        await board.served.wait()
    assert board.updates.watchers_of(TENANT) == 0
    line.hang_up()
    await runner.cleanup()
