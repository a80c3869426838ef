"""Makes the providers the settings name. An adapter's SDK is imported only when it is chosen: openai alone is 25 MB."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, TypeVar

from core.providers import Providers
from core.providers.fallback import FallbackLanguageModel, FallbackSpeechToText, FallbackTextToSpeech
from core.providers.llm.port import LanguageModel
from core.providers.starting import start
from core.providers.stt.port import SpeechToText
from core.providers.tts.port import TextToSpeech
from core.settings import ProviderSettings, VoiceSettings
from shared.errors import InvalidInput

Port = TypeVar("Port")
# Makes an adapter from the settings and the longest wait in seconds.
Make = Callable[[ProviderSettings, float], Port]


def build_providers(settings: ProviderSettings, voice: VoiceSettings | None = None) -> Providers:
    """Return the adapters of all three stages; nothing is connected or started before its first use.

    Args:
        settings: which vendor runs, its key, server and model.
        voice: the longest waits.
    Raises: InvalidInput: an unknown vendor, or one whose key or address is missing; `details` names the setting.
    """
    limits = voice or VoiceSettings()
    stt = _made("UNAMENTIS_STT", settings.stt, _STT, settings, (limits.stt_s, limits.stand_in_s))
    llm = _made("UNAMENTIS_LLM", settings.llm, _LLM, settings, (limits.llm_s, limits.stand_in_s))
    tts = _made("UNAMENTIS_TTS", settings.tts, _TTS, settings, (limits.tts_s, limits.stand_in_s))
    return Providers(
        cheaper_tts=_cheaper(settings, limits),
        stt=stt[0] if len(stt) == 1 else FallbackSpeechToText(stt),
        llm=llm[0] if len(llm) == 1 else FallbackLanguageModel(llm),
        tts=tts[0] if len(tts) == 1 else FallbackTextToSpeech(tts),
    )


def _cheaper(settings: ProviderSettings, limits: VoiceSettings) -> TextToSpeech | None:
    """Return who speaks where the budget no longer allows the ordinary voice, if anybody is to.

    Raises: InvalidInput: as `build_providers`.
    """
    if not settings.cheaper_tts:
        return None
    own = replace(settings, tts_model=settings.cheaper_tts_model, tts_voice=settings.cheaper_tts_voice)
    found = _made("UNAMENTIS_CHEAPER_TTS", settings.cheaper_tts, _TTS, own, (limits.tts_s, limits.stand_in_s))
    return found[0] if len(found) == 1 else FallbackTextToSpeech(found)


async def warm_up(providers: Providers) -> None:
    """Start what is slow to start and connect to vendors, so that the first learner does not wait for it.

    Raises: ProviderUnavailable: a provider does not start; the others were started.
    """
    await start((providers.stt, providers.llm, providers.tts, providers.cheaper_tts))


def _made(
    setting: str, value: str, makers: Mapping[str, Make[Port]], settings: ProviderSettings, limits: tuple[int, int]
) -> list[Port]:
    """Return the adapters a setting names, in the order they are to be tried.

    Args:
        limits: seconds of the whole stage, and of each that has a stand-in after it.
    Raises: InvalidInput: no such vendor for this stage, or one of them lacks a setting of its own.
    """
    chosen = [makers.get(name.strip().lower()) for name in value.split(",")]
    found = [maker for maker in chosen if maker is not None]
    if len(found) != len(chosen):
        expected = f"one of {', '.join(sorted(makers))}, or several separated by commas"
        raise InvalidInput(f"{setting} must be {expected}", details={setting: expected})
    return [maker(settings, seconds) for maker, seconds in zip(found, waits(len(found), *limits), strict=True)]


def waits(vendors: int, whole_s: float, stand_in_s: float) -> list[float]:
    """Return how long each of a chain's vendors may take, in seconds; together it is as long as the stage may take.

    A learner waits in silence, so whoever has a stand-in gets less: `stand_in_s`, or an even share if that is shorter.
    """
    before = [min(stand_in_s, whole_s / vendors)] * (vendors - 1)
    return [*before, whole_s - sum(before)]


def _required(setting: str, value: str, why: str) -> str:
    """Return a setting's value.

    Raises: InvalidInput: it is empty.
    """
    if not value:
        raise InvalidInput(f"{setting} is needed for {why}", details={setting: f"needed for {why}"})
    return value


def _address(setting: str, value: str, why: str) -> str:
    """Return the base URL of a server.

    Raises: InvalidInput: it is empty or no address.
    """
    if not _required(setting, value, why).startswith(("http://", "https://")):
        raise InvalidInput(f"{setting} must begin with http:// or https://", details={setting: "a base URL"})
    return value


def _offline_stt(_settings: ProviderSettings, seconds: float) -> SpeechToText:
    from core.providers.stt.offline import PocketSphinx

    return PocketSphinx(timeout_s=seconds)


def _mock_stt(_settings: ProviderSettings, _seconds: float) -> SpeechToText:
    from core.providers.mock import MockSpeechToText

    return MockSpeechToText()


def _groq_stt(settings: ProviderSettings, seconds: float) -> SpeechToText:
    from core.providers.stt.groq import GroqWhisper

    key = _required("GROQ_API_KEY", settings.groq_key, "UNAMENTIS_STT=groq")
    return GroqWhisper(api_key=key, model=settings.stt_model, timeout_s=seconds)


def _deepgram_stt(settings: ProviderSettings, seconds: float) -> SpeechToText:
    from core.providers.stt.deepgram import DeepgramListen

    key = _required("DEEPGRAM_API_KEY", settings.deepgram_key, "UNAMENTIS_STT=deepgram")
    return DeepgramListen(api_key=key, model=settings.stt_model, timeout_s=seconds)


def _openai_stt(settings: ProviderSettings, seconds: float) -> SpeechToText:
    from core.providers.stt.openai_compatible import OpenAITranscription

    key = _required("OPENAI_API_KEY", settings.openai_key, "UNAMENTIS_STT=openai")
    return OpenAITranscription(api_key=key, model=settings.stt_model, timeout_s=seconds)


def _compatible_stt(settings: ProviderSettings, seconds: float) -> SpeechToText:
    from core.providers.stt.openai_compatible import OpenAITranscription

    return OpenAITranscription(
        name="compatible",
        api_key=settings.stt_key,
        model=settings.stt_model or "whisper-1",
        base_url=_address("UNAMENTIS_STT_URL", settings.stt_url, "UNAMENTIS_STT=compatible"),
        timeout_s=seconds,
    )


def _offline_llm(_settings: ProviderSettings, _seconds: float) -> LanguageModel:
    from core.providers.llm.offline import OfflineTutor

    return OfflineTutor()


def _mock_llm(_settings: ProviderSettings, _seconds: float) -> LanguageModel:
    from core.providers.mock import MockLanguageModel

    return MockLanguageModel()


def _openai_llm(settings: ProviderSettings, seconds: float) -> LanguageModel:
    from core.providers.llm.openai_compatible import OpenAIChat

    key = _required("OPENAI_API_KEY", settings.openai_key, "UNAMENTIS_LLM=openai")
    return OpenAIChat(api_key=key, model=settings.llm_model, timeout_s=seconds)


def _compatible_llm(settings: ProviderSettings, seconds: float) -> LanguageModel:
    from core.providers.llm.openai_compatible import OpenAIChat

    return OpenAIChat(
        name="compatible",
        api_key=settings.llm_key,
        model=_required("UNAMENTIS_LLM_MODEL", settings.llm_model, "UNAMENTIS_LLM=compatible"),
        base_url=_address("UNAMENTIS_LLM_URL", settings.llm_url, "UNAMENTIS_LLM=compatible"),
        timeout_s=seconds,
    )


def _offline_tts(settings: ProviderSettings, _seconds: float) -> TextToSpeech:
    from core.providers.tts.offline import EspeakNg

    return EspeakNg(default_voice=settings.tts_voice or "en-us")


def _mock_tts(_settings: ProviderSettings, _seconds: float) -> TextToSpeech:
    from core.providers.mock import MockTextToSpeech

    return MockTextToSpeech()


def _deepgram_tts(settings: ProviderSettings, seconds: float) -> TextToSpeech:
    from core.providers.tts.deepgram import DeepgramSpeech

    key = _required("DEEPGRAM_API_KEY", settings.deepgram_key, "UNAMENTIS_TTS=deepgram")
    model = settings.tts_model or settings.tts_voice
    return DeepgramSpeech(api_key=key, model=model, timeout_s=seconds)


def _openai_tts(settings: ProviderSettings, seconds: float) -> TextToSpeech:
    from core.providers.tts.openai_compatible import OpenAISpeech

    key = _required("OPENAI_API_KEY", settings.openai_key, "UNAMENTIS_TTS=openai")
    return OpenAISpeech(api_key=key, model=settings.tts_model, default_voice=settings.tts_voice, timeout_s=seconds)


def _compatible_tts(settings: ProviderSettings, seconds: float) -> TextToSpeech:
    from core.providers.tts.openai_compatible import OpenAISpeech

    return OpenAISpeech(
        name="compatible",
        api_key=settings.tts_key,
        model=settings.tts_model or "tts-1",
        base_url=_address("UNAMENTIS_TTS_URL", settings.tts_url, "UNAMENTIS_TTS=compatible"),
        default_voice=settings.tts_voice,
        sample_rate=settings.tts_sample_rate,
        timeout_s=seconds,
    )


_STT: Final[dict[str, Make[SpeechToText]]] = {
    "offline": _offline_stt,
    "mock": _mock_stt,
    "groq": _groq_stt,
    "deepgram": _deepgram_stt,
    "openai": _openai_stt,
    "compatible": _compatible_stt,
}
_LLM: Final[dict[str, Make[LanguageModel]]] = {
    "offline": _offline_llm,
    "mock": _mock_llm,
    "openai": _openai_llm,
    "compatible": _compatible_llm,
}
_TTS: Final[dict[str, Make[TextToSpeech]]] = {
    "offline": _offline_tts,
    "mock": _mock_tts,
    "deepgram": _deepgram_tts,
    "openai": _openai_tts,
    "compatible": _compatible_tts,
}
