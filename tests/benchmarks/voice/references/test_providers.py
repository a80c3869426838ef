"""The reference servers' vendors say and wait the same as our core's mock vendors, else no comparison is fair."""

import asyncio
import selectors
from collections.abc import AsyncIterator, Callable

import pytest

from benchmarks.voice.references import providers
from core.providers import mock
from core.providers.llm.port import Prompt, Token
from core.providers.tts.port import Voice

SENTENCE = "Yes, that is a good question."
Items = AsyncIterator[str | bytes]


class Hurry(selectors.DefaultSelector):
    """Waits for nothing: the time asked for has passed at once."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.now += timeout or 0.0
        return super().select(0)


class HurriedLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._hurry = Hurry()
        super().__init__(self._hurry)

    def time(self) -> float:
        return self._hurry.now


async def timeline(items: Items) -> list[tuple[float, str | bytes]]:
    clock = asyncio.get_running_loop().time
    return [(round(clock(), 3), item) async for item in items]


async def our_transcript() -> Items:
    async def utterance() -> AsyncIterator[bytes]:
        yield bytes(640)

    async for transcript in mock.MockSpeechToText().transcribe(utterance(), language="en-US", phrases=()):
        yield transcript.text


async def their_transcript() -> Items:
    yield await providers.transcribe()


async def our_answer() -> Items:
    async for item in mock.MockLanguageModel().reply(Prompt(())):
        if isinstance(item, Token):
            yield item.text


async def our_speech() -> Items:
    async for pcm in mock.MockTextToSpeech().speak(SENTENCE, voice=Voice()):
        yield bytes(len(pcm))


async def their_speech() -> Items:
    async for pcm in providers.speak(SENTENCE):
        yield bytes(len(pcm))


@pytest.mark.parametrize(
    ("ours", "theirs", "first_at"),
    [
        (our_transcript, their_transcript, 0.15),
        (our_answer, providers.answer, 0.2),
        (our_speech, their_speech, 0.1),
    ],
)
def test_both_give_the_same_at_the_same_time(
    ours: Callable[[], Items], theirs: Callable[[], Items], first_at: float
) -> None:
    with asyncio.Runner(loop_factory=HurriedLoop) as our_runner, asyncio.Runner(loop_factory=HurriedLoop) as runner:
        expected = runner.run(timeline(theirs()))
        assert our_runner.run(timeline(ours())) == expected
    assert expected[0][0] == first_at
