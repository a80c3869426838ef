from collections.abc import AsyncIterator

from core.providers.llm.port import ModelUsage, Prompt, Token
from core.providers.mock import MockLanguageModel, MockSpeechToText, MockTextToSpeech
from core.providers.registry import build_providers
from core.providers.tts.port import Voice
from core.settings import ProviderSettings
from core.voice.sentences import Segmenter


async def utterance() -> AsyncIterator[bytes]:
    yield bytes(640)


async def test_the_same_words_are_understood_and_said_each_time() -> None:
    heard = [t async for t in MockSpeechToText().transcribe(utterance(), language="en", phrases=())]
    assert [t.is_final for t in heard] == [True]
    answer = [item async for item in MockLanguageModel().reply(Prompt(()))]
    assert isinstance(answer[-1], ModelUsage)
    segmenter = Segmenter()
    pieces = [piece for item in answer if isinstance(item, Token) for piece in segmenter.feed(item.text)]
    assert len(pieces) >= 3
    assert pieces[0].speech.endswith(",")


async def test_speech_is_whole_samples_of_about_the_length_a_voice_needs() -> None:
    tts = MockTextToSpeech()
    sound = b"".join([chunk async for chunk in tts.speak("x" * 40, voice=Voice())])
    assert len(sound) // 2 / tts.sample_rate == 2.6


async def test_one_setting_selects_them() -> None:
    providers = build_providers(ProviderSettings(stt="mock", llm="mock", tts="mock"))
    assert (providers.stt.name, providers.llm.name, providers.tts.name) == ("mock", "mock", "mock")
    await providers.close()
