"""Sockets come through the edge where there is one, and their client's address is what the edge says."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from core.ws.arrival import arrival
from shared.auth.origin import OriginLock

Client = TestClient[web.Request, web.Application]


async def tell_address(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    await socket.send_str(request.remote or "")
    await socket.close()
    return socket


@pytest.fixture(params=["/ws", "/ws/audio", "/v1/realtime"])
def path(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def locked() -> AsyncIterator[Client]:
    app = web.Application(middlewares=[arrival(OriginLock(secrets=["first", "second"]))])
    for path in ("/ws", "/ws/audio", "/v1/realtime"):
        app.router.add_get(path, tell_address)
    async with TestClient(TestServer(app)) as client:
        yield client


async def test_who_comes_round_the_edge_is_refused(locked: Client, path: str) -> None:
    for headers in ({}, {"X-Origin-Secret": "guessed"}):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await locked.ws_connect(path, headers=headers)
        assert refused.value.status == 403
    answer = await locked.get(path)
    assert (await answer.json())["code"] == "origin_locked"


async def test_the_address_is_what_the_edge_says(locked: Client, path: str) -> None:
    headers = {"X-Origin-Secret": "second", "X-Client-Address": "198.51.100.9"}
    async with locked.ws_connect(path, headers=headers) as socket:
        assert await socket.receive_str() == "198.51.100.9"


async def test_without_an_edge_the_peer_is_the_client() -> None:
    app = web.Application(middlewares=[arrival(OriginLock())])
    app.router.add_get("/ws", tell_address)
    forged = {"X-Client-Address": "198.51.100.9"}
    async with TestClient(TestServer(app)) as client, client.ws_connect("/ws", headers=forged) as socket:
        assert await socket.receive_str() == "127.0.0.1"
