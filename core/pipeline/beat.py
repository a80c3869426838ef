"""One beat for all sessions: what may wait for it wakes the event loop together with others, not each by itself."""

import asyncio
import math
from typing import Final
from weakref import WeakKeyDictionary

BEAT_S: Final = 0.01
# Who makes or sends sound that is not urgent wakes at every fourth beat, when most callers' lines are looked at too:
# done for many callers one after the other, the same work costs less.
_RESTING: Final = 4

_Beats = dict[int, list[asyncio.Future[None]]]
# Who rests until which beat of an event loop.
_resting: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, _Beats]] = WeakKeyDictionary()


def beat_now() -> int:
    """Return the number of the present beat, counted on the event loop's clock."""
    return math.floor(asyncio.get_running_loop().time() / BEAT_S)


def beat_after(seconds: float) -> float:
    """Return the event loop's time at the first beat that is more than `seconds` away."""
    later = asyncio.get_running_loop().time() + seconds
    return (math.floor(later / BEAT_S) + 1) * BEAT_S


async def rest(seconds: float) -> None:
    """Wait for the first fourth beat that is more than `seconds` away; whoever waits for the same shares one timer."""
    loop = asyncio.get_running_loop()
    beats = _resting.setdefault(loop, {})
    beat = (math.floor((loop.time() + seconds) / (_RESTING * BEAT_S)) + 1) * _RESTING
    if beat not in beats:
        beats[beat] = []
        loop.call_at(beat * BEAT_S, _wake, beats, beat)
    future = loop.create_future()
    beats[beat].append(future)
    await future


def _wake(beats: _Beats, beat: int) -> None:
    for future in beats.pop(beat):
        if not future.done():
            future.set_result(None)
