"""A fallback asks the next vendor as long as nobody has heard the one that failed."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import numpy as np
import pytest

from core.metering.vendors import hired
from core.providers import Providers
from core.providers.breaker import FAILURES, FIRST_REST_S, Breaker, State
from core.providers.fallback import FallbackLanguageModel, FallbackSpeechToText, FallbackTextToSpeech, breakers
from core.providers.llm.port import Message, ModelUsage, Prompt, Token
from core.providers.stt.port import Transcript
from core.providers.tts.port import Voice
from core.speech.cache import SpeechCache
from shared.errors import InvalidInput, ProviderUnavailable
from tests.core.providers.conformance import FreePayer, gathered, utterance
from tests.fakes.tts import FakeTextToSpeech

TENANT = "0190aaaa-0000-7000-8000-00000000000a"
PROMPT = Prompt((Message("user", "Hello"),))
FAILURE = ProviderUnavailable("fake failed")


class FakeRecogniser:
    """Says how many bytes it heard, or fails after the first chunk."""

    def __init__(self, name: str, *, fails: bool = False) -> None:
        self.name, self.model = name, "fake"
        self.fails = fails
        self.closed = False

    async def transcribe(
        self, pcm: AsyncIterator[bytes], *, language: str, phrases: Sequence[str]
    ) -> AsyncIterator[Transcript]:
        heard = 0
        async for chunk in pcm:
            heard += len(chunk)
            yield Transcript(f"{self.name} {heard}", is_final=False)
            if self.fails:
                raise FAILURE
        yield Transcript(f"{self.name} {heard} {language} {len(phrases)}", is_final=True)

    async def close(self) -> None:
        self.closed = True


class FakeModel:
    """Answers in two tokens, or fails after some."""

    def __init__(self, name: str, *, fails_after: int | None = None) -> None:
        self.name = self.model = name
        self.fails_after = fails_after
        self.asked = 0

    async def reply(self, prompt: Prompt) -> AsyncIterator[Token | ModelUsage]:
        self.asked += 1
        for place in range(2):
            if place == self.fails_after:
                raise FAILURE
            yield Token(f"{self.name}{place} ")
        yield ModelUsage(len(prompt.messages), 2)

    async def close(self) -> None:
        return


async def test_the_next_recogniser_hears_the_whole_utterance() -> None:
    vendors = [FakeRecogniser("a", fails=True), FakeRecogniser("b")]
    stt = FallbackSpeechToText(vendors)
    found = await gathered(stt.transcribe(utterance(), language="en-US", phrases=("x",)))
    assert found[-1] == Transcript("b 32000 en-US 1", is_final=True)
    assert sum(transcript.is_final for transcript in found) == 1
    await stt.close()
    assert all(vendor.closed for vendor in vendors)


async def test_a_recogniser_failing_while_the_learner_speaks_does_not_end_the_learners_stream() -> None:
    go_on = asyncio.Event()

    async def speaking() -> AsyncIterator[bytes]:
        yield b"\0\0" * 10
        await go_on.wait()
        yield b"\0\0" * 10

    stream = FallbackSpeechToText([FakeRecogniser("a", fails=True), FakeRecogniser("b")]).transcribe(
        speaking(), language="en", phrases=()
    )
    assert (await anext(stream)).text == "a 20"
    assert (await anext(stream)).text == "b 20"
    go_on.set()
    assert [transcript.text for transcript in await gathered(stream)] == ["b 40", "b 40 en 0"]


async def test_when_all_fail_the_last_failure_is_told() -> None:
    stt = FallbackSpeechToText([FakeRecogniser("a", fails=True), FakeRecogniser("b", fails=True)])
    with pytest.raises(ProviderUnavailable):
        await gathered(stt.transcribe(utterance(), language="en", phrases=()))
    llm = FallbackLanguageModel([FakeModel("a", fails_after=0), FakeModel("b", fails_after=0)])
    with pytest.raises(ProviderUnavailable):
        await gathered(llm.reply(PROMPT))


async def test_a_model_that_fails_before_its_first_token_is_replaced() -> None:
    llm = FallbackLanguageModel([FakeModel("a", fails_after=0), FakeModel("b")])
    assert await gathered(llm.reply(PROMPT)) == [Token("b0 "), Token("b1 "), ModelUsage(1, 2)]
    assert (llm.name, llm.model) == ("a", "a")
    await llm.close()


async def test_a_model_that_fails_later_is_not_talked_over() -> None:
    found: list[Token | ModelUsage] = []
    with pytest.raises(ProviderUnavailable):
        async for item in FallbackLanguageModel([FakeModel("a", fails_after=1), FakeModel("b")]).reply(PROMPT):
            found += [item]
    assert found == [Token("a0 ")]


async def test_the_first_that_works_is_the_only_one_asked() -> None:
    first, second = FakeTextToSpeech(), FakeTextToSpeech()
    tts = FallbackTextToSpeech([first, second])
    await gathered(tts.speak("Hello", voice=Voice()))
    assert (first.asked, second.asked) == (["Hello"], [])
    await tts.close()
    assert first.closed
    assert second.closed


async def test_a_stand_in_speaks_at_the_first_ones_rate_in_its_own_voice() -> None:
    first, second = FakeTextToSpeech(), FakeTextToSpeech()
    first.failure = FAILURE
    second.sample_rate = 8_000
    tts = FallbackTextToSpeech([first, second])
    pcm = b"".join(await gathered(tts.speak("a" * 4_000, voice=Voice(name="alloy"))))
    assert abs(len(pcm) // 2 - 8_000) <= 2
    middle = np.frombuffer(pcm, "<i2")[2_000:6_000]
    assert np.abs(middle - ord("a")).max() <= 2  # the name of a voice it does not know would be in the samples


async def test_a_synthesiser_that_fails_later_is_not_talked_over() -> None:
    first, second = FakeTextToSpeech(), FakeTextToSpeech()
    first.failure, first.fails_after = FAILURE, 2
    with pytest.raises(ProviderUnavailable):
        await gathered(FallbackTextToSpeech([first, second]).speak("Hello", voice=Voice()))
    assert second.asked == []


async def test_a_stand_ins_voice_is_not_kept() -> None:
    first, second = FakeTextToSpeech(), FakeTextToSpeech()
    first.failure = FAILURE
    cache = SpeechCache(FallbackTextToSpeech([first, second]))
    assert await gathered(cache.speak(TENANT, "Hello", Voice()))
    assert cache.stats.entries == 0
    first.failure = None
    await gathered(cache.speak(TENANT, "Hello", Voice()))
    assert cache.stats.entries == 1
    await cache.close()


async def test_a_vendor_that_keeps_failing_is_left_alone_and_tried_again_later() -> None:
    now = [0.0]
    both = [Breaker(name, clock=lambda: now[0]) for name in "ab"]
    first = FakeModel("a", fails_after=0)
    llm = FallbackLanguageModel([first, FakeModel("b")], both)
    for _ in range(5):
        assert (await gathered(llm.reply(PROMPT)))[0] == Token("b0 ")
    assert first.asked == FAILURES
    now[0] += FIRST_REST_S
    first.fails_after = None
    assert (await gathered(llm.reply(PROMPT)))[0] == Token("a0 ")
    assert [breaker.state for breaker in both] == [State.CLOSED, State.CLOSED]


async def test_a_resting_vendor_is_asked_when_nobody_else_answers() -> None:
    first, second = FakeModel("a", fails_after=0), FakeModel("b")
    llm = FallbackLanguageModel([first, second])
    for _ in range(FAILURES):
        await gathered(llm.reply(PROMPT))
    first.fails_after, second.fails_after = None, 0
    assert (await gathered(llm.reply(PROMPT)))[0] == Token("a0 ")


async def test_sessions_share_what_is_known_of_a_vendor() -> None:
    first = FakeModel("a", fails_after=0)
    process = Providers(FakeRecogniser("x"), FallbackLanguageModel([first, FakeModel("b")]), FakeTextToSpeech())
    for _ in range(FAILURES + 2):
        await gathered(hired(process, FreePayer()).llm.reply(PROMPT))
    assert first.asked == FAILURES
    assert [breaker.state for breaker in breakers(process.llm)] == [State.OPEN, State.CLOSED]
    assert breakers(process.stt) == ()


async def test_a_stand_in_that_rests_is_not_asked_before_the_first() -> None:
    first, second = FakeRecogniser("a"), FakeRecogniser("b", fails=True)
    stt = FallbackSpeechToText([second, first])
    first_to_hear: list[str] = []
    for _ in range(FAILURES + 1):
        found = await gathered(stt.transcribe(utterance(), language="en", phrases=()))
        assert found[-1].text == "a 32000 en 0"
        first_to_hear.append(found[0].text[0])
    assert first_to_hear == ["b"] * FAILURES + ["a"]


async def test_a_fallback_of_nobody_is_refused() -> None:
    with pytest.raises(InvalidInput):
        FallbackTextToSpeech([])
