"""Asynchronous iterators with a time limit, and closed for certain."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self, TypeVar

Item = TypeVar("Item")


class Patience:
    """A limit on each of many waits, as `async with asyncio.timeout(seconds)` is on one.

    Items come far sooner than the limit, so its timer runs on from one wait to the next and is set anew only when it
    has run out; one for each item would cost more than the item. It belongs to the task that makes it.

    Raises (from its block): TimeoutError: the wait took longer.
    """

    def __init__(self, seconds: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._seconds = seconds
        self._until: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._task = asyncio.current_task()
        self._cancelling = 0
        self._expired = False

    def __enter__(self) -> Self:
        if self._task is not None:
            self._cancelling = self._task.cancelling()
        self._until = self._loop.time() + self._seconds
        if self._timer is None:
            self._timer = self._loop.call_at(self._until, self._look)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._until = None
        if not self._expired or self._task is None:
            return
        self._expired = False
        # Whoever else cancelled the task meanwhile is obeyed.
        if self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def close(self) -> None:
        """Wait for nothing any more."""
        if self._timer is not None:
            self._timer.cancel()

    def _look(self) -> None:
        self._timer = None
        if self._until is None or self._task is None:
            return
        if self._loop.time() < self._until:
            self._timer = self._loop.call_at(self._until, self._look)
        else:
            self._expired = True
            self._task.cancel()


async def each_within(source: AsyncIterator[Item], seconds: float) -> AsyncIterator[Item]:
    """Yield the items of `source`, waiting no longer than `seconds` for any one of them.

    Raises: TimeoutError: the next item took longer.
    """
    patience = Patience(seconds)
    try:
        while True:
            try:
                with patience:
                    item = await anext(source)
            except StopAsyncIteration:
                return
            yield item
    finally:
        patience.close()


@asynccontextmanager
async def closing(source: AsyncIterator[Item]) -> AsyncGenerator[AsyncIterator[Item]]:
    """Close a port's stream at the end of the block, whatever ended it: what it holds is released now, not some day."""
    try:
        yield source
    finally:
        if isinstance(source, AsyncGenerator):
            await source.aclose()
