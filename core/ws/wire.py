"""The voice socket's messages, dialect A and our extensions: JSON text beside raw PCM16.

Source: docs/reference/websocket.md.
"""

from collections.abc import Callable
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import structs

from core.pipeline.notices import (
    AnswerResumed,
    Heard,
    Interrupted,
    ModeChanged,
    Notice,
    Playback,
    Problem,
    QuizAnswered,
    QuizAsked,
    QuizEnded,
    ReplyStarted,
    ReplyText,
    ReplyToken,
    SegmentStarted,
    SpeakingEnded,
    SpeakingStarted,
    SpeechEnded,
    SpeechStarted,
    TurnEnded,
    Unvoiced,
)
from core.quiz.port import Order
from shared.clock import iso, utc_now
from shared.domain.answers import Strictness, strictness_of
from shared.errors import InvalidInput, PayloadTooLarge

INPUT_RATE: Final = 16_000
LONGEST_MESSAGE: Final = 16_384  # characters of one control message
_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=4_000)]
_Index = Annotated[int, msgspec.Meta(ge=0, le=100_000)]
_Offset = Annotated[float, msgspec.Meta(ge=0, le=86_400_000)]
_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
_Rate = Annotated[int, msgspec.Meta(ge=8_000, le=48_000)]
_Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=86_400_000)]
_QuestionType = Literal["toss_up", "bonus", "pyramid", "lightning"]
_Probability = Annotated[float, msgspec.Meta(ge=0, le=1)]


class Config(msgspec.Struct, tag_field="type", tag="config", frozen=True):
    """How the client records and plays; the first message."""

    sample_rate: int = INPUT_RATE
    channels: int = 1
    format: str = "pcm16"
    vad_enabled: bool = True
    vad_threshold: _Probability = 0.5
    output_sample_rate: _Rate | None = None
    hands_free: bool = False
    speech: Literal["server", "device"] = "server"


class StartRecording(msgspec.Struct, tag_field="type", tag="start_recording", frozen=True):
    """Binary frames are microphone audio from now on."""


class StopRecording(msgspec.Struct, tag_field="type", tag="stop_recording", frozen=True):
    """The end of the utterance."""


class Cancel(msgspec.Struct, tag_field="type", tag="cancel", frozen=True):
    """Stop the running turn."""


class TextInput(msgspec.Struct, tag_field="type", tag="text_input", frozen=True):
    """A typed question."""

    text: _Text


class SetTopic(msgspec.Struct, tag_field="type", tag="set_topic", frozen=True):
    """Move to another topic."""

    topic_id: _Id
    curriculum_id: str | None = None


class BargeIn(msgspec.Struct, tag_field="type", tag="barge_in", frozen=True):
    """Stop the running turn, as the segment player says it, and answer the utterance where there is one."""

    segment_index: _Index = 0
    offset_ms: _Offset = 0
    utterance: Annotated[str, msgspec.Meta(max_length=4_000)] | None = None


class RequestAudio(msgspec.Struct, tag_field="type", tag="request_audio", frozen=True):
    """A segment of the lesson, for a client that plays it itself."""

    segment_index: _Index
    curriculum_id: str | None = None
    topic_id: str | None = None


class Sync(msgspec.Struct, tag_field="type", tag="sync", frozen=True):
    """How far such a client has played."""

    segment_index: _Index
    offset_ms: _Offset = 0
    is_playing: bool = True


class VoiceConfig(msgspec.Struct, tag_field="type", tag="voice_config", frozen=True):
    """How segments and answers are to be spoken."""

    voice_id: Annotated[str, msgspec.Meta(max_length=128)] | None = None
    tts_provider: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    speed: Annotated[float, msgspec.Meta(ge=0.5, le=2.0)] | None = None
    exaggeration: float | None = None
    cfg_weight: float | None = None
    language: Annotated[str, msgspec.Meta(max_length=35)] | None = None


class Play(msgspec.Struct, tag_field="type", tag="play", frozen=True):
    """Tell the lesson from a segment on, or from where it was left."""

    segment_index: _Index | None = None
    offset_ms: _Offset = 0


class Seek(msgspec.Struct, tag_field="type", tag="seek", frozen=True):
    """Tell the lesson from another place on."""

    segment_index: _Index
    offset_ms: _Offset = 0


class Pause(msgspec.Struct, tag_field="type", tag="pause", frozen=True):
    """Stop telling the lesson."""


class Resume(msgspec.Struct, tag_field="type", tag="resume", frozen=True):
    """Go on telling the lesson."""


class QuizStart(msgspec.Struct, tag_field="type", tag="quiz_start", frozen=True):
    """Read questions of a pack aloud and judge the answers."""

    pack_id: _Id
    count: Annotated[int, msgspec.Meta(ge=1, le=100)] = 10
    question_types: Annotated[list[_QuestionType], msgspec.Meta(max_length=4)] = []
    strictness: Literal["strict", "standard", "lenient"] | None = None
    region: Literal["colorado", "colorado_springs", "minnesota", "washington"] | None = None


class QuizStop(msgspec.Struct, tag_field="type", tag="quiz_stop", frozen=True):
    """Leave the quiz."""


class Buzz(msgspec.Struct, tag_field="type", tag="buzz", frozen=True):
    """Stop the reading: the answer follows."""


class PlaybackAck(msgspec.Struct, tag_field="type", tag="playback_ack", frozen=True):
    """How much of an answer's sound the client has played."""

    turn_id: _Id
    played_ms: _Milliseconds


class Ping(msgspec.Struct, tag_field="type", tag="ping", frozen=True):
    """A sign of life that wants an answer."""


