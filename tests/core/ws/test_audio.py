import asyncio
from typing import Any

import pytest

from core.pipeline.conversations import Turn
from shared.domain.lesson import Lesson
from shared.errors import Unavailable
from tests.core.ws.conftest import CONFIG, SESSION, House, Phone
from tests.fakes.detector import SILENCE, SPEECH

METRICS = {"stt_ms", "llm_ms", "tts_ms", "total_ms"}


async def test_a_conversation_as_a_phone_has_it(house: House) -> None:
    phone = await house.configured(hands_free=False)
    assert phone.received == [{"type": "ready", "session_id": SESSION, "sample_rate": 16_000, "resumed": False}]
    await phone.say({"type": "start_recording"})
    await phone.say(SPEECH * 8)
    await phone.say({"type": "stop_recording"})
    ended = await phone.until("turn_complete")
    assert phone.types[:5] == ["ready", "vad_start", "vad_end", "transcript", "llm_start"]
    assert phone.types[-3:] == ["(sound)", "tts_complete", "turn_complete"]
    assert set(ended["metrics"]) == METRICS
    assert all(type(value) is int for value in ended["metrics"].values())
    assert [turn.text for turn in house.session.turns] == ["Why is the sky blue?", "Light scatters. Blue most."]
    assert {turn.turn_id for turn in house.session.turns} == {ended["turn_id"]}


async def test_an_open_microphone_and_another_output_rate(house: House) -> None:
    phone = await house.configured(output_sample_rate=24_000)
    assert phone.received[0] == {"type": "ready", "session_id": SESSION, "sample_rate": 24_000, "resumed": False}
    await phone.speak()
    await phone.until("turn_complete")
    sound = sum(len(item) for item in phone.received if isinstance(item, bytes))
    pieces = len(house.tts.pieces)
    assert sound == pytest.approx(pieces * 640 * 24 / 16, abs=96)


async def test_a_typed_question_and_barge_in_in_both_dialects(house: House) -> None:
    house.tts.seconds = 30
    phone = await house.configured()
    for stop, answer in (
        ({"type": "cancel"}, "interrupted"),
        ({"type": "barge_in", "segment_index": 2, "offset_ms": 10}, "barge_in_ack"),
    ):
        await phone.say({"type": "text_input", "text": " What is light? "})
        await phone.until("tts_start")
        await phone.say(stop)
        await phone.until(answer)
        await phone.until("turn_complete")
    await phone.say({"type": "text_input", "text": "Again?"})
    await phone.until("tts_start")
    await phone.say(SPEECH * 40)
    interrupted = await phone.until("interrupted")
    ended = await phone.until("turn_complete")
    assert ended["turn_id"] == interrupted["turn_id"]
    assert len(house.session.barge_ins) == 3
    assert house.session.turns[0].text == "What is light?"


async def test_a_nod_over_the_answer_lets_it_go_on(house: House) -> None:
    house.tts.seconds = 0.3
    house.stt.words = ["Mm-hm."]
    phone = await house.configured()
    await phone.say({"type": "text_input", "text": "What is light?"})
    started = await phone.until("tts_start")
    assert started["position_ms"] == 0
    await phone.say(SPEECH * 8)
    stopped = await phone.until("interrupted")
    await phone.say({"type": "playback_ack", "turn_id": stopped["turn_id"], "played_ms": 0})
    await phone.say(SILENCE * 11)
    assert (await phone.until("answer_resumed"))["turn_id"] == started["turn_id"]
    assert (await phone.until("tts_start"))["position_ms"] == 0
    await phone.until("turn_complete")
    assert [turn.text for turn in house.session.turns] == ["What is light?", "Light scatters. Blue most."]


async def test_a_client_that_comes_back_is_told_and_goes_on(house: House) -> None:
    first = await house.configured()
    await first.say({"type": "text_input", "text": "What is light?"})
    await first.until("turn_complete")
    await first.socket.close()
    second = await house.call()
    await second.say(CONFIG)
    assert (await second.until("ready"))["resumed"] is True
    await second.say({"type": "text_input", "text": "And then?"})
    await second.until("turn_complete")
    assert [m.content for m in house.llm.prompts[1].messages[1:]] == [
        "What is light?",
        "Light scatters. Blue most.",
        "And then?",
    ]


