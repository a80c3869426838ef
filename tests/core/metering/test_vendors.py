"""What a vendor did is charged, and nothing else."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from core.providers import Providers
from core.providers.errors import Reason, provider_error
from core.providers.fallback import FallbackTextToSpeech
from core.providers.llm.port import ModelUsage, Prompt, Token
from core.providers.streams import closing
from core.providers.tts.port import Voice
from core.speech.cache import SpeechCache
from shared.errors import BudgetExhausted, ProviderUnavailable
from tests.conftest import ALPHA_TENANT
from tests.core.metering.conftest import PROMPT, Till
from tests.fakes.vendors import FakeModel, FakeRecogniser, FakeVoice

SECOND = b"\0\0" * 16_000
NOTHING = ("disconnected", "rate_limited", "rejected", "server_error")


async def said(seconds: int) -> AsyncIterator[bytes]:
    for _ in range(seconds):
        yield SECOND


async def hear(providers: Providers, pcm: AsyncIterator[bytes]) -> list[str]:
    return [found.text async for found in providers.stt.transcribe(pcm, language="en-US", phrases=())]


async def speak(providers: Providers, text: str) -> bytes:
    return b"".join([chunk async for chunk in providers.tts.speak(text, voice=Voice())])


async def test_a_turn_costs_what_was_heard_thought_and_spoken(till: Till) -> None:
    purse, providers = till.open()
    assert await hear(providers, said(1)) == ["yes"]
    items = [item async for item in providers.llm.reply(PROMPT)]
    assert items == [Token("Light"), Token(" scatters."), ModelUsage(1, 2)]
    assert await speak(providers, "Light scatters.")
    purse.close()
    assert await till.used() == {"speech_in": 1_000, "tokens_in": 1, "tokens_out": 2, "speech_out": 15}
    assert (await till.day()).spent == 1_018
    assert (await till.day()).reserved == 0


async def test_an_answer_cut_short_costs_what_came_of_it(till: Till) -> None:
    purse, providers = till.open()
    async with closing(providers.llm.reply(PROMPT)) as items:
        assert await anext(items) == Token("Light")
    purse.close()
    assert await till.used() == {"tokens_in": 23, "tokens_out": 2}


async def test_a_call_cancelled_before_its_first_sound_was_sent_all_the_same(till: Till) -> None:
    asked = asyncio.Event()

    class Slow(FakeModel):
        async def reply(self, prompt: Prompt) -> AsyncIterator[Token | ModelUsage]:
            self.prompts.append(prompt)
            asked.set()
            await self.may_go_on.wait()
            yield Token("too late")

    till.llm = Slow()
    purse, providers = till.open()

    async def ask() -> None:
        async for _ in providers.llm.reply(PROMPT):
            pass

    asking = asyncio.create_task(ask())
    await asked.wait()
    asking.cancel()
    await asyncio.wait({asking})
    purse.close()
    assert await till.used() == {"tokens_in": 23}


async def test_a_sentence_interrupted_was_sent_whole(till: Till) -> None:
    purse, providers = till.open()
    async with closing(providers.tts.speak("Twelve chars", voice=Voice())) as audio:
        await anext(audio)
    purse.close()
    assert await till.used() == {"speech_out": 12}


async def test_an_utterance_given_up_costs_what_was_streamed(till: Till) -> None:
    purse, providers = till.open()
    more = asyncio.Event()

    async def speech() -> AsyncIterator[bytes]:
        yield SECOND
        more.set()
        await asyncio.Event().wait()

    hearing = asyncio.create_task(hear(providers, speech()))
    await more.wait()
    hearing.cancel()
    await asyncio.wait({hearing})
    purse.close()
    assert await till.used() == {"speech_in": 1_000}


async def test_an_utterance_given_up_before_its_upload_costs_nothing(till: Till) -> None:
    class Uploader(FakeRecogniser):
        uploads = True

    till.stt = Uploader("yes")
    purse, providers = till.open()
    more = asyncio.Event()

    async def speech() -> AsyncIterator[bytes]:
        yield SECOND
        more.set()
        await asyncio.Event().wait()

    hearing = asyncio.create_task(hear(providers, speech()))
    await more.wait()
    hearing.cancel()
    await asyncio.wait({hearing})
    await hear(providers, said(2))
    purse.close()
    assert await till.used() == {"speech_in": 2_000}


@pytest.mark.parametrize("reason", NOTHING)
async def test_a_vendor_that_refused_did_nothing(till: Till, reason: Reason) -> None:
    till.stt.failure = till.llm.failure = provider_error("fake", reason)
    till.llm.tokens = ()
    purse, providers = till.open()
    with pytest.raises(ProviderUnavailable):
        await hear(providers, said(1))
    with pytest.raises(ProviderUnavailable):
        _ = [item async for item in providers.llm.reply(PROMPT)]
    purse.close()
    assert await till.used() == {}
    assert (await till.day()).reserved == 0


async def test_a_vendor_that_hung_up_or_is_late_may_have_done_its_work(till: Till) -> None:
    till.tts.failure = provider_error("fake", "disconnected")
    till.llm.failure, till.llm.tokens = provider_error("fake", "timeout"), ()
    purse, providers = till.open()
    with pytest.raises(ProviderUnavailable):
        await speak(providers, "Cut off")
    with pytest.raises(ProviderUnavailable):
        _ = [item async for item in providers.llm.reply(PROMPT)]
    purse.close()
    assert await till.used() == {"speech_out": 7, "tokens_in": 23}


async def test_a_fallbacks_vendors_are_charged_each_for_its_own(till: Till) -> None:
    class Mute(FakeVoice):
        name = "mute"

        async def speak(self, text: str, *, voice: Voice) -> AsyncIterator[bytes]:
            del text, voice
            for chunk in (b"",):
                raise provider_error("mute", "server_error")
                yield chunk

    purse, _ = till.open()
    providers = purse.hire(Providers(till.stt, till.llm, FallbackTextToSpeech([Mute(), till.tts])))
    assert await speak(providers, "Hello")
    purse.close()
    assert await till.used() == {"speech_out": 5}
    assert (await till.day()).spent == 5


async def test_a_cached_sentence_costs_nothing_even_without_money(till: Till) -> None:
    cache = SpeechCache(till.tts)
    purse, providers = till.open()
    speech = cache.of(ALPHA_TENANT, providers.tts)
    first = b"".join([chunk async for chunk in speech.speak("Well done.", voice=Voice())])
    purse.close()
    assert (await till.day()).spent == 10
    till.cap(0)
    purse, providers = till.open()
    speech = cache.of(ALPHA_TENANT, providers.tts)
    assert b"".join([chunk async for chunk in speech.speak("Well done.", voice=Voice())]) == first
    with pytest.raises(BudgetExhausted):
        _ = [chunk async for chunk in speech.speak("Something new.", voice=Voice())]
    purse.close()
    assert await till.used() == {"speech_out": 10}
    assert till.tts.pieces == ["Well done."]
