"""The janitor's rounds: what was removed leaves the object store too, and what has lapsed leaves the database."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import suppress
from typing import Final

from aiohttp import web

from shared.errors import AppError
from shared.logging import get_logger

ROUND_S: Final = 5.0

_log: Final = get_logger("janitor")

# One of the janitor's tasks, made in a thread; raises AppError when it has to wait for another round.
Task = Callable[[], object]


def rounds(tasks: Sequence[Task], *, every_s: float = ROUND_S) -> Callable[[web.Application], AsyncGenerator[None]]:
    """Return who does the tasks again and again for as long as an application runs (for its `cleanup_ctx`)."""

    async def go() -> None:
        while True:
            await asyncio.sleep(every_s)
            for task in tasks:
                try:
                    await asyncio.to_thread(task)
                except AppError as error:
                    # The database or the store is away; what is due stays due.
                    _log.warning("janitor_waits", code=error.error_code)

    async def beside(_app: web.Application) -> AsyncGenerator[None]:
        task = asyncio.create_task(go())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    return beside
