import asyncio

from core.pipeline.beat import BEAT_S, beat_after


async def test_the_next_beat_is_the_same_for_all_and_never_now() -> None:
    now = asyncio.get_running_loop().time()
    for seconds in (0.0, 0.003, 0.1, 7.0):
        beat = beat_after(seconds)
        assert beat > now + seconds
        assert abs(beat / BEAT_S - round(beat / BEAT_S)) < 1e-6
        assert beat - (asyncio.get_running_loop().time() + seconds) <= BEAT_S * 1.01
