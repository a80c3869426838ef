import msgspec
import pytest

from core.pipeline import notices
from core.pipeline.notices import Notice
from core.ws import wire

NOTICES: list[Notice] = [
    notices.SpeechStarted(),
    notices.SpeechEnded(900),
    notices.Heard("Why?", 0.9, 150),
    notices.ReplyStarted(),
    notices.ReplyToken(" light"),
    notices.ReplyText("Because.", 700),
    notices.SpeakingStarted(12),
    notices.SpeakingEnded(1_200, 100),
    notices.Interrupted("turn"),
    notices.AnswerResumed("turn"),
    notices.TurnEnded("turn", notices.StageTimes(1, 2, 3, 4)),
    notices.Problem("STT_FAILED", "it failed"),
]
# What Android's one flat model decodes; a field of another type would lose the message.
INTEGERS = {"duration_ms", "latency_ms", "text_length"}
TEXTS = {"type", "timestamp", "text", "token", "turn_id", "code", "message"}


@pytest.mark.parametrize("notice", NOTICES)
def test_every_notice_is_readable_by_the_phones(notice: Notice) -> None:
    message = msgspec.json.decode(wire.encode(notice), type=dict[str, object])
    for name, value in message.items():
        if name in INTEGERS:
            assert type(value) is int
        elif name in TEXTS:
            assert type(value) is str
    if "metrics" in message:
        assert message["metrics"] == {"stt_ms": 1, "llm_ms": 2, "tts_ms": 3, "total_ms": 4}


def test_every_notice_has_a_message_of_its_own() -> None:
    types = [msgspec.json.decode(wire.encode(notice))["type"] for notice in NOTICES]
    assert len(set(types)) == len(NOTICES)


def test_fields_we_do_not_know_are_ignored() -> None:
    assert wire.decode('{"type":"ping","mood":"fine"}') == wire.Ping()
    assert wire.decode('{"type":"config","vad_enabled":false,"x":1}') == wire.Config(vad_enabled=False)
