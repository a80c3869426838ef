"""What a client chooses for its session, in the names of both dialects."""

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType, structs

from core.realtime.audio import Format
from core.realtime.dialect import Dialect
from core.realtime.refusals import refusal_of, refused
from core.voice.endpointing import Timing

Modality = Literal["audio", "text"]
Kind = Literal["server_vad", "semantic_vad"]
Eagerness = Literal["low", "medium", "high", "auto"]
BetaFormat = Literal["pcm16", "g711_ulaw", "g711_alaw"]

_FROM_BETA: Final[dict[BetaFormat, Format]] = {
    "pcm16": "audio/pcm",
    "g711_ulaw": "audio/pcmu",
    "g711_alaw": "audio/pcma",
}
_TO_BETA: Final = {form: name for name, form in _FROM_BETA.items()}
# Silences, in milliseconds, that end a turn where the words are listened to: usual, shortest, longest.
_BY_EAGERNESS: Final = {"low": (900, 700, 4_000), "high": (350, 250, 900)}
LONGEST_INSTRUCTIONS: Final = 32_000
_Instructions = Annotated[str, Meta(max_length=LONGEST_INSTRUCTIONS)]
_Tokens = Annotated[int, Meta(ge=1, le=4_096)] | Literal["inf"]
_Speed = Annotated[float, Meta(ge=0.5, le=1.5)]
_Temperature = Annotated[float, Meta(ge=0, le=2)]
_VoiceName = Annotated[str, Meta(min_length=1, max_length=64)]


class TurnDetection(msgspec.Struct, frozen=True, kw_only=True):
    """How the server finds the ends of what the learner says; times in milliseconds."""

    type: Kind = "server_vad"
    threshold: float = 0.5
    prefix_padding_ms: int = 300
    silence_duration_ms: int = 500
    eagerness: Eagerness = "auto"
    create_response: bool = True
    interrupt_response: bool = True

    def timing(self, usual: Timing) -> Timing:
        """Return the silences that end a turn: exactly the one asked for, or, listening to the words, about it."""
        if self.type == "server_vad":
            exactly = self.silence_duration_ms
            likely = min(usual.likely_end_ms, exactly)
            return structs.replace(
                usual, end_ms=exactly, least_end_ms=exactly, most_end_ms=exactly, likely_end_ms=likely
            )
        if self.eagerness not in _BY_EAGERNESS:
            return usual
        end, least, most = _BY_EAGERNESS[self.eagerness]
        return structs.replace(usual, end_ms=end, least_end_ms=least, most_end_ms=most)

    def described(self) -> dict[str, object]:
        """Return it as both dialects have it."""
        shared = {"create_response": self.create_response, "interrupt_response": self.interrupt_response}
        if self.type == "semantic_vad":
            return {"type": self.type, "eagerness": self.eagerness, **shared}
        return {
            "type": self.type,
            "threshold": self.threshold,
            "prefix_padding_ms": self.prefix_padding_ms,
            "silence_duration_ms": self.silence_duration_ms,
            **shared,
        }


class RealtimeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """A session's choices.

    Attributes:
        modality: how it is answered: "audio", with a transcript, or "text".
        voice: the vendor's name; empty: the deployment's.
        transcribes: the client is told the words that were understood; they are looked for in any case.
        detection: None: the client tells the ends of utterances and asks for answers.
        max_tokens: of one answer; None: as many as the deployment allows.
    """

    modality: Modality = "audio"
    instructions: str = ""
    voice: str = ""
    speed: float = 1.0
    heard: Format = "audio/pcm"
    played: Format = "audio/pcm"
    transcribes: bool = True
    detection: TurnDetection | None = msgspec.field(default_factory=TurnDetection)
    max_tokens: int | None = None
    temperature: float | None = None


