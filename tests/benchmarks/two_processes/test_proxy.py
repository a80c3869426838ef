"""The benchmark's proxy: one process after the other, past one that is gone."""

from urllib.parse import urlsplit

import aiohttp
from aiohttp import web
from aiohttp.test_utils import BaseTestServer, TestServer

from benchmarks.two_processes.proxy import RoundRobin
from infra.local.ports import free_port


def named(name: str) -> TestServer:
    async def answer(request: web.Request) -> web.WebSocketResponse:
        line = web.WebSocketResponse()
        await line.prepare(request)
        await line.send_str(name)
        await line.close()
        return line

    app = web.Application()
    app.router.add_get("/ws", answer)
    return TestServer(app, host="127.0.0.1")


def port_of(server: BaseTestServer) -> int:
    return urlsplit(str(server.make_url("/"))).port or 0


async def test_connections_go_round_and_past_who_is_gone() -> None:
    async with named("first") as first, named("third") as third, aiohttp.ClientSession() as http:
        ports = [port_of(first), free_port(), port_of(third)]
        async with RoundRobin(ports).serving() as proxy:
            met: list[str] = []
            for number in range(4):
                async with http.ws_connect(f"{proxy.url}/ws?token=t&session=s-{number}") as line:
                    met.append((await line.receive()).data)
            assert met == ["first", "third", "first", "third"]
            assert proxy.served_by == {"s-0": 0, "s-1": 2, "s-2": 0, "s-3": 2}


async def test_with_nobody_there_a_connection_ends() -> None:
    async with RoundRobin([free_port()]).serving() as proxy, aiohttp.ClientSession() as http:
        try:
            async with http.get(f"{proxy.url}/ws"):
                raise AssertionError("nobody could have answered")
        except aiohttp.ClientError:
            assert proxy.served_by == {}
