import json

import pytest

from core.realtime.dialect import Dialect
from core.realtime.settings import RealtimeSettings, TurnDetection, described, updated
from core.voice.endpointing import Timing
from shared.errors import InvalidInput


def after(wanted: object, dialect: Dialect = Dialect.GA, before: RealtimeSettings | None = None) -> RealtimeSettings:
    return updated(before or RealtimeSettings(), json.dumps(wanted).encode(), dialect)


def test_what_an_update_does_not_name_stays() -> None:
    first = after({"instructions": "Be kind.", "audio": {"output": {"voice": "marin", "speed": 1.2}}})
    second = after({"audio": {"input": {"turn_detection": None}}}, before=first)
    assert (second.instructions, second.voice, second.speed, second.detection) == ("Be kind.", "marin", 1.2, None)
    assert after({"instructions": None}, before=first).instructions == ""


def test_both_dialects_say_the_same() -> None:
    ga = after(
        {
            "output_modalities": ["text"],
            "max_output_tokens": 9,
            "audio": {
                "input": {
                    "format": {"type": "audio/pcma"},
                    "transcription": None,
                    "turn_detection": {"type": "semantic_vad", "eagerness": "low"},
                },
                "output": {"format": {"type": "audio/pcmu"}, "voice": {"id": "v"}},
            },
        }
    )
    beta = after(
        {
            "modalities": ["text"],
            "max_response_output_tokens": 9,
            "input_audio_format": "g711_alaw",
            "output_audio_format": "g711_ulaw",
            "input_audio_transcription": None,
            "turn_detection": {"type": "semantic_vad", "eagerness": "low"},
            "voice": "v",
        },
        Dialect.BETA,
    )
    assert ga == beta


@pytest.mark.parametrize("dialect", Dialect)
def test_what_is_described_can_be_sent_back(dialect: Dialect) -> None:
    settings = RealtimeSettings(modality="text", max_tokens=7, detection=TurnDetection(threshold=0.7))
    shown = described(settings, "id", "model", "recogniser", dialect)
    del shown["id"], shown["object"]
    assert after(shown, dialect, settings).detection == settings.detection


def test_turn_detection_of_another_type_begins_with_its_own_defaults() -> None:
    before = after({"audio": {"input": {"turn_detection": {"type": "server_vad", "silence_duration_ms": 900}}}})
    assert before.detection is not None
    kept = after({"audio": {"input": {"turn_detection": {"threshold": 0.9}}}}, before=before).detection
    assert kept == TurnDetection(silence_duration_ms=900, threshold=0.9)
    other = after({"audio": {"input": {"turn_detection": {"type": "semantic_vad"}}}}, before=before).detection
    assert other == TurnDetection(type="semantic_vad")


def test_server_vad_waits_exactly_and_semantic_vad_by_its_eagerness() -> None:
    usual = Timing()
    exact = TurnDetection(silence_duration_ms=700).timing(usual)
    assert (exact.end_ms, exact.least_end_ms, exact.most_end_ms) == (700, 700, 700)
    ends = [TurnDetection(type="semantic_vad", eagerness=e).timing(usual).end_ms for e in ("high", "auto", "low")]
    assert ends == sorted(ends)
    assert ends[1] == usual.end_ms


@pytest.mark.parametrize(
    ("wanted", "param"),
    [
        ({"colour": 1}, "session.colour"),
        ({"output_modalities": ["smell"]}, "session.output_modalities[0]"),
        ({"max_output_tokens": 0}, "session.max_output_tokens"),
        ({"prompt": {"id": "p"}}, "session.prompt"),
        (
            {"audio": {"input": {"turn_detection": {"idle_timeout_ms": 5}}}},
            "session.audio.input.turn_detection.idle_timeout_ms",
        ),
    ],
)
def test_a_refusal_names_the_field(wanted: object, param: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        after(wanted)
    assert refusal.value.details["param"] == param
