import asyncio

import pytest

from benchmarks.virtual_time import run
from core.ws.idleness import Idleness


class Watch:
    """A learner who is watched, and when it was found gone."""

    def __init__(self) -> None:
        self.speaks = False
        self.gone = asyncio.Event()
        self.idleness = Idleness(900, occupied=lambda: self.speaks, gone=self.gone.set)

    async def found_after(self) -> float:
        await self.gone.wait()
        return asyncio.get_running_loop().time()


def test_a_learner_who_does_nothing_is_gone_after_a_while() -> None:
    async def work() -> float:
        return await Watch().found_after()

    assert run(work()) == pytest.approx(900)


def test_it_counts_from_the_last_thing_that_happened() -> None:
    async def work() -> float:
        watch = Watch()
        for _ in range(3):
            await asyncio.sleep(600)
            watch.idleness.ends()
        return await watch.found_after()

    assert run(work()) == pytest.approx(2_700)


def test_nobody_is_gone_while_somebody_speaks() -> None:
    async def work() -> float:
        watch = Watch()
        watch.speaks = True
        await asyncio.sleep(2_000)
        assert not watch.gone.is_set()
        watch.speaks = False
        return await watch.found_after()

    assert run(work()) == pytest.approx(2_700)


def test_a_connection_that_has_ended_is_not_watched() -> None:
    async def work() -> bool:
        watch = Watch()
        watch.idleness.close()
        await asyncio.sleep(2_000)
        return watch.gone.is_set()

    assert not run(work())
