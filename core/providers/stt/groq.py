"""Groq's Whisper: the whole utterance in one upload, answered in a fraction of its length."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Final

import groq

from core.providers.errors import vendor_errors
from core.providers.stt.keyterms import keyterms
from core.providers.stt.port import SAMPLE_RATE, Transcript
from core.speech.formats import to_wav

# Whisper reads about 224 tokens of prompt.
_PROMPT_CHARACTERS = 600
# Groq bills ten seconds at least; a click of a tenth of a second is not worth them.
_SHORTEST_BYTES = SAMPLE_RATE // 10 * 2


class GroqWhisper:
    """One upload for each utterance, when it is over.

    Args:
        base_url: None is Groq.
        timeout_s: the longest wait for the whole answer.
    """

    name = "groq"
    uploads: Final = True

    def __init__(self, *, api_key: str, model: str = "", base_url: str | None = None, timeout_s: float = 15.0) -> None:
        self.model = model or "whisper-large-v3-turbo"
        self._timeout_s = timeout_s
        self._client = groq.AsyncGroq(api_key=api_key, base_url=base_url, timeout=timeout_s, max_retries=0)

    async def transcribe(
        self, pcm: AsyncIterator[bytes], *, language: str, phrases: Sequence[str]
    ) -> AsyncIterator[Transcript]:
        """Transcribe the utterance when it is over; the lesson's terms go into the prompt."""
        heard = b"".join([chunk async for chunk in pcm])
        if len(heard) < _SHORTEST_BYTES:
            yield Transcript("", is_final=True)
            return
        with vendor_errors(self.name, groq.GroqError, AttributeError, TypeError):
            async with asyncio.timeout(self._timeout_s):
                answer = await self._client.audio.transcriptions.create(
                    file=("utterance.wav", to_wav(heard, SAMPLE_RATE), "audio/wav"),
                    model=self.model,
                    language=language.split("-", maxsplit=1)[0],
                    prompt=", ".join(keyterms(phrases, most=60, characters=_PROMPT_CHARACTERS)),
                    response_format="json",
                )
                text = answer.text.strip()
        yield Transcript(text, is_final=True)

    async def close(self) -> None:
        """Release connections."""
        await self._client.close()
