"""Playing a lesson over the socket: told by the server (ours), or segment by segment by the client (dialect B)."""

import base64
from typing import Any

import pytest

from core.speech.formats import read_wav
from shared.domain.lesson import Lesson, Stop
from tests.core.ws.conftest import House, Phone

LIGHT = Lesson(
    *("Light", "Rainbows"),
    passages=("Sunlight holds every colour.", "A raindrop bends it.", "So we see a bow."),
    stops=(Stop(0, "checkpoint", "What does sunlight hold?"), Stop(1, "natural")),
)


async def enter(house: House, *, config: bool = False, lesson: Lesson = LIGHT) -> Phone:
    house.session.lessons, house.session.topic_id = {"rainbows": lesson, "other": lesson}, "rainbows"
    return await house.configured() if config else await house.call()


async def answer(phone: Phone, message: dict[str, Any], type_: str) -> dict[str, Any]:
    await phone.say(message)
    return await phone.until(type_)


async def test_a_segment_is_sent_as_wav_and_the_next_one_made_ahead(house: House) -> None:
    phone = await enter(house)
    sent = await answer(phone, {"type": "request_audio", "segment_index": 0}, "audio")
    assert (sent["segment_index"], sent["total_segments"], sent["cache_hit"]) == (0, 3, False)
    assert sent["duration_seconds"] == 1.0
    assert len(read_wav(base64.b64decode(sent["audio_base64"]), 16_000)) == 32_000
    assert sent["checkpoint"] == {"prompt": "What does sunlight hold?"}
    ahead = await phone.until("prefetch_status")
    assert ahead == {"type": "prefetch_status", "segment_index": 1, "status": "ready", "cache_hit": False}
    again = await answer(phone, {"type": "request_audio", "segment_index": 1, "curriculum_id": "light"}, "audio")
    assert again["cache_hit"] is True
    assert again["stopping_point"] == {"type": "natural", "prompt": ""}
    assert [text for _, text, _ in house.narrated][:2] == ["Sunlight holds every colour.", "A raindrop bends it."]


async def test_another_topic_may_be_asked_for(house: House) -> None:
    phone = await enter(house)
    await answer(phone, {"type": "request_audio", "segment_index": 0, "topic_id": "other"}, "audio")
    assert house.session.topic_id == "other"
    told = await answer(phone, {"type": "set_topic", "curriculum_id": "light", "topic_id": "rainbows"}, "topic_set")
    assert (told["topic_id"], told["total_segments"]) == ("rainbows", 3)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"segment_index": 3}, "SEGMENT_NOT_FOUND"),
        ({"segment_index": 0, "topic_id": "none"}, "NOT_FOUND"),
    ],
)
async def test_a_segment_that_is_not_there(house: House, asked: dict[str, Any], code: str) -> None:
    phone = await enter(house)
    error = await answer(phone, {"type": "request_audio", **asked}, "error")
    assert (error["code"], error["segment_index"], error["recoverable"]) == (code, asked["segment_index"], True)
    assert error["error"] == error["message"]


async def test_bad_messages_are_refused_and_the_socket_stays(house: House) -> None:
    phone = await enter(house)
    for bad in (
        {"type": "request_audio"},
        {"type": "request_audio", "segment_index": -1},
        {"type": "sync", "segment_index": 0, "offset_ms": "late"},
        {"type": "voice_config", "speed": 9},
        {"type": "seek"},
    ):
        assert (await answer(phone, bad, "error"))["code"] == "INVALID_MESSAGE"
    assert (await answer(phone, {"type": "voice_config", "tts_provider": "none"}, "error"))["code"] == "INVALID_INPUT"
    assert (await answer(phone, {"type": "ping"}, "pong"))["type"] == "pong"


async def test_speech_that_cannot_be_made_is_told_with_its_segment(house: House) -> None:
    house.narrator_fails = True
    phone = await enter(house)
    error = await answer(phone, {"type": "request_audio", "segment_index": 1}, "error")
    assert (error["code"], error["segment_index"]) == ("UNAVAILABLE", 1)


async def test_too_many_segments_at_once_are_refused(house: House) -> None:
    phone = await enter(house)
    for _ in range(30):
        await phone.say({"type": "request_audio", "segment_index": 2})
    await phone.say({"type": "ping"})
    await phone.until("pong")
    assert {item["code"] for item in phone.received if isinstance(item, dict) and item["type"] == "error"} <= {
        "TOO_MANY_REQUESTS"
    }


