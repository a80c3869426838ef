"""Synthesis over OpenAI's `/audio/speech`: OpenAI itself, speaches, Kokoro, VibeVoice and every server that has it."""

import asyncio
from collections.abc import AsyncIterator

import httpx2
import openai

from core.providers.errors import vendor_errors
from core.providers.openai_place import connect, openai_client
from core.providers.streams import closing, each_within
from core.providers.tts.chunks import check_audio, longest_bytes, whole_samples
from core.providers.tts.port import Voice


class OpenAISpeech:
    """Streams raw PCM16 while it is made.

    Args:
        name: the vendor, as metrics name it.
        api_key: empty for servers that want none.
        base_url: ends in /v1; None is OpenAI.
        sample_rate: what the server's `pcm` has: 24 000 at OpenAI and most others.
        timeout_s: the longest wait for the first audio, and for any next piece.
    """

    def __init__(
        self,
        *,
        name: str = "openai",
        api_key: str,
        model: str = "",
        base_url: str | None = None,
        default_voice: str = "",
        sample_rate: int = 24_000,
        timeout_s: float = 15.0,
    ) -> None:
        self.name = name
        self.model = model or "gpt-4o-mini-tts"
        self.sample_rate = sample_rate
        self._default_voice = default_voice or "alloy"
        self._timeout_s = timeout_s
        self._client = openai_client(api_key, base_url, timeout_s)

    async def speak(self, text: str, *, voice: Voice) -> AsyncIterator[bytes]:
        """Yield audio as it comes."""
        if not text.strip():
            return
        with vendor_errors(self.name, openai.OpenAIError, httpx2.HTTPError, AttributeError, TypeError):
            request = self._client.audio.speech.with_streaming_response.create(
                model=self.model,
                voice=voice.name or self._default_voice,
                input=text,
                response_format="pcm",
                speed=voice.speed,
            )
            async with asyncio.timeout(self._timeout_s):
                response = await request.__aenter__()
            try:
                check_audio(self.name, response.headers)
                pieces = each_within(response.iter_bytes(), self._timeout_s)
                most = longest_bytes(text, voice, self.sample_rate)
                async with closing(whole_samples(self.name, pieces, most=most)) as chunks:
                    async for chunk in chunks:
                        yield chunk
            finally:
                await request.__aexit__(None, None, None)

    async def warm_up(self) -> None:
        """Have a connection ready. Raises: ProviderUnavailable: nobody answers."""
        await connect(self._client, self.name)

    async def close(self) -> None:
        """Release connections."""
        await self._client.close()