class _Detection(Struct, forbid_unknown_fields=True, frozen=True):
    type: Kind | UnsetType = UNSET
    threshold: Annotated[float, Meta(ge=0, le=1)] | UnsetType = UNSET
    prefix_padding_ms: Annotated[int, Meta(ge=0, le=1_000)] | UnsetType = UNSET
    silence_duration_ms: Annotated[int, Meta(ge=100, le=10_000)] | UnsetType = UNSET
    eagerness: Eagerness | UnsetType = UNSET
    create_response: bool | UnsetType = UNSET
    interrupt_response: bool | UnsetType = UNSET
    idle_timeout_ms: UnsetType | None = UNSET

    def over(self, before: TurnDetection | None) -> TurnDetection:
        """Return what was asked for, over what there was of the same type."""
        kind = self.type or (before.type if before else "server_vad")
        base = before if before is not None and before.type == kind else TurnDetection(type=kind)
        given = {name: value for name, value in msgspec.structs.asdict(self).items() if value not in (UNSET, None)}
        return structs.replace(base, **given)


class _Format(Struct, forbid_unknown_fields=True, frozen=True):
    type: Format
    rate: Literal[24_000, 8_000] | UnsetType | None = UNSET


class _Transcription(Struct, forbid_unknown_fields=True, frozen=True):
    """Who transcribes is the deployment's choice: what is asked for beside that is taken and not heeded."""

    model: str | None = None
    language: str | None = None
    prompt: str | None = None


class _VoiceId(Struct, forbid_unknown_fields=True, frozen=True):
    id: _VoiceName


class _Input(Struct, forbid_unknown_fields=True, frozen=True):
    format: _Format | UnsetType = UNSET
    noise_reduction: Any = UNSET
    transcription: _Transcription | UnsetType | None = UNSET
    turn_detection: _Detection | UnsetType | None = UNSET


class _Output(Struct, forbid_unknown_fields=True, frozen=True):
    format: _Format | UnsetType = UNSET
    voice: _VoiceName | _VoiceId | UnsetType | None = UNSET
    speed: _Speed | UnsetType | None = UNSET


class _Audio(Struct, forbid_unknown_fields=True, frozen=True):
    input: _Input = _Input()
    output: _Output = _Output()