# What is about the telling of the lesson.
Playing = BargeIn | RequestAudio | Sync | VoiceConfig | Play | Seek | Pause | Resume
# What is about a quiz.
Quizzing = QuizStart | QuizStop | Buzz
Control = (
    Quizzing | Config | StartRecording | StopRecording | Cancel | TextInput | SetTopic | PlaybackAck | Ping | Playing
)
_DECODER: Final = msgspec.json.Decoder(Control)
_KNOWN: Final = (
    "config, start_recording, stop_recording, cancel, text_input, set_topic, barge_in, playback_ack, request_audio, "
    "sync, voice_config, play, seek, pause, resume, quiz_start, quiz_stop, buzz, ping"
)


def decode(text: str) -> Control:
    """Read a control message; unknown fields are ignored.

    Raises: InvalidInput: not JSON, an unknown type, or a field of the wrong kind; the message names it.
        PayloadTooLarge: longer than LONGEST_MESSAGE.
    """
    if len(text) > LONGEST_MESSAGE:
        raise PayloadTooLarge(f"a control message holds at most {LONGEST_MESSAGE} characters")
    try:
        return _DECODER.decode(text)
    except msgspec.ValidationError as exc:
        reason = str(exc)
        if "`$.type`" in reason or "`type`" in reason:
            raise InvalidInput(f"unknown message type: expected one of {_KNOWN}", code="unknown_type") from None
        raise InvalidInput(f"malformed message: {reason[:200]}", code="invalid_message") from None
    except (msgspec.DecodeError, UnicodeError):
        raise InvalidInput("a control message must be a JSON object", code="invalid_message") from None


def checked(config: Config) -> Config:
    """Return a configuration we can serve.

    Raises: InvalidInput: it asks for another input format; the message names field and expectation.
    """
    for field, value, expected in (
        ("sample_rate", config.sample_rate, INPUT_RATE),
        ("channels", config.channels, 1),
        ("format", config.format, "pcm16"),
    ):
        if value != expected:
            raise InvalidInput(f"{field} must be {expected}", code="unsupported_config", details={field: str(expected)})
    return config


def order(wanted: QuizStart) -> Order:
    """Return what quiz a client wants; a region's rules count where it does not say how strictly to judge."""
    told = wanted.strictness
    strictness = strictness_of(wanted.region) if told is None else Strictness[told.upper()]
    return Order(
        pack_id=wanted.pack_id,
        question_types=tuple(wanted.question_types),
        count=wanted.count,
        strictness=strictness,
    )


def message(type_: str, **fields: object) -> str:
    """Return a message as text."""
    return msgspec.json.encode({"type": type_, **fields}).decode()


def error(problem: Problem, **fields: object) -> str:
    """Return an error in the spellings of both dialects."""
    return message(
        "error",
        error=problem.message,
        message=problem.message,
        code=problem.code,
        recoverable=problem.recoverable,
        **({"details": problem.details} if problem.details else {}),
        **fields,
    )


def _turn_ended(notice: TurnEnded) -> str:
    times = notice.times
    metrics = {
        "stt_ms": times.stt_ms,
        "llm_ms": times.llm_ms,
        "tts_ms": times.tts_ms,
        "total_ms": times.total_ms,
    }
    return message("turn_complete", turn_id=notice.turn_id, metrics=metrics)


def _fields(notice: QuizAsked | QuizAnswered | QuizEnded) -> dict[str, Any]:
    return structs.asdict(notice)


def _now() -> str:
    return iso(utc_now())


_ENCODERS: Final[dict[type[Notice], Callable[[Any], str]]] = {
    SpeechStarted: lambda _: message("vad_start", timestamp=_now()),
    SpeechEnded: lambda n: message("vad_end", timestamp=_now(), duration_ms=n.duration_ms),
    Heard: lambda n: message(
        "transcript", text=n.text, confidence=n.confidence, latency_ms=n.latency_ms, turn_id=n.turn_id
    ),
    ReplyStarted: lambda _: message("llm_start", timestamp=_now()),
    ReplyToken: lambda n: message("llm_token", token=n.text),
    ReplyText: lambda n: message("llm_complete", text=n.text, latency_ms=n.latency_ms),
    SpeakingStarted: lambda n: message(
        "tts_start", text_length=n.text_length, turn_id=n.turn_id, position_ms=n.position_ms
    ),
    SpeakingEnded: lambda n: message("tts_complete", duration_ms=n.duration_ms, latency_ms=n.latency_ms),
    Interrupted: lambda n: message("interrupted", timestamp=_now(), turn_id=n.turn_id),
    AnswerResumed: lambda n: message("answer_resumed", turn_id=n.turn_id),
    TurnEnded: _turn_ended,
    SegmentStarted: lambda n: message(
        "segment_start",
        turn_id=n.turn_id,
        segment_index=n.position,
        total_segments=n.total,
        text=n.text,
        offset_ms=n.offset_ms,
    ),
    Playback: lambda n: message(
        "playback", state=n.state, segment_index=n.position, total_segments=n.total, offset_ms=n.offset_ms
    ),
    QuizAsked: lambda n: message("quiz_question", **_fields(n)),
    QuizAnswered: lambda n: message("quiz_result", **_fields(n)),
    QuizEnded: lambda n: message("quiz_ended", **_fields(n)),
    ModeChanged: lambda n: message("mode", mode=n.mode, details=n.details),
    Unvoiced: lambda n: message(
        "sentence",
        turn_id=n.turn_id,
        index=n.index,
        text=n.text,
        duration_ms=n.duration_ms,
        position_ms=n.position_ms,
    ),
    Problem: error,
}


def encode(notice: Notice) -> str:
    """Return a notice as the client reads it."""
    return _ENCODERS[type(notice)](notice)
