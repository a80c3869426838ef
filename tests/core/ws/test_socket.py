import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import aiohttp
import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType, web

from core.ws.poller import Poller
from core.ws.socket import FrameSocket, leave

Serve = Callable[[FrameSocket], Awaitable[None]]
Dial = Callable[..., Awaitable[ClientWebSocketResponse]]


@pytest.fixture
async def dial() -> AsyncIterator[Dial]:
    """Connects to a socket that is served as one likes."""
    runners: list[web.AppRunner] = []
    http = aiohttp.ClientSession()

    async def dialled(serve: Serve, *, heartbeat_s: float = 20.0) -> ClientWebSocketResponse:
        async def handle(request: web.Request) -> web.WebSocketResponse:
            socket = FrameSocket(Poller(), heartbeat_s=heartbeat_s, largest=65_536, close_s=3)
            await socket.prepare(request)
            await serve(socket)
            return socket

        app = web.Application()
        app.router.add_get("/", handle)
        runner = web.AppRunner(app)
        await runner.setup()
        runners.append(runner)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return await http.ws_connect(f"http://127.0.0.1:{runner.addresses[0][1]}/", autoping=False)

    yield dialled
    await http.close()
    for runner in runners:
        await runner.cleanup()


async def test_sound_is_taken_as_it_comes_and_never_before_what_was_said_earlier(dial: Dial) -> None:
    order: list[str] = []
    taken: list[bytes] = []
    said = asyncio.Event()
    busy = asyncio.Event()

    def take(frames: Sequence[bytes]) -> bool:
        order.extend(frame.decode() for frame in frames)
        taken.extend(frames)
        return True

    async def serve(socket: FrameSocket) -> None:
        while (message := await socket.receive_untaken(take)).type in {WSMsgType.TEXT, WSMsgType.BINARY}:
            order.append(message.data if message.type is WSMsgType.TEXT else message.data.decode())
            if message.data == "slow":
                said.set()
                await busy.wait()
            await socket.send_str("ok")

    phone = await dial(serve)
    for number in range(10):
        await phone.send_bytes(b"%d" % number)
    await phone.send_str("slow")
    for number in range(10, 20):
        await phone.send_bytes(b"%d" % number)
    await phone.send_str("end")
    async with asyncio.timeout(20):
        await said.wait()
        busy.set()
        while "end" not in order:
            await phone.receive_str()
    assert order == [*map(str, range(10)), "slow", *map(str, range(10, 20)), "end"]
    assert taken[:9] == [b"%d" % number for number in range(9)]
    await phone.close()


async def test_what_is_not_taken_is_received(dial: Dial) -> None:
    async def serve(socket: FrameSocket) -> None:
        message = await socket.receive_untaken(leave)
        await socket.send_bytes(message.data)
        await socket.close()

    phone = await dial(serve)
    await phone.send_bytes(b"sound")
    assert await phone.receive_bytes() == b"sound"


async def test_what_goes_wrong_in_taking_is_raised_to_the_receiver(dial: Dial) -> None:
    raised: list[Exception] = []

    def take(frames: Sequence[bytes]) -> bool:
        raise ValueError(frames[0].decode())

    async def serve(socket: FrameSocket) -> None:
        try:
            await socket.receive_untaken(take)
        except ValueError as failure:
            raised.append(failure)
        await socket.close(code=1011)

    phone = await dial(serve)
    await phone.send_bytes(b"sound")
    assert (await phone.receive()).type is WSMsgType.CLOSE
    assert phone.close_code == 1011
    assert [str(failure) for failure in raised] == ["sound"]


async def test_nothing_is_taken_once_nobody_receives(dial: Dial) -> None:
    taken: list[bytes] = []
    begun, cancelled = asyncio.Event(), asyncio.Event()

    def take(frames: Sequence[bytes]) -> bool:
        taken.extend(frames)
        begun.set()
        return True

    async def serve(socket: FrameSocket) -> None:
        receiving = asyncio.create_task(socket.receive_untaken(take))
        await begun.wait()
        receiving.cancel()
        await asyncio.wait({receiving})
        cancelled.set()
        assert (await socket.receive()).data == b"after"
        await socket.send_str("received")
        await socket.close()

    phone = await dial(serve)
    await phone.send_bytes(b"before")
    await cancelled.wait()
    await phone.send_bytes(b"after")
    assert await phone.receive_str() == "received"
    assert taken == [b"before"]


async def test_who_answers_pings_is_asked_again_and_stays(dial: Dial) -> None:
    async def serve(socket: FrameSocket) -> None:
        while (await socket.receive_untaken(leave)).type is WSMsgType.TEXT:
            await socket.send_str("here")

    phone = await dial(serve, heartbeat_s=2.0)
    for _ in range(2):
        ping = await phone.receive()
        assert ping.type is WSMsgType.PING
        await phone.pong(ping.data)
    await phone.send_str("?")
    assert await phone.receive_str() == "here"


async def test_what_came_of_a_polled_caller_since_the_last_look_is_taken_together_and_in_order(dial: Dial) -> None:
    taken: list[list[bytes]] = []
    begun = asyncio.Event()

    def take(frames: Sequence[bytes]) -> bool:
        taken.append(list(frames))
        begun.set()
        return True

    async def serve(socket: FrameSocket) -> None:
        message = await socket.receive_untaken(take)
        await socket.send_str(message.data)
        await socket.close()

    phone = await dial(serve)
    frames = [b"%d" % number for number in range(60)]
    await phone.send_bytes(frames[0])
    await begun.wait()
    for frame in frames[1:]:
        await phone.send_bytes(frame)
    await phone.send_str("end")
    assert await phone.receive_str() == "end"
    assert [frame for together in taken for frame in together] == frames
    assert len(taken) < len(frames)
