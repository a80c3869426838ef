"""Recognition over OpenAI's `/audio/transcriptions`: OpenAI itself, speaches, LocalAI and every server that has it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final

import httpx2
import openai

from core.providers.errors import vendor_errors
from core.providers.openai_place import connect, openai_client
from core.providers.stt.port import Transcript
from core.providers.stt.upload import Answer, Upload, recognised


class OpenAITranscription:
    """One upload for each utterance, when it is over.

    Args:
        name: the vendor, as metrics name it.
        api_key: empty for servers that want none.
        base_url: ends in /v1; None is OpenAI.
        timeout_s: the longest wait for the whole answer.
    """

    uploads: Final = True

    def __init__(
        self,
        *,
        name: str = "openai",
        api_key: str,
        model: str = "",
        base_url: str | None = None,
        timeout_s: float = 15.0,
    ) -> None:
        self.name = name
        self.model = model or "gpt-4o-mini-transcribe"
        self._timeout_s = timeout_s
        self._client = openai_client(api_key, base_url, timeout_s)

    async def transcribe(
        self, pcm: AsyncIterator[bytes], *, language: str, phrases: Sequence[str]
    ) -> AsyncIterator[Transcript]:
        """Transcribe the utterance when it is over; the lesson's terms go into the prompt."""
        with vendor_errors(self.name, openai.OpenAIError, httpx2.HTTPError, AttributeError, TypeError):
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
        await connect(self._client, self.name)

    async def close(self) -> None:
        """Release connections."""
        await self._client.close()