async def test_a_voice_is_chosen_for_segments(house: House) -> None:
    phone = await enter(house)
    wanted = {"type": "voice_config", "voice_id": "amy", "speed": 1.5, "exaggeration": 0.5, "cfg_weight": 0.3}
    told = await answer(phone, wanted, "voice_config_ack")
    assert (told["voice_config"]["voice_id"], told["voice_config"]["speed"]) == ("amy", 1.5)
    await answer(phone, {"type": "request_audio", "segment_index": 0}, "audio")
    assert house.narrated[0][2].name == "amy"


async def test_how_far_the_client_has_played_is_kept(house: House) -> None:
    phone = await enter(house)
    told = await answer(phone, {"type": "sync", "segment_index": 1, "offset_ms": 700.5, "is_playing": True}, "sync_ack")
    assert told["segment_index"] == 1
    assert told["server_time"].endswith("Z")
    await answer(phone, {"type": "sync", "segment_index": 1, "offset_ms": 900, "is_playing": True}, "sync_ack")
    await answer(phone, {"type": "sync", "segment_index": 2, "offset_ms": 10, "is_playing": False}, "sync_ack")
    await phone.socket.close()
    await house.stop_talking()
    assert house.session.stood_at == [(1, 700), (2, 10)]


async def test_an_interruption_is_answered_without_binary_frames_and_playing_goes_on(house: House) -> None:
    phone = await enter(house)
    await answer(phone, {"type": "request_audio", "segment_index": 1}, "audio")
    await phone.say({"type": "barge_in", "segment_index": 1, "offset_ms": 1200, "utterance": "Why does it bend?"})
    ack = await phone.until("barge_in_ack")
    assert (ack["segment_index"], ack["offset_ms"]) == (1, 1200)
    await phone.until("turn_complete")
    resumed = await phone.until("resume_playback")
    assert (resumed["segment_index"], resumed["offset_ms"]) == (1, 1200)
    sound = [item for item in phone.received if isinstance(item, dict) and item["type"] == "answer_audio"]
    assert sound
    assert read_wav(base64.b64decode(sound[0]["audio_base64"]), 16_000)
    assert not any(isinstance(item, bytes) for item in phone.received)
    assert "Being taught now:\nA raindrop bends it." in house.llm.prompts[0].messages[0].content
    assert [turn.text for turn in house.session.turns] == ["Why does it bend?", "Light scatters. Blue most."]
    assert list(house.session.barge_ins.values()) == [1200]


async def test_a_lesson_is_told_and_talked_about_on_one_socket(house: House) -> None:
    phone = await enter(house, config=True)
    first = await answer(phone, {"type": "play"}, "segment_start")
    assert (first["segment_index"], first["total_segments"], first["offset_ms"]) == (0, 3, 0)
    assert first["text"] == "Sunlight holds every colour."
    ended = await phone.until("turn_complete")
    assert ended["turn_id"] == first["turn_id"]
    assert (await phone.until("llm_complete"))["text"] == "What does sunlight hold?"
    assert (await phone.until("playback"))["state"] == "checkpoint"
    await phone.speak()
    assert (await phone.until("transcript"))["text"] == "Why is the sky blue?"
    assert (await phone.until("segment_start"))["segment_index"] == 1
    assert (await phone.until("playback"))["state"] == "stopping_point"
    await phone.say({"type": "resume"})
    assert (await phone.until("segment_start"))["segment_index"] == 2
    told = await phone.until("playback")
    assert (told["state"], told["segment_index"]) == ("ended", 3)
    await phone.socket.close()
    await house.stop_talking()
    assert house.session.stood_at[-1] == (3, 0)


async def test_pause_and_seek(house: House) -> None:
    house.tts.seconds = 30
    phone = await enter(house, config=True)
    await answer(phone, {"type": "seek", "segment_index": 2, "offset_ms": 400}, "tts_start")
    paused = await answer(phone, {"type": "pause"}, "playback")
    assert (paused["state"], paused["segment_index"]) == ("paused", 2)
    await answer(phone, {"type": "resume"}, "segment_start")
    await answer(phone, {"type": "play", "segment_index": 0}, "segment_start")
    error = await answer(phone, {"type": "play", "segment_index": 9}, "error")
    assert error["code"] == "SEGMENT_NOT_FOUND"


async def test_without_a_lesson_nothing_is_played(house: House) -> None:
    phone = await house.configured()
    for message in ({"type": "play"}, {"type": "request_audio", "segment_index": 0}):
        assert (await answer(phone, message, "error"))["code"] == "NO_LESSON"
