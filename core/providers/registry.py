"""Makes the providers the settings name. An adapter's SDK is imported only when it is chosen: openai alone is 25 MB."""

from collections.abc import Callable, Mapping
from typing import Final, Protocol, TypeVar, runtime_checkable

from core.providers import Providers
from core.providers.llm.port import LanguageModel
from core.providers.stt.port import SpeechToText
from core.providers.tts.port import TextToSpeech
from core.settings import ProviderSettings, VoiceSettings
from shared.errors import InvalidInput

Port = TypeVar("Port")
# Makes an adapter from the settings and the longest wait in seconds.
Make = Callable[[ProviderSettings, float], Port]


@runtime_checkable
class WarmsUp(Protocol):
    """An adapter that has something slow to start."""

    async def warm_up(self) -> None:
        """Start it now.

        Raises: ProviderUnavailable: it does not start.
        """
        ...


def build_providers(settings: ProviderSettings, voice: VoiceSettings | None = None) -> Providers:
    """Return the adapters of all three stages; nothing is connected or started before its first use.

    Args:
        settings: which vendor runs, its key, server and model.
        voice: the longest waits.
    Raises: InvalidInput: an unknown vendor, or one whose key or address is missing; `details` names the setting.
    """
    limits = voice or VoiceSettings()
    return Providers(
        stt=_chosen("UNAMENTIS_STT", settings.stt, _STT)(settings, float(limits.stt_s)),
        llm=_chosen("UNAMENTIS_LLM", settings.llm, _LLM)(settings, float(limits.llm_s)),
        tts=_chosen("UNAMENTIS_TTS", settings.tts, _TTS)(settings, float(limits.tts_s)),
    )


async def warm_up(providers: Providers) -> None:
    """Start what is slow to start, so that the first learner does not wait for it.

    Raises: ProviderUnavailable: a provider does not start.
    """
    for provider in (providers.stt, providers.llm, providers.tts):
        if isinstance(provider, WarmsUp):
            await provider.warm_up()


def _chosen(setting: str, value: str, makers: Mapping[str, Make[Port]]) -> Make[Port]:
    """Return the maker a setting names.

    Raises: InvalidInput: no such vendor for this stage.
    """
    maker = makers.get(value.strip().lower())
    if maker is None:
        expected = f"one of {', '.join(sorted(makers))}"
        raise InvalidInput(f"{setting} must be {expected}", details={setting: expected})
    return maker


def _offline_stt(_settings: ProviderSettings, seconds: float) -> SpeechToText:
    from core.providers.stt.offline import PocketSphinx

    return PocketSphinx(timeout_s=seconds)


def _offline_llm(_settings: ProviderSettings, _seconds: float) -> LanguageModel:
    from core.providers.llm.offline import OfflineTutor

    return OfflineTutor()


def _mock_stt(_settings: ProviderSettings, _seconds: float) -> SpeechToText:
    from core.providers.mock import MockSpeechToText

    return MockSpeechToText()


def _mock_llm(_settings: ProviderSettings, _seconds: float) -> LanguageModel:
    from core.providers.mock import MockLanguageModel

    return MockLanguageModel()


def _mock_tts(_settings: ProviderSettings, _seconds: float) -> TextToSpeech:
    from core.providers.mock import MockTextToSpeech

    return MockTextToSpeech()


def _offline_tts(settings: ProviderSettings, _seconds: float) -> TextToSpeech:
    from core.providers.tts.offline import EspeakNg

    return EspeakNg(default_voice=settings.tts_voice or "en-us")


_STT: Final[dict[str, Make[SpeechToText]]] = {"mock": _mock_stt, "offline": _offline_stt}
_LLM: Final[dict[str, Make[LanguageModel]]] = {"mock": _mock_llm, "offline": _offline_llm}
_TTS: Final[dict[str, Make[TextToSpeech]]] = {"mock": _mock_tts, "offline": _offline_tts}
