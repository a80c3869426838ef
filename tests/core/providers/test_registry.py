"""The settings choose the vendors, and say so when they cannot."""

from collections.abc import AsyncIterator

import pytest

from core.providers import Providers
from core.providers.fallback import FallbackLanguageModel, FallbackSpeechToText, FallbackTextToSpeech
from core.providers.registry import build_providers, waits, warm_up
from core.settings import read_provider_settings
from shared.errors import InvalidInput


async def built(environ: dict[str, str]) -> Providers:
    providers = build_providers(read_provider_settings(environ))
    await providers.close()
    return providers


KEYS = {"GROQ_API_KEY": "g", "DEEPGRAM_API_KEY": "d", "OPENAI_API_KEY": "o"}
SERVERS = {f"UNAMENTIS_{stage}_URL": "http://127.0.0.1:9/v1" for stage in ("STT", "LLM", "TTS")}


async def test_without_settings_everything_is_offline() -> None:
    providers = await built({})
    assert (providers.stt.name, providers.llm.name, providers.tts.name) == ("pocketsphinx", "offline", "espeak-ng")


async def test_one_setting_chooses_all_three() -> None:
    providers = await built({"UNAMENTIS_PROVIDERS": "mock"})
    assert {providers.stt.name, providers.llm.name, providers.tts.name} == {"mock"}


@pytest.mark.parametrize(
    ("stage", "vendor"),
    [
        *[("stt", name) for name in ("offline", "mock", "groq", "deepgram", "openai", "compatible")],
        *[("llm", name) for name in ("offline", "mock", "openai", "compatible")],
        *[("tts", name) for name in ("offline", "mock", "deepgram", "openai", "compatible")],
    ],
)
async def test_every_vendor_of_every_stage(stage: str, vendor: str) -> None:
    extra = {"UNAMENTIS_LLM_MODEL": "llama3.2"}
    providers = await built({f"UNAMENTIS_{stage.upper()}": f" {vendor.upper()} ", **KEYS, **SERVERS, **extra})
    names = {"stt": providers.stt.name, "llm": providers.llm.name, "tts": providers.tts.name}
    offline = {"stt": "pocketsphinx", "llm": "offline", "tts": "espeak-ng"}
    assert names == offline | {stage: offline[stage] if vendor == "offline" else vendor}


async def test_a_cheaper_voice_has_a_model_and_a_voice_of_its_own() -> None:
    environ = {"UNAMENTIS_TTS": "deepgram", "UNAMENTIS_TTS_MODEL": "aura-2-thalia-en", **KEYS}
    assert (await built(environ)).cheaper_tts is None
    cheaper = {"UNAMENTIS_CHEAPER_TTS": "deepgram", "UNAMENTIS_CHEAPER_TTS_MODEL": "aura-asteria-en"}
    providers = await built({**environ, **cheaper})
    assert providers.cheaper_tts is not None
    assert (providers.tts.model, providers.cheaper_tts.model) == ("aura-2-thalia-en", "aura-asteria-en")
    with pytest.raises(InvalidInput, match="UNAMENTIS_CHEAPER_TTS must be one of"):
        await built({"UNAMENTIS_CHEAPER_TTS": "somebody"})


async def test_several_vendors_are_tried_in_turn() -> None:
    environ = {f"UNAMENTIS_{stage}": "openai, offline" for stage in ("STT", "LLM", "TTS")}
    providers = await built({**environ, **KEYS})
    assert isinstance(providers.stt, FallbackSpeechToText)
    assert isinstance(providers.llm, FallbackLanguageModel)
    assert isinstance(providers.tts, FallbackTextToSpeech)
    assert (providers.stt.name, providers.llm.name, providers.tts.name) == ("openai", "openai", "openai")


@pytest.mark.parametrize(
    ("vendors", "whole_s", "stand_in_s", "expected"),
    [(1, 15, 4, [15]), (2, 15, 4, [4, 11]), (3, 20, 4, [4, 4, 12]), (3, 6, 4, [2, 2, 2])],
)
def test_whoever_has_a_stand_in_gets_less_time(
    vendors: int, whole_s: float, stand_in_s: float, expected: list[float]
) -> None:
    assert waits(vendors, whole_s, stand_in_s) == expected


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"UNAMENTIS_STT": "whisper"}, "UNAMENTIS_STT"),
        ({"UNAMENTIS_STT": "offline,whisper"}, "UNAMENTIS_STT"),
        ({"UNAMENTIS_LLM": "groq"}, "UNAMENTIS_LLM"),
        ({"UNAMENTIS_TTS": ""}, "UNAMENTIS_TTS"),
        ({"UNAMENTIS_STT": "groq"}, "GROQ_API_KEY"),
        ({"UNAMENTIS_STT": "deepgram"}, "DEEPGRAM_API_KEY"),
        ({"UNAMENTIS_TTS": "deepgram"}, "DEEPGRAM_API_KEY"),
        ({"UNAMENTIS_LLM": "openai"}, "OPENAI_API_KEY"),
        ({"UNAMENTIS_STT": "compatible"}, "UNAMENTIS_STT_URL"),
        ({"UNAMENTIS_TTS": "compatible"}, "UNAMENTIS_TTS_URL"),
        ({"UNAMENTIS_LLM": "compatible", "UNAMENTIS_LLM_MODEL": "m"}, "UNAMENTIS_LLM_URL"),
        ({"UNAMENTIS_LLM": "compatible", **SERVERS}, "UNAMENTIS_LLM_MODEL"),
        (
            {"UNAMENTIS_LLM": "compatible", "UNAMENTIS_LLM_MODEL": "m", "UNAMENTIS_LLM_URL": "ftp://x"},
            "UNAMENTIS_LLM_URL",
        ),
    ],
)
async def test_a_bad_setting_is_named(environ: dict[str, str], named: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        await built(environ)
    assert named in str(caught.value)
    assert named in caught.value.details


async def test_warming_up_starts_what_is_slow() -> None:
    providers = build_providers(read_provider_settings({}))
    await warm_up(providers)

    async def silence() -> AsyncIterator[bytes]:
        yield b"\0\0" * 16_000

    found = [heard async for heard in providers.stt.transcribe(silence(), language="en-US", phrases=())]
    assert [heard.text for heard in found] == [""]
    await providers.close()
