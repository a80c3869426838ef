import asyncio

import pytest

from core.pipeline.beat import BEAT_S, beat_after, rest


async def test_the_next_beat_is_the_same_for_all_and_never_now() -> None:
    now = asyncio.get_running_loop().time()
    for seconds in (0.0, 0.003, 0.1, 7.0):
        beat = beat_after(seconds)
        assert beat > now + seconds
        assert abs(beat / BEAT_S - round(beat / BEAT_S)) < 1e-6
        assert beat - (asyncio.get_running_loop().time() + seconds) <= BEAT_S * 1.01


async def test_who_rests_wakes_at_every_fourth_beat_with_others_whoever_gave_up_meanwhile() -> None:
    loop = asyncio.get_running_loop()

    async def woken(seconds: float) -> float:
        await rest(seconds)
        return loop.time()

    resting = [asyncio.create_task(woken(seconds)) for seconds in (0.081, 0.1, 0.119, 0.121)]
    await asyncio.sleep(0.05)
    resting[1].cancel()
    woken_at = await asyncio.gather(resting[0], resting[2], resting[3])
    assert woken_at == pytest.approx([12 * BEAT_S, 12 * BEAT_S, 16 * BEAT_S])
    assert resting[1].cancelled()
