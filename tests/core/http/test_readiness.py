"""Readiness with a database that answers, one that is gone and one that says nothing."""

import asyncio
import socket
import threading

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from core.http.readiness import Readiness
from shared.db import Database


def client(url: str, *, draining: threading.Event | None = None) -> TestClient[web.Request, web.Application]:
    app = web.Application()
    Readiness(Database(url), (draining or threading.Event()).is_set).mount(app)
    return TestClient(TestServer(app))


async def told(asked: TestClient[web.Request, web.Application]) -> tuple[int, str]:
    answer = await asked.get("/ready")
    return answer.status, (await answer.json())["status"]


async def test_a_process_is_ready_until_it_drains(database_url: str) -> None:
    draining = threading.Event()
    async with client(database_url, draining=draining) as asked:
        assert await told(asked) == (200, "ready")
        assert await told(asked) == (200, "ready")
        draining.set()
        assert await told(asked) == (503, "draining")


async def test_without_its_database_a_process_is_not_ready() -> None:
    async with client("postgresql://u:p@127.0.0.1:9/x") as asked:
        assert await told(asked) == (503, "database unavailable")


async def test_a_database_that_says_nothing_holds_one_thread_however_often_it_is_asked() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://u:p@127.0.0.1:{silent.getsockname()[1]}/x?sslmode=disable"
        async with client(url) as asked:
            answers = await asyncio.gather(*(told(asked) for _ in range(5)))
            assert answers == [(503, "database unavailable")] * 5
            silent.settimeout(1)
            line, _ = silent.accept()
            silent.setblocking(False)
            try:
                second, _ = silent.accept()
            except BlockingIOError:
                second = None
            line.close()
            assert second is None
