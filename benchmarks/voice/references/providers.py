"""Stand-ins for vendors, the same for every server: what they wait and what they say.

Only the standard library: the reference servers import this from environments of their own. Our core's mock providers
wait and say the same; a test compares the two.
"""

import asyncio
import math
from array import array
from collections.abc import AsyncIterator
from typing import Final

TRANSCRIPT: Final = "I would like to understand how plants make their food"
# The first sentence is eight tokens long; the whole answer is about 14 s of speech.
_FIRST_SENTENCE: Final = ("Yes", ",", " that", " is", " a", " good", " question", ".")
_SENTENCES: Final = (
    "Let us begin with a leaf that lies in the warm light of the sun. It drinks water from the roots and "
    "takes air through small openings. Then it makes sugar out of both and gives back what we breathe."
)
ANSWER: Final = (*_FIRST_SENTENCE, *(f" {word}" for word in _SENTENCES.split()))
# Silence that ends a turn, where a server is told one.
END_OF_TURN_S: Final = 0.5
TRANSCRIPT_AFTER_S: Final = 0.150
FIRST_TOKEN_AFTER_S: Final = 0.200
TOKENS_PER_SECOND: Final = 50
FIRST_SOUND_AFTER_S: Final = 0.100
TIMES_REAL_TIME: Final = 8
SPEECH_RATE: Final = 24_000
SECONDS_PER_CHARACTER: Final = 0.065
CHUNK_S: Final = 0.04
_CHUNK_BYTES: Final = round(SPEECH_RATE * CHUNK_S) * 2
# A low tone, never silent; a whole number of its periods makes one chunk.
_TONE: Final = array(
    "h", (round(3000 * math.sin(2 * math.pi * 200 * i / SPEECH_RATE)) for i in range(_CHUNK_BYTES // 2))
).tobytes()


async def transcribe() -> str:
    """Return the words of an utterance handed over now."""
    await asyncio.sleep(TRANSCRIPT_AFTER_S)
    return TRANSCRIPT


async def answer() -> AsyncIterator[str]:
    """Yield the answer's tokens."""
    first = asyncio.get_running_loop().time() + FIRST_TOKEN_AFTER_S
    for number, token in enumerate(ANSWER):
        await _until(first + number / TOKENS_PER_SECOND)
        yield token


async def speak(text: str) -> AsyncIterator[bytes]:
    """Yield PCM16 mono at SPEECH_RATE."""
    first = asyncio.get_running_loop().time() + FIRST_SOUND_AFTER_S
    for number in range(max(1, round(len(text.strip()) * SECONDS_PER_CHARACTER / CHUNK_S))):
        await _until(first + number * CHUNK_S / TIMES_REAL_TIME)
        yield _TONE


async def _until(moment: float) -> None:
    wait = moment - asyncio.get_running_loop().time()
    if wait > 0:
        await asyncio.sleep(wait)
