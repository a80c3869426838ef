"""One beat for all sessions: what may wait for it wakes the event loop together with others, not each by itself."""

import asyncio
import math
from typing import Final

BEAT_S: Final = 0.01


def beat_now() -> int:
    """Return the number of the present beat, counted on the event loop's clock."""
    return math.floor(asyncio.get_running_loop().time() / BEAT_S)


def beat_after(seconds: float) -> float:
    """Return the event loop's time at the first beat that is more than `seconds` away."""
    later = asyncio.get_running_loop().time() + seconds
    return (math.floor(later / BEAT_S) + 1) * BEAT_S