async def test_a_second_connection_replaces_the_first_and_knows_what_it_said(house: House) -> None:
    house.tts.seconds = 0.4
    house.llm.tokens = ("One.", " Two.", " Three.")
    first = await house.configured()
    await first.say({"type": "text_input", "text": "Count"})
    stored = asyncio.Event()
    kept: list[Turn] = []

    def changed() -> None:
        kept.append(house.session.turns[-1])
        if kept[-1].text == "One. Two.":
            stored.set()

    house.conversations.changed = changed
    await stored.wait()
    before = len(kept)
    closing = asyncio.create_task(first.close_code())
    second = await house.configured()
    assert second.received[0] == {"type": "ready", "session_id": SESSION, "sample_rate": 16_000, "resumed": True}
    assert await closing == 1000
    answer = kept[before]  # what the second one says of it comes after that
    assert answer.complete
    assert answer.interrupted
    assert answer.text.startswith("One.")
    assert len(house.lifecycle.live) == 1


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (f"/ws/audio?session={SESSION}", 1008),
        (f"/ws/audio?session={SESSION}&token=wrong", 1008),
        ("/ws/audio?token=token", 4001),
        ("/ws/audio?token=token&session=nonsense", 4001),
        ("/ws/audio?token=token&session=0190aaaa-0000-7000-8000-000000000099", 4001),
    ],
)
async def test_a_connection_that_cannot_be_is_closed_with_its_code(house: House, path: str, code: int) -> None:
    phone = await house.call(path)
    assert await phone.close_code() == code
    assert [item["type"] for item in phone.received if isinstance(item, dict)] == ["error"]


@pytest.mark.parametrize("name", ["session", "session_id", "user_id"])
async def test_a_session_is_named_in_three_ways(house: House, name: str) -> None:
    phone = await house.call(f"/ws/audio?token=token&{name}={SESSION.upper()}")
    await phone.say(CONFIG)
    await phone.until("ready")


async def test_an_ended_session_and_a_store_that_does_not_answer_have_codes_of_their_own(house: House) -> None:
    house.conversations.failures["open"] = [Unavailable("the database does not answer")]
    assert await (await house.call()).close_code() == 1011
    house.session.ended = True
    assert await (await house.call()).close_code() == 4000


@pytest.mark.parametrize(
    ("message", "code", "words"),
    [
        ("{", "INVALID_MESSAGE", "JSON object"),
        ("[1]", "INVALID_MESSAGE", "object"),
        ("{}", "UNKNOWN_TYPE", "expected one of config"),
        ({"type": "request_video"}, "UNKNOWN_TYPE", "expected one of config"),
        ({"type": 7}, "UNKNOWN_TYPE", "expected one of config"),
        ({"type": "text_input"}, "INVALID_MESSAGE", "text"),
        ({"type": "text_input", "text": 5}, "INVALID_MESSAGE", "$.text"),
        ({"type": "text_input", "text": "  "}, "INVALID_MESSAGE", "text must hold a question"),
        ({"type": "text_input", "text": "x" * 4_001}, "INVALID_MESSAGE", "$.text"),
        ({"type": "text_input", "text": "x" * 20_000}, "PAYLOAD_TOO_LARGE", "16384"),
        ({**CONFIG, "sample_rate": 8_000}, "UNSUPPORTED_CONFIG", "sample_rate must be 16000"),
        ({**CONFIG, "channels": 2}, "UNSUPPORTED_CONFIG", "channels must be 1"),
        ({**CONFIG, "format": "opus"}, "UNSUPPORTED_CONFIG", "format must be pcm16"),
        ({**CONFIG, "vad_threshold": 2}, "INVALID_MESSAGE", "$.vad_threshold"),
        ({**CONFIG, "output_sample_rate": 1}, "INVALID_MESSAGE", "$.output_sample_rate"),
        ({"type": "playback_ack", "turn_id": "x", "played_ms": -1}, "INVALID_MESSAGE", "$.played_ms"),
        ({"type": "set_topic", "topic_id": "elsewhere"}, "TOPIC_NOT_FOUND", "elsewhere"),
        (b"\x00\x01\x02", "INVALID_AUDIO", "even number of bytes"),
    ],
)
async def test_what_cannot_be_taken_is_answered_and_the_session_goes_on(
    house: House, message: dict[str, Any] | str | bytes, code: str, words: str
) -> None:
    phone = await house.configured()
    await phone.say(message)
    error = await phone.until("error")
    assert (error["code"], error["recoverable"]) == (code, True)
    assert words in error["message"]
    assert error["error"] == error["message"]
    await phone.speak()
    await phone.until("turn_complete")


