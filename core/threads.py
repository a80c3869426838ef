"""Threads for short work that blocks, such as a unit of work of the database.

An executor makes two futures for each call, one with a lock, and copies the context: a quarter of what a unit costs.
"""

import asyncio
import threading
import weakref
from collections.abc import Awaitable, Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Protocol, TypeVar

Result = TypeVar("Result")

_Jobs = SimpleQueue[Callable[[], None] | None]


class Aside(Protocol):
    """Does work beside the event loop, as `asyncio.to_thread` does."""

    def __call__(self, work: Callable[[], Result], /) -> Awaitable[Result]:
        """Return what the work returns, or raise what it raises."""
        ...


class Threads:
    """Up to `most` threads, started when they are needed, for one event loop."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._jobs: _Jobs = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._under_way = 0
        weakref.finalize(self, _end, self._jobs, self._threads)

    async def run(self, work: Callable[[], Result], /) -> Result:
        """See Aside; work is done even where nobody waits for it any more."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()

        def job() -> None:
            try:
                result = work()
            except BaseException as error:  # noqa: BLE001 - it is raised to whoever waits
                _tell(loop, _fail, future, error)
            else:
                _tell(loop, _succeed, future, result)

        self._under_way += 1
        if len(self._threads) < min(self._under_way, self._most):
            self._threads.append(threading.Thread(target=_work_off, args=(self._jobs,), name="aside", daemon=True))
            self._threads[-1].start()
        self._jobs.put(job)
        try:
            return await future
        finally:
            self._under_way -= 1


def _work_off(jobs: _Jobs) -> None:
    while (job := jobs.get()) is not None:
        job()
        del job  # nothing of it is held while the next one is waited for


def _tell(loop: asyncio.AbstractEventLoop, tell: Callable[..., None], *told: object) -> None:
    with suppress(RuntimeError):  # the loop has ended, and whoever waited with it
        loop.call_soon_threadsafe(tell, *told)


def _succeed(future: asyncio.Future[Result], result: Result) -> None:
    if not future.done():
        future.set_result(result)


def _fail(future: asyncio.Future[Result], error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)


def _end(jobs: _Jobs, threads: list[threading.Thread]) -> None:
    for _ in threads:
        jobs.put(None)
