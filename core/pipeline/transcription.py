"""One utterance on its way through the recogniser, while it is being said."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence

from core.pipeline.notices import Heard
from core.providers.errors import provider_error
from core.providers.stt.port import SpeechToText, Transcript


class Transcription:
    """Feeds a recogniser and keeps what it understood.

    The queue between is bounded by the utterance, which has a longest length.

    Args:
        patience_s: the longest wait for the words after the utterance's end.
    """

    def __init__(self, stt: SpeechToText, *, language: str, phrases: Sequence[str], patience_s: float) -> None:
        self._stt = stt
        self._patience_s = patience_s
        self._audio: deque[bytes] = deque()
        self._more = asyncio.Event()
        self._closed_at: float | None = None
        self.task = asyncio.create_task(self._run(language, phrases))
        self.task.add_done_callback(_ended)

    def offer(self, pcm: bytes) -> None:
        """Add the next stretch of the utterance; about 200 ms at a time keeps the recogniser's task asleep between."""
        self._audio.append(pcm)
        self._more.set()

    def close(self) -> None:
        """The utterance is complete."""
        if self._closed_at is None:
            self._closed_at = asyncio.get_running_loop().time()
            self._more.set()

    def cancel(self) -> None:
        """Nobody wants to know any more."""
        self.task.cancel()

    def tell(self, understood: Callable[[str | None], None]) -> None:
        """Call `understood` with the words as soon as they are known; with None when they never will be."""

        def told(task: "asyncio.Task[Transcript]") -> None:
            failed = task.cancelled() or task.exception() is not None
            understood(None if failed else task.result().text)

        self.task.add_done_callback(told)

    async def result(self) -> Heard:
        """Return the words of the closed utterance and how long they took after its end.

        Raises: ProviderUnavailable: the recogniser failed, hung up, or took longer than the patience.
        """
        try:
            async with asyncio.timeout(self._patience_s):
                final = await self.task
        except TimeoutError as exc:
            raise provider_error(self._stt.name, "timeout") from exc
        waited = asyncio.get_running_loop().time() - (self._closed_at or 0.0)
        return Heard(final.text.strip(), final.confidence, max(0, round(waited * 1000)))

    async def _run(self, language: str, phrases: Sequence[str]) -> Transcript:
        last = Transcript("", is_final=True)
        async for transcript in self._stt.transcribe(self._utterance(), language=language, phrases=phrases):
            last = transcript
        return last

    async def _utterance(self) -> AsyncIterator[bytes]:
        while True:
            while self._audio:
                yield self._audio.popleft()
            if self._closed_at is not None:
                return
            self._more.clear()
            await self._more.wait()


def _ended(task: "asyncio.Task[Transcript]") -> None:
    """Look at a failure, so that asyncio does not report it as overlooked when nobody wants the words any more."""
    if not task.cancelled():
        task.exception()
