"""What replies leave behind."""

import asyncio
import gc
from collections.abc import Awaitable, Callable, Generator

import pytest

from core.pipeline.notices import TurnEnded
from tests.core.pipeline.conftest import Room


@pytest.fixture
def uncollected() -> Generator[list[object]]:
    """Everything that only the collector of garbage would have freed since the test's start, found at `collect`."""
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    gc.garbage.clear()
    yield gc.garbage
    gc.set_debug(0)
    gc.garbage.clear()
    gc.enable()


async def whole(room: Room) -> None:
    room.say()
    await room.client.until(TurnEnded)


async def interrupted(room: Room) -> None:
    room.say()
    await room.client.until(bytes)
    room.session.cancel()
    await room.client.until(TurnEnded)


async def with_pauses(room: Room) -> None:
    for _ in range(2):
        room.speak()
        room.pause(4)
        await asyncio.sleep(0.01)
    await whole(room)


@pytest.mark.parametrize("turn", [whole, interrupted, with_pauses])
async def test_a_turns_memory_is_free_when_it_is_over(
    room: Room, uncollected: list[object], turn: Callable[[Room], Awaitable[None]]
) -> None:
    await room.enter()
    await turn(room)
    room.client.received.clear()
    await turn(room)
    await asyncio.sleep(1)
    gc.collect()
    assert [type(each).__name__ for each in uncollected if type(each).__module__.startswith("core.")] == []
