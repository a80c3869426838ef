"""Vendors are connected to before anybody waits for them, and stay so."""

from collections.abc import AsyncIterator, Callable

import pytest

from core.providers import Providers
from core.providers.fallback import FallbackLanguageModel, FallbackSpeechToText, FallbackTextToSpeech
from core.providers.llm.openai_compatible import OpenAIChat
from core.providers.llm.port import Message, Prompt
from core.providers.registry import warm_up
from core.providers.starting import WarmsUp
from core.providers.stt.groq import GroqWhisper
from core.providers.stt.openai_compatible import OpenAITranscription
from core.providers.tts.deepgram import DeepgramSpeech
from core.providers.tts.openai_compatible import OpenAISpeech
from core.providers.tts.port import Voice
from shared.errors import ProviderUnavailable
from tests.core.providers.conformance import LIMIT_S, gathered, utterance
from tests.fakes.vendors import FakeModel, FakeRecogniser, FakeVoice
from tests.vendors.speech_server import speech_server

NOWHERE = "http://127.0.0.1:9"
Vendor = OpenAIChat | OpenAITranscription | GroqWhisper | OpenAISpeech | DeepgramSpeech
VENDORS: dict[str, Callable[[str], Vendor]] = {
    "openai chat": lambda url: OpenAIChat(api_key="k", base_url=f"{url}/v1", timeout_s=LIMIT_S),
    "openai words": lambda url: OpenAITranscription(api_key="k", base_url=f"{url}/v1", timeout_s=LIMIT_S),
    "openai voice": lambda url: OpenAISpeech(api_key="k", base_url=f"{url}/v1", timeout_s=LIMIT_S),
    "groq words": lambda url: GroqWhisper(api_key="k", base_url=url, timeout_s=LIMIT_S),
    "deepgram voice": lambda url: DeepgramSpeech(api_key="k", base_url=url, timeout_s=LIMIT_S),
}


def used(vendor: Vendor) -> AsyncIterator[object]:
    if isinstance(vendor, OpenAIChat):
        return vendor.reply(Prompt((Message("user", "Why?"),), max_tokens=50))
    if isinstance(vendor, OpenAISpeech | DeepgramSpeech):
        return vendor.speak("Light scatters.", voice=Voice())
    return vendor.transcribe(utterance(), language="en-US", phrases=())


@pytest.mark.parametrize("name", VENDORS)
async def test_the_first_question_finds_a_connection_and_so_does_the_next(name: str) -> None:
    async with speech_server() as server:
        vendor = VENDORS[name](server.url)
        assert isinstance(vendor, WarmsUp)
        await vendor.warm_up()
        assert len(server.connections) == 1
        for _ in range(2):
            assert await gathered(used(vendor))
        assert len(server.connections) == 1
        await vendor.close()


@pytest.mark.parametrize("name", VENDORS)
async def test_a_vendor_that_is_not_there_is_told(name: str) -> None:
    vendor = VENDORS[name](NOWHERE)
    with pytest.raises(ProviderUnavailable) as caught:
        await vendor.warm_up()
    assert caught.value.details == {"provider": vendor.name, "reason": "disconnected"}
    await vendor.close()


async def test_one_that_is_not_there_keeps_nobody_from_the_others() -> None:
    async with speech_server() as server:
        chats = [OpenAIChat(api_key="k", base_url=f"{url}/v1") for url in (NOWHERE, server.url)]
        voices = [OpenAISpeech(api_key="k", base_url=f"{server.url}/v1"), FakeVoice()]
        words = FallbackSpeechToText([GroqWhisper(api_key="k", base_url=server.url), FakeRecogniser("")])
        providers = Providers(words, FallbackLanguageModel([*chats, FakeModel()]), FallbackTextToSpeech(voices))
        with pytest.raises(ProviderUnavailable):
            await warm_up(providers)
        assert len(server.connections) == 3
        await providers.close()
