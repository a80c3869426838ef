"""Speech synthesis on this machine: espeak-ng. No key, no network; robotic, but a sentence takes about 10 ms."""

import asyncio
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from core.providers import espeak
from core.providers.tts.port import Voice

# espeak-ng's own pace is 175; a tutor speaks a little slower.
_WORDS_PER_MINUTE: Final = 160
_SLOWEST, _FASTEST = 80, 450


class EspeakNg:
    """Offline voice. Sentences are spoken one after another: the library has one state for the whole process."""

    name = "espeak-ng"
    model = "espeak-ng-1.52"

    def __init__(self, *, default_voice: str = "en-us") -> None:
        self._default_voice = default_voice
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="espeak-ng")

    @property
    def sample_rate(self) -> int:
        """Samples a second."""
        return espeak.sample_rate()

    async def speak(self, text: str, *, voice: Voice) -> AsyncIterator[bytes]:
        """Yield audio while it is made; a listener who leaves stops the synthesis at its next chunk."""
        if not text.strip():
            return
        loop = asyncio.get_running_loop()
        chunks: asyncio.Queue[bytes | None] = asyncio.Queue()
        left = threading.Event()

        def deliver(chunk: bytes) -> bool:
            loop.call_soon_threadsafe(chunks.put_nowait, chunk)
            return not left.is_set()

        def work() -> None:
            try:
                if not left.is_set():
                    name = voice.name or self._default_voice
                    pace = min(max(round(_WORDS_PER_MINUTE * voice.speed), _SLOWEST), _FASTEST)
                    espeak.synthesise(text, voice=name, words_per_minute=pace, on_chunk=deliver)
            finally:
                loop.call_soon_threadsafe(chunks.put_nowait, None)

        done = loop.run_in_executor(self._thread, work)
        try:
            while (chunk := await chunks.get()) is not None:
                yield chunk
            await done
        finally:
            left.set()
            await asyncio.wait([done])  # so that nothing of this sentence runs on after its listener has gone
            done.exception()

    async def close(self) -> None:
        """Wait for the sentence being spoken, if any."""
        await asyncio.to_thread(self._thread.shutdown)
