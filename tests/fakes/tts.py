"""A synthesiser that a test holds by the hand."""

import asyncio
from collections.abc import AsyncIterator

from core.providers.errors import provider_error
from core.providers.fallback import StandIn
from core.providers.tts.port import Voice
from shared.errors import AppError


class FakeTextToSpeech:
    """Speaks two bytes a character: all at once, or chunk by chunk as the test lets it.

    Attributes:
        asked: the texts it was asked for; languages: in which.
        open: sentences under way; 0 once every listener has gone.
        started: set once a sentence is under way. ended: set once a sentence has ended, however it did.
        stands_in: it speaks in place of a better voice.
        failure: raised after `fails_after` chunks of the next sentences.
        refuses: sentences with this in them always fail.
        slow: others get their turn before each chunk.
    """

    name = "fake"
    model = "fake-1"
    sample_rate = 16_000

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.languages: set[str] = set()
        self.open = 0
        self.started = asyncio.Event()
        self.ended = asyncio.Event()
        self.failure: AppError | None = None
        self.fails_after = 0
        self.stands_in = False
        self.refuses = ""
        self.slow = False
        self.steps: asyncio.Semaphore | None = None
        self.closed = False

    def held(self) -> asyncio.Semaphore:
        """From now on every chunk waits for a release of what this returns."""
        self.steps = asyncio.Semaphore(0)
        return self.steps

    async def speak(self, text: str, *, voice: Voice) -> AsyncIterator[bytes]:
        self.asked.append(text)
        self.languages.add(voice.language)
        self.open += 1
        self.started.set()
        try:
            for place, letter in enumerate(text):
                if self.steps is not None:
                    await self.steps.acquire()
                if self.failure is not None and place == self.fails_after:
                    raise self.failure
                if self.refuses and self.refuses in text:
                    raise provider_error(self.name, "rejected")
                if self.slow:
                    await asyncio.sleep(0)
                chunk = letter.encode("utf-16-le")[:2] + voice.name.encode("utf-16-le")
                yield StandIn(chunk) if self.stands_in else chunk
        finally:
            self.open -= 1
            self.ended.set()

    async def close(self) -> None:
        self.closed = True