async def test_audio_before_config_is_answered_once(house: House) -> None:
    phone = await house.call()
    for _ in range(3):
        await phone.say(SPEECH)
    await phone.say({"type": "ping"})
    await phone.until("pong")
    assert [item["code"] for item in phone.received if isinstance(item, dict) and item["type"] == "error"] == [
        "CONFIG_REQUIRED"
    ]


async def test_audio_outside_a_recording_is_ignored(house: House) -> None:
    phone = await house.configured(hands_free=False)
    await phone.speak()
    await phone.say({"type": "ping"})
    await phone.until("pong")
    assert phone.types == ["ready", "pong"]


async def test_moving_to_another_topic(house: House) -> None:
    house.session.lessons["light"] = Lesson("Physics", "Light", ("One.", "Two."))
    phone = await house.configured()
    await phone.say({"type": "set_topic", "topic_id": "light", "curriculum_id": "physics"})
    moved = await phone.until("topic_set")
    assert (moved["topic_id"], moved["total_segments"]) == ("light", 2)


async def test_a_credential_revoked_in_mid_session_ends_it_at_the_next_turn(house: House) -> None:
    phone = await house.configured()
    house.conversations.revoked.add("token")
    await phone.say({"type": "text_input", "text": "Hello?"})
    error = await phone.until("error")
    assert error["recoverable"] is False
    assert await phone.close_code() == 1008


async def test_a_session_ended_elsewhere_ends_here(house: House) -> None:
    phone = await house.configured()
    house.session.ended = True
    await phone.say({"type": "text_input", "text": "Hello?"})
    await phone.until("error")
    assert await phone.close_code() == 4000


async def test_a_flood_of_messages_ends_the_connection(house: House) -> None:
    phone = await house.configured()
    for _ in range(400):
        await phone.say({"type": "ping"})
    assert await phone.close_code() == 4002


async def test_a_flood_of_broken_audio_ends_the_connection(house: House) -> None:
    phone = await house.configured()
    for _ in range(400):
        await phone.say(b"\x00")
    assert await phone.close_code() == 4002


async def test_a_frame_beyond_all_measure_ends_only_its_connection(house: House) -> None:
    phone = await house.configured()
    await phone.say(bytes(2_000_000))
    assert await phone.close_code() == 1009
    assert await house.configured()


async def test_a_line_that_drops_keeps_what_was_said(house: House) -> None:
    house.tts.seconds = 30
    phone = await house.configured()
    await phone.say({"type": "text_input", "text": "What is light?"})
    await phone.until("tts_start")
    await phone.socket.close()
    again = await house.configured()
    assert house.session.turns[0].role == "user"
    assert again.received[0] == {"type": "ready", "session_id": SESSION, "sample_rate": 16_000, "resumed": True}


async def test_an_unanswered_session_knows_its_history(house: House) -> None:
    house.session.turns.append(Turn(turn_id="t", role="user", text="Before"))
    phone: Phone = await house.configured()
    await phone.say({"type": "text_input", "text": "Now"})
    await phone.until("turn_complete")
    assert [m.content for m in house.llm.prompts[0].messages[1:]] == ["Before", "Now"]
