"""Vendors that do as a test says: words, tokens and sound in its order, at its moment, failing where it wants."""

import asyncio
from collections.abc import AsyncIterator, Sequence

from core.providers.errors import provider_error
from core.providers.llm.port import ModelUsage, Prompt, Token
from core.providers.stt.port import Transcript
from core.providers.tts.port import Voice
from shared.errors import AppError

HANG_UP = provider_error("fake", "disconnected")


class FakeRecogniser:
    """Understands `words` once `may_answer` is set; `utterances` holds what it heard."""

    name = "fake-stt"
    model = "fake"

    def __init__(self, *words: str) -> None:
        self.words = list(words)
        self.utterances: list[bytes] = []
        self.cancelled = 0
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.failure: AppError | None = None

    async def transcribe(
        self, pcm: AsyncIterator[bytes], *, language: str, phrases: Sequence[str]
    ) -> AsyncIterator[Transcript]:
        del language, phrases
        heard = b""
        try:
            async for chunk in pcm:
                heard += chunk
            self.utterances.append(heard)
            await self.may_answer.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.failure:
            raise self.failure
        yield Transcript(self.words.pop(0) if len(self.words) > 1 else self.words[0], is_final=True, confidence=0.9)

    async def close(self) -> None:
        pass


class FakeModel:
    """Answers with `tokens`, pausing before the one at `pause_at` until `may_go_on` is set, then failing if told to."""

    name = "fake-llm"
    model = "fake"

    def __init__(self, *tokens: str) -> None:
        self.tokens = tokens
        self.prompts: list[Prompt] = []
        self.closed = 0
        self.pause_at: int | None = None
        self.may_go_on = asyncio.Event()
        self.failure: AppError | None = None

    async def reply(self, prompt: Prompt) -> AsyncIterator[Token | ModelUsage]:
        self.prompts.append(prompt)
        try:
            for i, token in enumerate(self.tokens):
                if i == self.pause_at:
                    await self.may_go_on.wait()
                yield Token(token)
            if self.failure:
                raise self.failure
            yield ModelUsage(1, len(self.tokens))
        finally:
            self.closed += 1

    async def close(self) -> None:
        pass


class FakeVoice:
    """Speaks `seconds` of sound for each piece; `pieces` holds the texts, `spoke` is set after each.

    Fails after the first chunk if told to.
    """

    name = "fake-tts"
    model = "fake"
    sample_rate = 16_000

    def __init__(self, *, seconds: float = 0.02) -> None:
        self.seconds = seconds
        self.pieces: list[str] = []
        self.closed = 0
        self.spoke = asyncio.Event()
        self.failure: AppError | None = None
        self.hangs = False

    async def speak(self, text: str, *, voice: Voice) -> AsyncIterator[bytes]:
        del voice
        self.pieces.append(text)
        chunk = b"\x01\x00" * 320
        try:
            for _ in range(max(1, round(self.seconds / 0.02))):
                yield chunk
                if self.failure:
                    raise self.failure
                if self.hangs:
                    await asyncio.Event().wait()
        finally:
            self.closed += 1
            self.spoke.set()

    async def close(self) -> None:
        pass
