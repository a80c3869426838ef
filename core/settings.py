"""Settings of the voice service, read once in main.py; below that, values are passed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec

from core.housekeeping.settings import HousekeepingSettings, read_housekeeping_settings
from core.imports.settings import ImportSettings, read_import_settings
from core.jobs.settings import JobSettings, read_job_settings
from core.voice.endpointing import Timing
from shared import config
from shared.domain.tiers import DEFAULT_WINDOW
from shared.errors import InvalidInput
from shared.listening import Address, read_address
from shared.mail.settings import MailSettings, read_mail_settings
from shared.repositories.measurements import Retention

DEFAULT_PORT: Final = 8767


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSettings:
    """Which vendor runs at each stage. Empty text means the adapter's default.

    Attributes:
        stt, llm, tts: "offline", "mock", "groq", "deepgram", "openai" or "compatible", as far as the stage has it
            (`UNAMENTIS_STT`, `UNAMENTIS_LLM`, `UNAMENTIS_TTS`; `UNAMENTIS_PROVIDERS` sets all three).
        groq_key, deepgram_key, openai_key: secrets of those vendors (`GROQ_API_KEY`, `DEEPGRAM_API_KEY`,
            `OPENAI_API_KEY`).
        stt_url, llm_url, tts_url: base URLs of OpenAI-compatible servers, ending in /v1 (`UNAMENTIS_STT_URL` …).
        stt_key, llm_key, tts_key: their secrets, where they want one (`UNAMENTIS_STT_KEY` …).
        stt_model, llm_model, tts_model: the vendor's model names (`UNAMENTIS_STT_MODEL` …).
        tts_voice: the vendor's voice (`UNAMENTIS_TTS_VOICE`).
        tts_sample_rate: samples a second a compatible speech server answers with (`UNAMENTIS_TTS_SAMPLE_RATE`).
        cheaper_tts: who speaks where the budget no longer allows `tts`; empty: nobody (`UNAMENTIS_CHEAPER_TTS`).
        cheaper_tts_model, cheaper_tts_voice: its model and voice (`UNAMENTIS_CHEAPER_TTS_MODEL` …).
    """

    stt: str = "offline"
    llm: str = "offline"
    tts: str = "offline"
    groq_key: str = field(default="", repr=False)
    deepgram_key: str = field(default="", repr=False)
    openai_key: str = field(default="", repr=False)
    stt_url: str = ""
    llm_url: str = ""
    tts_url: str = ""
    stt_key: str = field(default="", repr=False)
    llm_key: str = field(default="", repr=False)
    tts_key: str = field(default="", repr=False)
    stt_model: str = ""
    llm_model: str = ""
    tts_model: str = ""
    tts_voice: str = ""
    tts_sample_rate: int = 24_000
    cheaper_tts: str = ""
    cheaper_tts_model: str = ""
    cheaper_tts_voice: str = ""


class VoiceSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How sessions are held.

    Attributes:
        timing: the silences and lengths turns are told by, in milliseconds (`UNAMENTIS_TURN_SILENCE_MS`,
            `UNAMENTIS_LEAST_TURN_SILENCE_MS`, `UNAMENTIS_MOST_TURN_SILENCE_MS`, `UNAMENTIS_EAGER_SILENCE_MS`,
            `UNAMENTIS_BARGE_IN_MS`).
        language: what learners speak, a BCP 47 tag (`UNAMENTIS_LANGUAGE`).
        heartbeat_s: seconds between two pings to an idle client (`UNAMENTIS_HEARTBEAT_S`).
        idle_learner_s: seconds after which a learner who neither speaks nor acts is let go
            (`UNAMENTIS_IDLE_LEARNER_S`).
        recheck_s: seconds between two checks that a connected caller's credential still holds (`UNAMENTIS_RECHECK_S`).
        drain_s: seconds sentences under way have to end after SIGTERM, at most 75 (`UNAMENTIS_DRAIN_S`).
        model_window: tokens the language model holds (`UNAMENTIS_LLM_WINDOW`).
        stt_s, llm_s, tts_s: longest wait, in seconds, for a vendor's next answer (`UNAMENTIS_STT_TIMEOUT_S` …).
        stand_in_s: the same for a vendor that has another one after it (`UNAMENTIS_STAND_IN_AFTER_S`).
    """

    timing: Timing = msgspec.field(default_factory=Timing)
    language: str = "en-US"
    heartbeat_s: int = 25
    idle_learner_s: int = 900
    recheck_s: int = 60
    drain_s: int = 20
    model_window: int = DEFAULT_WINDOW
    stt_s: int = 15
    llm_s: int = 20
    tts_s: int = 15
    stand_in_s: int = 4


class ObservabilitySettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where turns are reported, beside `GET /metrics`. Empty text means nowhere.

    Attributes:
        emf_namespace: CloudWatch's namespace for log lines that it counts (`UNAMENTIS_EMF_NAMESPACE`).
        otlp_url: an OpenTelemetry collector that takes spans over HTTP (`UNAMENTIS_OTLP_URL`).
    """

    emf_namespace: str = ""
    otlp_url: str = ""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything one process of the voice service is told.

    Attributes:
        shared: database, secret and authentication, as the API has them.
        address: where it listens (`UNAMENTIS_HOST`, `UNAMENTIS_PORT`, `UNAMENTIS_OPEN_BEYOND_THIS_MACHINE`).
        data_dir: folder of what is kept on disk; of the objects too where no store is named (`UNAMENTIS_DATA_DIR`).
        speech_room_mb: megabytes of stored speech one tenant may have; the oldest beyond it goes
            (`UNAMENTIS_SPEECH_ROOM_MB`).
        observability: where turns are reported.
        mail: how the mail that waits in the database leaves; None leaves it there.
        jobs: where jobs queue, and how many run here. housekeeping: what is done for the deployment's own order.
        retention: how many days what clients log, what they measure, and the sums over it are kept
            (`UNAMENTIS_LOG_DAYS`, `UNAMENTIS_MEASUREMENT_DAYS`, `UNAMENTIS_SUM_DAYS`).
        imports: where courses may come from.
    """

    shared: config.Settings
    providers: ProviderSettings = msgspec.field(default_factory=ProviderSettings)
    voice: VoiceSettings = msgspec.field(default_factory=VoiceSettings)
    observability: ObservabilitySettings = msgspec.field(default_factory=ObservabilitySettings)
    address: Address = msgspec.field(default_factory=lambda: Address("127.0.0.1", DEFAULT_PORT))
    data_dir: str = ".unamentis"
    speech_room_mb: int = 4_096
    mail: MailSettings | None = None
    jobs: JobSettings = msgspec.field(default_factory=JobSettings)
    housekeeping: HousekeepingSettings = msgspec.field(default_factory=HousekeepingSettings)
    retention: Retention = msgspec.field(default_factory=Retention)
    imports: ImportSettings = msgspec.field(default_factory=ImportSettings)


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Return the settings the environment names.

    Raises: InvalidInput: one is missing or malformed; the message names it and what was expected.
    """
    data_dir = environ.get("UNAMENTIS_DATA_DIR", ".unamentis")
    return Settings(
        shared=config.read_settings({"UNAMENTIS_DATABASE_POOL": "4", **environ}),
        providers=read_provider_settings(environ),
        voice=read_voice_settings(environ),
        observability=read_observability_settings(environ),
        address=read_address(environ, default_port=DEFAULT_PORT),
        data_dir=data_dir,
        speech_room_mb=_number(environ, "UNAMENTIS_SPEECH_ROOM_MB", 4_096, 64, 10_000_000),
        mail=read_mail_settings(environ, data_dir=data_dir),
        jobs=read_job_settings(environ),
        housekeeping=read_housekeeping_settings(environ),
        retention=Retention(
            log_days=_number(environ, "UNAMENTIS_LOG_DAYS", Retention().log_days, 1, 3_650),
            measurement_days=_number(environ, "UNAMENTIS_MEASUREMENT_DAYS", Retention().measurement_days, 1, 3_650),
            sum_days=_number(environ, "UNAMENTIS_SUM_DAYS", Retention().sum_days, 1, 3_650),
        ),
        imports=read_import_settings(environ),
    )


def read_provider_settings(environ: Mapping[str, str]) -> ProviderSettings:
    """Return which vendors the environment names.

    Raises: InvalidInput: a number is malformed.
    """
    every = environ.get("UNAMENTIS_PROVIDERS", "offline")
    return ProviderSettings(
        stt=environ.get("UNAMENTIS_STT", every),
        llm=environ.get("UNAMENTIS_LLM", every),
        tts=environ.get("UNAMENTIS_TTS", every),
        groq_key=environ.get("GROQ_API_KEY", ""),
        deepgram_key=environ.get("DEEPGRAM_API_KEY", ""),
        openai_key=environ.get("OPENAI_API_KEY", ""),
        stt_url=environ.get("UNAMENTIS_STT_URL", ""),
        llm_url=environ.get("UNAMENTIS_LLM_URL", ""),
        tts_url=environ.get("UNAMENTIS_TTS_URL", ""),
        stt_key=environ.get("UNAMENTIS_STT_KEY", ""),
        llm_key=environ.get("UNAMENTIS_LLM_KEY", ""),
        tts_key=environ.get("UNAMENTIS_TTS_KEY", ""),
        stt_model=environ.get("UNAMENTIS_STT_MODEL", ""),
        llm_model=environ.get("UNAMENTIS_LLM_MODEL", ""),
        tts_model=environ.get("UNAMENTIS_TTS_MODEL", ""),
        tts_voice=environ.get("UNAMENTIS_TTS_VOICE", ""),
        tts_sample_rate=_number(environ, "UNAMENTIS_TTS_SAMPLE_RATE", 24_000, 8_000, 48_000),
        cheaper_tts=environ.get("UNAMENTIS_CHEAPER_TTS", ""),
        cheaper_tts_model=environ.get("UNAMENTIS_CHEAPER_TTS_MODEL", ""),
        cheaper_tts_voice=environ.get("UNAMENTIS_CHEAPER_TTS_VOICE", ""),
    )


def read_voice_settings(environ: Mapping[str, str]) -> VoiceSettings:
    """Return how the environment wants sessions held.

    Raises: InvalidInput: a number is malformed or out of its range.
    """
    return VoiceSettings(
        timing=Timing(
            end_ms=_number(environ, "UNAMENTIS_TURN_SILENCE_MS", Timing().end_ms, 200, 5_000),
            least_end_ms=_number(environ, "UNAMENTIS_LEAST_TURN_SILENCE_MS", Timing().least_end_ms, 200, 5_000),
            most_end_ms=_number(environ, "UNAMENTIS_MOST_TURN_SILENCE_MS", Timing().most_end_ms, 200, 5_000),
            likely_end_ms=_number(environ, "UNAMENTIS_EAGER_SILENCE_MS", Timing().likely_end_ms, 32, 5_000),
            barge_in_ms=_number(environ, "UNAMENTIS_BARGE_IN_MS", Timing().barge_in_ms, 32, 2_000),
        ),
        language=environ.get("UNAMENTIS_LANGUAGE", "en-US"),
        heartbeat_s=_number(environ, "UNAMENTIS_HEARTBEAT_S", 25, 1, 300),
        idle_learner_s=_number(environ, "UNAMENTIS_IDLE_LEARNER_S", 900, 30, 86_400),
        recheck_s=_number(environ, "UNAMENTIS_RECHECK_S", 60, 1, 3_600),
        drain_s=_number(environ, "UNAMENTIS_DRAIN_S", 20, 1, 75),
        model_window=_number(environ, "UNAMENTIS_LLM_WINDOW", DEFAULT_WINDOW, 1_000, 100_000_000),
        stt_s=_number(environ, "UNAMENTIS_STT_TIMEOUT_S", 15, 1, 300),
        llm_s=_number(environ, "UNAMENTIS_LLM_TIMEOUT_S", 20, 1, 300),
        tts_s=_number(environ, "UNAMENTIS_TTS_TIMEOUT_S", 15, 1, 300),
        stand_in_s=_number(environ, "UNAMENTIS_STAND_IN_AFTER_S", 4, 1, 300),
    )


def read_observability_settings(environ: Mapping[str, str]) -> ObservabilitySettings:
    """Return where the environment wants turns reported.

    Raises: InvalidInput: an address is none.
    """
    url = environ.get("UNAMENTIS_OTLP_URL", "")
    if url and not url.startswith(("http://", "https://")):
        raise InvalidInput("UNAMENTIS_OTLP_URL must begin with http:// or https://")
    return ObservabilitySettings(emf_namespace=environ.get("UNAMENTIS_EMF_NAMESPACE", ""), otlp_url=url)


def _number(environ: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = environ.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        raise InvalidInput(f"{name} must be a whole number from {least} to {most}")
    return int(text)
