"""What a client says, and what it tells of its buffers: by OpenAI's own SDK."""

import base64
from typing import Any

import pytest

from core.realtime.audio import encode
from tests.core.realtime.conftest import ANSWER, LOUD, MANUAL, QUIET, WORDS, House
from tests.fakes.vendors import HANG_UP


async def test_a_client_that_tells_the_ends_of_utterances_itself(house: House) -> None:
    async with house.client() as client:
        await client.connection.session.update(session=MANUAL)
        assert (await client.until("session.updated")).session.audio.input.turn_detection is None
        await client.append(LOUD * 12)
        await client.connection.input_audio_buffer.commit()
        await client.connection.response.create()
        done = await client.until("response.done")
    assert not client.all("input_audio_buffer.speech_started")
    committed = client.all("input_audio_buffer.committed")[0]
    transcript = client.all("conversation.item.input_audio_transcription.completed")[0]
    assert (transcript.item_id, transcript.transcript) == (committed.item_id, WORDS)
    assert done.response.output[0].content[0].transcript == ANSWER
    assert house.texts() == [("user", WORDS), ("assistant", ANSWER)]
    assert [m.content for m in house.llm.prompts[0].messages[1:]] == [WORDS]
    assert len(house.stt.utterances[0]) == pytest.approx(12 * 1024, abs=256)


async def test_sound_much_faster_than_speech_is_not_read(house: House) -> None:
    piece = QUIET * 1_400
    async with house.client() as flooding:
        for _ in range(2):
            await flooding.append(piece)
        await flooding.append(piece + LOUD * 12)
        await flooding.append(QUIET * 20)
        await flooding.until("input_audio_buffer.speech_started")
        async with house.client() as other:
            await other.until("session.created")
    assert not house.stt.utterances
    assert house.texts() == []


async def test_telephones_send_and_hear_g711(house: House) -> None:
    form: Any = {"type": "audio/pcmu"}
    async with house.client() as client:
        await client.connection.session.update(
            session={
                "type": "realtime",
                "audio": {"input": {"format": form, "turn_detection": None}, "output": {"format": form}},
            }
        )
        await client.until("session.updated")
        await client.append(encode(b"\x00\x10" * 3_200, "audio/pcmu"))
        await client.connection.input_audio_buffer.commit()
        await client.connection.response.create()
        await client.until("response.done")
    sound = b"".join(base64.b64decode(event.delta) for event in client.all("response.output_audio.delta"))
    assert len(sound) == pytest.approx(len(house.tts.pieces) * 320 * 8 / 16, abs=48)
    assert len(house.stt.utterances[0]) == pytest.approx(6_400 * 2, abs=64)


async def test_a_buffer_is_cleared_and_an_empty_one_is_not_committed(house: House) -> None:
    async with house.client() as client:
        await client.connection.session.update(session=MANUAL)
        await client.append(LOUD * 12)
        await client.until("session.updated")
        await client.connection.conversation.item.retrieve(item_id="none")
        await client.until("error")
        await client.connection.input_audio_buffer.clear()
        await client.until("input_audio_buffer.cleared")
        await client.connection.input_audio_buffer.commit()
        assert (await client.until("error")).error.code == "input_audio_buffer_commit_empty"
    assert house.stt.cancelled == 1


async def test_what_is_being_said_is_cleared_or_committed_by_the_client(house: House) -> None:
    async with house.client() as client:
        await client.connection.input_audio_buffer.commit()
        assert (await client.until("error")).error.code == "input_audio_buffer_commit_empty"
        await client.append(LOUD * 12)
        await client.until("input_audio_buffer.speech_started")
        await client.connection.input_audio_buffer.clear()
        await client.until("input_audio_buffer.cleared")
        await client.append(LOUD * 12)
        await client.until("input_audio_buffer.speech_started")
        await client.connection.input_audio_buffer.commit()
        await client.until("response.done")
    assert len(client.all("input_audio_buffer.committed")) == 1


async def test_an_utterance_that_nobody_understands(house: House) -> None:
    async with house.client() as client:
        house.stt.failure = HANG_UP
        await client.speak()
        failed = await client.until("conversation.item.input_audio_transcription.failed")
        assert failed.error.code == "stt_failed"
        await client.until("error")
        house.stt.failure, house.stt.words = None, [""]
        await client.speak()
        completed = await client.until("conversation.item.input_audio_transcription.completed")
        assert completed.transcript == ""
        house.stt.words = [WORDS]
        await client.speak()
        await client.until("response.done")