class _Shared(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What both dialects call alike. What only tells how a model of OpenAI's works is taken and not heeded."""

    instructions: _Instructions | UnsetType | None = UNSET
    model: str | UnsetType | None = UNSET
    temperature: _Temperature | UnsetType | None = UNSET
    tools: list[Any] | UnsetType | None = UNSET
    tool_choice: Any = UNSET
    parallel_tool_calls: Any = UNSET
    tracing: Any = UNSET
    include: Any = UNSET
    prompt: Any = UNSET


class GaSession(_Shared, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """A session's choices as the general availability has them."""

    type: Literal["realtime"] = "realtime"
    audio: _Audio = _Audio()
    output_modalities: list[Modality] | UnsetType = UNSET
    max_output_tokens: _Tokens | UnsetType | None = UNSET
    truncation: Any = UNSET
    reasoning: Any = UNSET


class _BetaSession(_Shared, forbid_unknown_fields=True, frozen=True, kw_only=True):
    modalities: list[Modality] | UnsetType = UNSET
    voice: _VoiceName | UnsetType | None = UNSET
    speed: _Speed | UnsetType | None = UNSET
    input_audio_format: BetaFormat | UnsetType = UNSET
    output_audio_format: BetaFormat | UnsetType = UNSET
    input_audio_transcription: _Transcription | UnsetType | None = UNSET
    input_audio_noise_reduction: Any = UNSET
    turn_detection: _Detection | UnsetType | None = UNSET
    max_response_output_tokens: _Tokens | UnsetType | None = UNSET


def updated(before: RealtimeSettings, wanted: bytes, dialect: Dialect, prefix: str = "session") -> RealtimeSettings:
    """Return the settings after an update, a JSON object in a dialect; what it does not name stays.

    Raises: InvalidInput: something unknown, of the wrong kind, or that we cannot do; its detail `param` names it.
    """
    model = GaSession if dialect is Dialect.GA else _BetaSession
    try:
        asked = msgspec.json.decode(wanted, type=model)
    except msgspec.ValidationError as error:
        raise refusal_of(error, prefix) from None
    if asked.tools:
        raise refused("unsupported_value", "Tools cannot be called here: expected an empty list.", f"{prefix}.tools")
    if asked.prompt not in (UNSET, None):
        raise refused("unsupported_value", "Prompt templates are not kept here: expected null.", f"{prefix}.prompt")
    changes = _ga_changes(before, asked) if isinstance(asked, GaSession) else _beta_changes(before, asked)
    changes |= {"instructions": asked.instructions or "" if asked.instructions is not UNSET else UNSET}
    changes |= {"temperature": asked.temperature}
    return structs.replace(before, **{name: value for name, value in changes.items() if value is not UNSET})


def _ga_changes(before: RealtimeSettings, asked: GaSession) -> dict[str, Any]:
    heard, played = asked.audio.input, asked.audio.output
    voice = played.voice.id if isinstance(played.voice, _VoiceId) else played.voice
    return {
        "modality": _modality(asked.output_modalities),
        "heard": heard.format.type if heard.format else UNSET,
        "played": played.format.type if played.format else UNSET,
        "transcribes": UNSET if heard.transcription is UNSET else heard.transcription is not None,
        "detection": _detection(before, heard.turn_detection),
        "voice": "" if voice is None else voice,
        "speed": 1.0 if played.speed is None else played.speed,
        "max_tokens": _tokens(asked.max_output_tokens),
    }


def _beta_changes(before: RealtimeSettings, asked: _BetaSession) -> dict[str, Any]:
    transcription = asked.input_audio_transcription
    return {
        "modality": _modality(asked.modalities),
        "heard": _FROM_BETA[asked.input_audio_format] if asked.input_audio_format else UNSET,
        "played": _FROM_BETA[asked.output_audio_format] if asked.output_audio_format else UNSET,
        "transcribes": UNSET if transcription is UNSET else transcription is not None,
        "detection": _detection(before, asked.turn_detection),
        "voice": "" if asked.voice is None else asked.voice,
        "speed": 1.0 if asked.speed is None else asked.speed,
        "max_tokens": _tokens(asked.max_response_output_tokens),
    }


def _detection(before: RealtimeSettings, asked: _Detection | UnsetType | None) -> TurnDetection | UnsetType | None:
    return asked.over(before.detection) if isinstance(asked, _Detection) else asked


def _modality(asked: list[Modality] | UnsetType) -> Modality | UnsetType:
    """Return how to answer: audio comes with its transcript, so both together are audio."""
    if not asked:
        return UNSET
    return "audio" if "audio" in asked else "text"


def _tokens(asked: int | Literal["inf"] | UnsetType | None) -> int | UnsetType | None:
    return None if asked == "inf" else asked


def described(settings: RealtimeSettings, session_id: str, model: str, stt: str, dialect: Dialect) -> dict[str, object]:
    """Return the session as a client reads it.

    Args:
        model: who answers. stt: who transcribes.
    """
    detection = settings.detection.described() if settings.detection else None
    transcription = {"model": stt} if settings.transcribes else None
    most: int | str = settings.max_tokens or "inf"
    shared: dict[str, object] = {
        "id": session_id,
        "object": "realtime.session",
        "model": model,
        "instructions": settings.instructions,
        "tools": [],
        "tool_choice": "auto",
    }
    if dialect is Dialect.BETA:
        return {
            **shared,
            "modalities": ["audio", "text"] if settings.modality == "audio" else ["text"],
            "voice": settings.voice or "default",
            "speed": settings.speed,
            "input_audio_format": _TO_BETA[settings.heard],
            "output_audio_format": _TO_BETA[settings.played],
            "input_audio_transcription": transcription,
            "turn_detection": detection,
            "temperature": 0.8 if settings.temperature is None else settings.temperature,
            "max_response_output_tokens": most,
        }
    return {
        **shared,
        "type": "realtime",
        "output_modalities": [settings.modality],
        "audio": {
            "input": {
                "format": format_of(settings.heard),
                "transcription": transcription,
                "noise_reduction": None,
                "turn_detection": detection,
            },
            "output": {
                "format": format_of(settings.played),
                "voice": settings.voice or "default",
                "speed": settings.speed,
            },
        },
        "max_output_tokens": most,
    }


def format_of(form: Format) -> dict[str, object]:
    """Return a format as the general availability has it."""
    return {"type": form, "rate": 24_000} if form == "audio/pcm" else {"type": form}
