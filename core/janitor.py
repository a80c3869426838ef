"""The janitor's rounds: removed things leave the object store too, use is metered, and what has lapsed goes."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Final

import msgspec
from aiohttp import web

from shared.errors import AppError
from shared.logging import get_logger

# The first round of what is seldom done comes after this, so that a start is not busy with it.
_FIRST_S: Final = 20.0

_log: Final = get_logger("janitor")


class Task(msgspec.Struct, frozen=True):
    """One of the janitor's tasks.

    Attributes:
        name: as the log has it. every_s: seconds between two rounds.
        work: blocks, in a thread; raises AppError where it has to wait for another round.
    """

    name: str
    every_s: float
    work: Callable[[], object]


def rounds(tasks: Sequence[Task]) -> Callable[[web.Application], AsyncGenerator[None]]:
    """Return who does the tasks again and again for as long as an application runs (for its `cleanup_ctx`)."""

    async def beside(_app: web.Application) -> AsyncGenerator[None]:
        running = [asyncio.create_task(_go(task)) for task in tasks]
        yield
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    return beside


async def _go(task: Task) -> None:
    await asyncio.sleep(min(task.every_s, _FIRST_S))
    while True:
        try:
            await asyncio.to_thread(task.work)
        except AppError as error:
            # The database or the store is away; what is due stays due.
            _log.warning("janitor_waits", task=task.name, code=error.error_code)
        except Exception as error:  # noqa: BLE001  this task's edge: one failure must not end the rounds to come
            _log.error("janitor_failed", task=task.name, exc_info=error)
        await asyncio.sleep(task.every_s)
