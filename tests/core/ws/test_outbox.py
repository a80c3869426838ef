"""The outbox on a real socket whose other end may not read."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvloop
from aiohttp import ClientSession, WSMsgType, web

from core.pipeline.notices import ReplyToken
from core.ws.closing import NORMAL, Closing
from core.ws.outbox import Outbox
from shared.errors import NotFound

DONE = Closing(NORMAL, "done")


class Line:
    """An outbox whose client reads only when it is told to."""

    def __init__(self) -> None:
        self.ready = asyncio.Event()
        self.ended = asyncio.Event()
        self.url = ""

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False, timeout=0.2)
        await socket.prepare(request)
        self.outbox = Outbox(socket, request.transport)
        self.ready.set()
        await self.outbox.run()
        self.ended.set()
        return socket


@asynccontextmanager
async def open_line() -> AsyncGenerator[Line]:
    made = Line()
    app = web.Application()
    app.router.add_get("/", made.serve)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    yield made
    await runner.cleanup()


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    async with open_line() as made:
        yield made


async def received(http: ClientSession, line: Line) -> tuple[list[str | bytes], int | None]:
    async with http.ws_connect(line.url) as socket:
        await line.ready.wait()
        items: list[str | bytes] = [m.data async for m in socket if m.type in {WSMsgType.TEXT, WSMsgType.BINARY}]
        return items, socket.close_code


async def test_things_leave_in_order_and_the_goodbye_comes_last(line: Line) -> None:
    async with ClientSession() as http:
        reading = asyncio.create_task(received(http, line))
        await line.ready.wait()
        line.outbox.send("one")
        await line.outbox.play(b"\x01\x00")
        line.outbox.send("two")
        line.outbox.close(DONE)
        line.outbox.send("too late")
        await line.outbox.play(b"\x02\x00")
        assert await reading == (["one", b"\x01\x00", "two"], 1000)


async def test_dropped_sound_does_not_leave_and_messages_do(line: Line) -> None:
    async with ClientSession() as http:
        reading = asyncio.create_task(received(http, line))
        await line.ready.wait()
        await line.outbox.play(b"\x01\x00")
        line.outbox.send("one")
        line.outbox.drop_audio()
        line.outbox.close(DONE)
        assert await reading == (["one"], 1000)


async def test_an_error_that_ends_the_session_is_told_first(line: Line) -> None:
    async with ClientSession() as http:
        reading = asyncio.create_task(received(http, line))
        await line.ready.wait()
        line.outbox.leave(NotFound("the session is gone"))
        line.outbox.leave(NotFound("twice"))
        items, code = await reading
        assert len(items) == 1
        assert '"recoverable":false' in str(items[0])
        assert code == 4001


async def test_sound_waits_for_a_client_that_does_not_take_it(line: Line) -> None:
    async with ClientSession() as http, http.ws_connect(line.url):
        await line.ready.wait()
        playing = asyncio.create_task(flood(line.outbox))
        done, _ = await asyncio.wait({playing}, timeout=0.2)
        assert not done
        line.outbox.close(DONE)
        await playing
        line.outbox.abort()
        await line.ended.wait()


async def flood(outbox: Outbox) -> None:
    """Play far more than any buffer holds."""
    for _ in range(1_000):
        await outbox.play(bytes(65_536))


async def test_sound_that_waited_for_room_when_sound_was_dropped_is_dropped_too(line: Line) -> None:
    async with ClientSession() as http, http.ws_connect(line.url) as client:
        await line.ready.wait()
        outbox = line.outbox
        # All of it is queued in one step of this task: the writer has not had its turn yet.
        playing = [asyncio.ensure_future(outbox.play(bytes([mark, 0]) * 65_536)) for mark in (1, 2)]
        await asyncio.sleep(0)
        outbox.drop_audio()
        outbox.send("interrupted")
        await asyncio.gather(*playing)
        outbox.close(DONE)
        items = [m.data async for m in client if m.type in {WSMsgType.TEXT, WSMsgType.BINARY}]
        after = items[items.index("interrupted") + 1 :]
        assert after == []


async def test_a_client_that_lets_messages_lie_is_cut_off(line: Line) -> None:
    async with ClientSession() as http, http.ws_connect(line.url):
        await line.ready.wait()
        for _ in range(2_100):
            line.outbox.tell(ReplyToken("word"))
        await line.ended.wait()
        assert line.outbox.closing is not None
        assert line.outbox.closing.code == 1008


async def test_of_messages_of_many_bytes_one_waits_at_a_time_and_is_not_dropped(line: Line) -> None:
    async with ClientSession() as http, http.ws_connect(line.url) as client:
        await line.ready.wait()
        outbox = line.outbox
        # All of it is queued in one step of this task: the writer has not had its turn yet.
        first, second = (asyncio.create_task(outbox.deliver(text)) for text in ("first", "second"))
        sound = asyncio.create_task(outbox.play(b"\x01\x00"))
        await asyncio.sleep(0)
        assert (first.done(), second.done(), sound.done()) == (True, False, True)
        outbox.drop_audio()
        await second
        outbox.close(DONE)
        assert [m.data async for m in client if m.type in {WSMsgType.TEXT, WSMsgType.BINARY}] == ["first", "second"]


async def test_messages_of_many_bytes_wait_for_a_client_that_does_not_read(line: Line) -> None:
    async with ClientSession() as http, http.ws_connect(line.url):
        await line.ready.wait()
        delivering = asyncio.create_task(deliver(line.outbox))
        done, _ = await asyncio.wait({delivering}, timeout=0.2)
        assert not done
        line.outbox.close(DONE)
        await delivering
        line.outbox.abort()
        await line.ended.wait()


async def deliver(outbox: Outbox) -> None:
    """Deliver far more than any buffer holds."""
    text = "x" * 1_000_000
    for _ in range(100):
        await outbox.deliver(text)


def test_on_the_loop_that_serves_things_leave_at_once_and_who_does_not_read_is_cut_off() -> None:
    async def scenario() -> None:
        async with open_line() as line, ClientSession() as http, http.ws_connect(line.url) as client:
            await line.ready.wait()
            outbox = line.outbox
            outbox.send("one")
            await outbox.play(b"\x01\x00")
            assert [(await client.receive()).data for _ in range(2)] == ["one", b"\x01\x00"]
            playing = asyncio.create_task(flood(outbox))
            done, _ = await asyncio.wait({playing}, timeout=0.2)
            assert not done
            outbox.close(DONE)
            outbox.abort()
            await playing
            await line.ended.wait()

    uvloop.run(asyncio.wait_for(scenario(), 10))
