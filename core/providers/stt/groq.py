"""Groq's Whisper: the whole utterance in one upload, answered in a fraction of its length."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final

import groq
import httpx

from core.providers.errors import vendor_errors
from core.providers.starting import KEPT_S
from core.providers.stt.port import Transcript
from core.providers.stt.upload import Answer, Upload, recognised


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
        limits = httpx.Limits(max_connections=1_000, max_keepalive_connections=100, keepalive_expiry=KEPT_S)
        self._client = groq.AsyncGroq(
            api_key=api_key,
            base_url=base_url,
            timeout=timeout_s,
            max_retries=0,
            http_client=groq.DefaultAsyncHttpxClient(limits=limits),
        )

    async def transcribe(
        self, pcm: AsyncIterator[bytes], *, language: str, phrases: Sequence[str]
    ) -> AsyncIterator[Transcript]:
        """Transcribe the utterance when it is over; the lesson's terms go into the prompt."""
        with vendor_errors(self.name, groq.GroqError, httpx.HTTPError, AttributeError, TypeError):
            found = await recognised(
                self.name, pcm, self._send, language=language, phrases=phrases, timeout_s=self._timeout_s
            )
        yield found

    def _send(self, upload: Upload) -> AbstractAsyncContextManager[Answer]:
        return self._client.audio.transcriptions.with_streaming_response.create(
            file=upload.file,
            model=self.model,
            language=upload.language,
            prompt=upload.prompt,
            response_format="json",
        )

    async def warm_up(self) -> None:
        """Have a connection ready. Raises: ProviderUnavailable: nobody answers."""
        with vendor_errors(self.name, groq.GroqError, httpx.HTTPError, AttributeError, TypeError):
            try:
                await self._client.models.list()
            except groq.APIStatusError:
                return  # it is there

    async def close(self) -> None:
        """Release connections."""
        await self._client.close()
