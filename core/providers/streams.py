"""Asynchronous iterators with a time limit, and closed for certain."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

Item = TypeVar("Item")


async def each_within(source: AsyncIterator[Item], seconds: float) -> AsyncIterator[Item]:
    """Yield the items of `source`, waiting no longer than `seconds` for any one of them.

    Raises: TimeoutError: the next item took longer.
    """
    while True:
        try:
            async with asyncio.timeout(seconds):  # wait_for loses a cancellation that comes with the item, before 3.12
                item = await anext(source)
        except StopAsyncIteration:
            return
        yield item


@asynccontextmanager
async def closing(source: AsyncIterator[Item]) -> AsyncGenerator[AsyncIterator[Item]]:
    """Close a port's stream at the end of the block, whatever ended it: what it holds is released now, not some day."""
    try:
        yield source
    finally:
        if isinstance(source, AsyncGenerator):
            await source.aclose()
