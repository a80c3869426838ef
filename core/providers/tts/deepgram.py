"""Deepgram Aura: one request a sentence, raw PCM16 streamed while it is made."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import httpx
from deepgram import AsyncDeepgramClient
from deepgram.core.api_error import ApiError

from core.providers.deepgram_place import deepgram_client
from core.providers.errors import vendor_errors
from core.providers.starting import KEPT_S
from core.providers.streams import closing, each_within
from core.providers.tts.chunks import check_audio, longest_bytes, whole_samples
from core.providers.tts.port import Voice

_SAMPLE_RATE: Final = 24_000


class DeepgramSpeech:
    """Streams raw PCM16. Deepgram's voice is part of its model, so a `Voice.name` replaces the model.

    Args:
        base_url: None is Deepgram.
        timeout_s: the longest wait for the first audio, and for any next piece.
    """

    name = "deepgram"
    sample_rate = _SAMPLE_RATE

    def __init__(self, *, api_key: str, model: str = "", base_url: str | None = None, timeout_s: float = 15.0) -> None:
        self.model = model or "aura-2-thalia-en"
        self._timeout_s = timeout_s
        self._http = httpx.AsyncClient(timeout=timeout_s, limits=httpx.Limits(keepalive_expiry=KEPT_S))
        self._client: AsyncDeepgramClient = deepgram_client(api_key, base_url, self._http)

    async def speak(self, text: str, *, voice: Voice) -> AsyncIterator[bytes]:
        """Yield audio as it comes."""
        if not text.strip():
            return
        with vendor_errors(self.name, ApiError, httpx.HTTPError, AttributeError, TypeError):
            request = self._client.speak.v1.audio.with_raw_response.generate(
                text=text,
                model=voice.name or self.model,
                encoding="linear16",
                container="none",
                sample_rate=float(_SAMPLE_RATE),
                speed=None if voice.speed == 1.0 else voice.speed,
                request_options={"max_retries": 0},
            )
            async with asyncio.timeout(self._timeout_s):
                response = await request.__aenter__()
            try:
                check_audio(self.name, response.headers)
                pieces, most = each_within(response.data, self._timeout_s), longest_bytes(text, voice, _SAMPLE_RATE)
                async with closing(whole_samples(self.name, pieces, most=most)) as chunks:
                    async for chunk in chunks:
                        yield chunk
            finally:
                await request.__aexit__(None, None, None)

    async def warm_up(self) -> None:
        """Have a connection ready. Raises: ProviderUnavailable: nobody answers."""
        with vendor_errors(self.name, ApiError, httpx.HTTPError, AttributeError, TypeError):
            try:
                await self._client.manage.v1.models.list(request_options={"max_retries": 0})
            except ApiError:
                return  # it is there

    async def close(self) -> None:
        """Release connections."""
        await self._http.aclose()
