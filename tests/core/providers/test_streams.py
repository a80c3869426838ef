"""Streams are limited, closed, and never lose a cancellation."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from core.providers.streams import closing, each_within


async def numbers(closed: list[str]) -> AsyncIterator[int]:
    try:
        yield 1
        yield 2
    finally:
        closed.append("closed")


async def test_every_item_within_its_limit() -> None:
    assert [number async for number in each_within(numbers([]), 5)] == [1, 2]


async def test_an_item_that_takes_too_long() -> None:
    async def stuck() -> AsyncIterator[int]:
        yield 1
        await asyncio.Event().wait()

    found: list[int] = []
    with pytest.raises(TimeoutError):
        async for number in each_within(stuck(), 0.01):
            found += [number]
    assert found == [1]


async def test_what_the_listener_does_between_items_does_not_count() -> None:
    async def stuck() -> AsyncIterator[int]:
        yield 1
        yield 2
        await asyncio.Event().wait()

    found: list[int] = []
    with pytest.raises(TimeoutError):
        async for number in each_within(stuck(), 0.01):
            found += [number]
            await asyncio.sleep(0.03)
    assert found == [1, 2]


async def test_a_stream_left_early_is_closed() -> None:
    closed: list[str] = []
    async with closing(numbers(closed)) as stream:
        assert await anext(stream) == 1
        assert closed == []
    assert closed == ["closed"]


async def test_a_cancellation_that_comes_with_an_item_is_not_lost() -> None:
    item = asyncio.Event()

    async def ready() -> AsyncIterator[int]:
        while True:
            await item.wait()
            yield 1

    async def consume() -> None:
        async for _ in each_within(ready(), 5):
            item.clear()

    task = asyncio.create_task(consume())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    item.set()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
