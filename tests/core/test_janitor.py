"""The janitor works while the voice service runs."""

import asyncio

from aiohttp import web
from aiohttp.test_utils import TestServer

from core.janitor import Task, rounds
from shared.errors import Unavailable


async def test_a_task_that_fails_is_done_again_and_keeps_no_other_from_its_rounds() -> None:
    loop = asyncio.get_running_loop()
    rang: dict[str, asyncio.Queue[None]] = {name: asyncio.Queue() for name in ("away", "broken", "fine")}

    def task(name: str, error: Exception | None) -> Task:
        def work() -> None:
            loop.call_soon_threadsafe(rang[name].put_nowait, None)
            if error is not None:
                raise error

        return Task(name, 0.01, work)

    app = web.Application()
    tasks = [task("away", Unavailable("the store is away")), task("broken", ValueError("ours")), task("fine", None)]
    app.cleanup_ctx.append(rounds(tasks))
    async with TestServer(app), asyncio.timeout(10):
        for queue in rang.values():
            for _ in range(3):
                await queue.get()
