"""Vendors that understand and say always the same, after fixed delays: the set benchmarks run with.

The delays are those of fast real vendors, and the same for every server that is compared with ours.
"""

import asyncio
import functools
import math
from array import array
from collections.abc import AsyncIterator, Sequence
from typing import Final

from core.providers.llm.port import ModelUsage, Prompt, Token
from core.providers.stt.port import Transcript
from core.providers.tts.port import Voice

_STT_S: Final = 0.150
_FIRST_TOKEN_S: Final = 0.200
_TOKENS_PER_S: Final = 50
_FIRST_SOUND_S: Final = 0.100
_TIMES_REAL_TIME: Final = 8
_RATE: Final = 24_000
_CHUNK_S: Final = 0.04
_SECONDS_PER_CHARACTER: Final = 0.065

_WORDS: Final = "I would like to understand how plants make their food"
_REPLY: Final = (
    "Yes, that is a good question. Let us begin with a leaf that lies in the warm light of the sun. It drinks water "
    "from the roots and takes air through small openings. Then it makes sugar out of both and gives back what we "
    "breathe."
)


class MockSpeechToText:
    """Understands the same sentence 150 ms after every utterance."""

    name = "mock"
    model = "mock"

    async def transcribe(
        self, pcm: AsyncIterator[bytes], *, language: str, phrases: Sequence[str]
    ) -> AsyncIterator[Transcript]:
        """Transcribe; see SpeechToText."""
        del language, phrases
        async for _ in pcm:
            pass
        await asyncio.sleep(_STT_S)
        yield Transcript(_WORDS, is_final=True)

    async def close(self) -> None:
        """Nothing to release."""


class MockLanguageModel:
    """Answers the same: the first token after 200 ms, then 50 tokens a second."""

    name = "mock"
    model = "mock"

    async def reply(self, prompt: Prompt) -> AsyncIterator[Token | ModelUsage]:
        """Answer; see LanguageModel."""
        loop = asyncio.get_running_loop()
        begin = loop.time() + _FIRST_TOKEN_S
        tokens = _tokens()
        for i, token in enumerate(tokens):
            if (early := begin + i / _TOKENS_PER_S - loop.time()) > 0:
                await asyncio.sleep(early)
            yield Token(token)
        yield ModelUsage(sum(len(message.content) for message in prompt.messages) // 4, len(tokens))

    async def close(self) -> None:
        """Nothing to release."""


class MockTextToSpeech:
    """Hums: the first sound after 100 ms, then eight times faster than real time, in chunks of 40 ms."""

    name = "mock"
    model = "mock"
    sample_rate = _RATE

    async def speak(self, text: str, *, voice: Voice) -> AsyncIterator[bytes]:
        """Speak; see TextToSpeech."""
        del voice
        loop = asyncio.get_running_loop()
        begin = loop.time() + _FIRST_SOUND_S
        chunk = _hum()
        for i in range(max(1, round(len(text) * _SECONDS_PER_CHARACTER / _CHUNK_S))):
            if (early := begin + i * _CHUNK_S / _TIMES_REAL_TIME - loop.time()) > 0:
                await asyncio.sleep(early)
            yield chunk

    async def close(self) -> None:
        """Nothing to release."""


def _tokens() -> list[str]:
    """Cut the reply as a model would: words with the space before them, the first comma and full stop by themselves."""
    head, rest = _REPLY.split(". ", 1)
    first = head.replace(",", " ,").split(" ")
    return [first[0], ",", *(f" {word}" for word in first[2:]), ".", *(f" {word}" for word in rest.split(" "))]


@functools.cache
def _hum() -> bytes:
    """Return 40 ms of 225 Hz, nine whole periods, so that chunks join without a click."""
    samples = round(_RATE * _CHUNK_S)
    return array("h", (int(3000 * math.sin(2 * math.pi * 225 * i / _RATE)) for i in range(samples))).tobytes()
