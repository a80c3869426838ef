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
            item = await asyncio.wait_for(anext(source), seconds)
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
