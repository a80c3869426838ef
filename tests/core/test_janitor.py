"""The janitor works while the voice service runs."""

import asyncio

from aiohttp import web
from aiohttp.test_utils import TestServer

from core.janitor import rounds
from shared.errors import Unavailable


async def test_a_task_that_fails_keeps_no_other_from_being_done_again_and_again() -> None:
    loop = asyncio.get_running_loop()
    rang: asyncio.Queue[None] = asyncio.Queue()

    def fail() -> None:
        raise Unavailable("the store is away")

    app = web.Application()
    app.cleanup_ctx.append(rounds([fail, lambda: loop.call_soon_threadsafe(rang.put_nowait, None)], every_s=0.01))
    async with TestServer(app), asyncio.timeout(10):
        for _ in range(3):
            await rang.get()
