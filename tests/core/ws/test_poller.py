import asyncio
import math
import os
import socket
from collections.abc import AsyncIterator, Callable

import pytest

from core.ws.poller import Line, Poller


class Server(asyncio.Protocol):
    """Keeps what it hears, whoever reads it."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self.heard = bytearray()
        self.lost = asyncio.Event()
        self.made = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.made.set()

    def data_received(self, data: bytes) -> None:
        self.heard += data
        if b"!" in data:
            raise ValueError("cannot be taken")

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.lost.set()


class Call:
    """A loopback connection, and its server's end as a line."""

    async def begin(self) -> None:
        loop = asyncio.get_running_loop()
        self.server = Server()
        self.calm_ms = 0.0
        listener = await loop.create_server(lambda: self.server, "127.0.0.1", 0)
        self.phone = socket.create_connection(listener.sockets[0].getsockname())
        await self.server.made.wait()
        listener.close()
        self.line = Line(self.server.transport, self.server.data_received)
        self.line.calm_ms = lambda: self.calm_ms

    async def says(self, data: bytes) -> None:
        """Say something and wait until it is heard."""
        before = len(self.server.heard)
        self.phone.sendall(data)
        await until(lambda: len(self.server.heard) - before >= len(data))

    def end(self) -> None:
        self.phone.close()
        self.server.transport.abort()


async def until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not happened():  # noqa: ASYNC110  (a poller tells nobody)
            await asyncio.sleep(0.005)


@pytest.fixture
async def calls() -> AsyncIterator[list[Call]]:
    made = [Call() for _ in range(3)]
    for call in made:
        await call.begin()
    yield made
    for call in made:
        call.end()
    await asyncio.gather(*(call.server.lost.wait() for call in made))


async def test_nothing_is_lost_or_turned_round_whoever_reads(calls: list[Call]) -> None:
    poller = Poller()
    for call in calls:
        await call.says(b"a")
        poller.join(call.line)
        assert call.line.polled
        assert not call.server.transport.is_reading()
    for call in calls:
        await call.says(b"b")
        await call.says(bytes(50_000))
    assert len(poller) == 3
    for call in calls:
        call.phone.sendall(b"c")
        poller.leave(call.line)
        await call.says(b"d")
        assert call.server.heard == b"ab" + bytes(50_000) + b"cd"
    assert len(poller) == 0


async def test_a_quiet_line_is_given_back(calls: list[Call]) -> None:
    poller = Poller()
    for call in calls:
        poller.join(call.line)
    await until(lambda: len(poller) == 0)
    assert all(call.server.transport.is_reading() for call in calls)
    await calls[0].says(b"a")


async def test_who_hangs_up_is_noticed(calls: list[Call]) -> None:
    poller = Poller()
    for call in calls:
        poller.join(call.line)
    calls[0].phone.close()
    await until(calls[0].server.lost.is_set)
    assert not calls[0].line.polled
    await calls[1].says(b"a")


async def test_a_closed_line_is_not_read_though_another_has_its_number(calls: list[Call]) -> None:
    poller = Poller()
    closed = calls[0]
    poller.join(closed.line)
    closed.phone.sendall(b"late")
    closed.server.transport.abort()
    await until(lambda: not closed.line.polled)
    await closed.server.lost.wait()
    assert closed.server.heard == b""
    # Its number is given to the next file that is opened, and to the line on that.
    other = calls[1].line
    other.number = os.dup(other.number)
    poller.join(other)
    closed.line.number = other.number
    poller.leave(closed.line)
    assert len(poller) == 1
    await calls[1].says(b"a")
    poller.leave(other)
    os.close(other.number)


async def test_a_line_that_cannot_be_taken_ends_alone(calls: list[Call]) -> None:
    failures: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(context.get("exception")))
    poller = Poller()
    for call in calls:
        poller.join(call.line)
    calls[0].phone.sendall(b"!")
    await calls[0].server.lost.wait()
    await calls[1].says(b"a")
    await calls[2].says(b"b")
    assert [type(failure) for failure in failures] == [ValueError]


async def test_who_has_time_is_looked_at_when_it_is_over(calls: list[Call]) -> None:
    poller = Poller()
    calm, still, hurried = calls
    calm.calm_ms, still.calm_ms = 64.0, math.inf
    for call in calls:
        poller.join(call.line)
        await call.says(b"a")
    for call in calls:
        await call.says(b"b")
    await until(lambda: min(calm.line.due, still.line.due) - hurried.line.due >= 3)
    assert calm.line.due % 4 == still.line.due % 4 == 0
    calm.calm_ms = 0.0
    await calm.says(b"c")
    await until(lambda: calm.line.due == hurried.line.due)
    assert calm.server.heard == b"abc"
    assert len(poller) == 3
