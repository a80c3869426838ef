"""What a client asks for, and what it is told when that cannot be: by OpenAI's own SDK."""

import base64
from typing import Any

import pytest

from core.realtime.audio import encode
from shared.errors import BudgetExhausted, Unavailable
from tests.core.realtime.conftest import LOUD, QUIET, House
from tests.fakes.vendors import HANG_UP

WORDS = "Why is the sky blue?"
ANSWER = "Light scatters. Blue most."
MANUAL: Any = {"type": "realtime", "audio": {"input": {"turn_detection": None}}}
TEXT: Any = {**MANUAL, "output_modalities": ["text"]}


def message(text: str, role: str = "user", kind: str = "input_text", **fields: Any) -> dict[str, Any]:
    return {"type": "message", "role": role, "content": [{"type": kind, "text": text}], **fields}


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


async def test_text_alone(house: House) -> None:
    async with house.client() as client:
        await client.connection.session.update(session=TEXT)
        await client.send("conversation.item.create", item=message("Answer in verse.", "system"))
        await client.send("conversation.item.create", item=message("Hello?", id="item_mine"))
        await client.connection.response.create(
            response={"instructions": "Be short.", "metadata": {"topic": "greeting"}}
        )
        done = await client.until("response.done")
        assert done.response.metadata == {"topic": "greeting"}
        await client.send("conversation.item.create", item=message("And now?"))
        await client.connection.response.create()
        await client.until("response.done")
    assert "".join(event.delta for event in client.all("response.output_text.delta")[:4]) == ANSWER
    assert client.all("response.output_text.done")[0].text == ANSWER
    assert not client.all("response.output_audio.delta")
    assert house.tts.pieces == []
    first, second = house.llm.prompts
    assert [m.content for m in second.messages[1:]] == ["Hello?", ANSWER, "And now?"]
    assert first.messages[0].content.endswith("Be short.\n\nAnswer in verse.")
    assert second.messages[0].content.endswith("\n\nAnswer in verse.")
    assert house.texts() == [("user", "Hello?"), ("assistant", ANSWER), ("user", "And now?"), ("assistant", ANSWER)]


async def test_words_that_are_kept_until_somebody_asks(house: House) -> None:
    detection: Any = {"type": "server_vad", "create_response": False, "silence_duration_ms": 200}
    async with house.client() as client:
        await client.connection.session.update(
            session={"type": "realtime", "audio": {"input": {"turn_detection": detection}}}
        )
        await client.speak()
        await client.until("input_audio_buffer.committed")
        await client.connection.response.create()
        await client.until("response.done")
    assert client.types.count("response.created") == 1
    assert house.texts() == [("user", WORDS), ("assistant", ANSWER)]


async def test_an_answer_is_cancelled_and_stored_as_far_as_it_was_heard(house: House) -> None:
    house.tts.seconds = 30
    async with house.client() as client:
        await client.speak()
        await client.until("response.output_audio.delta")
        await client.connection.response.cancel()
        done = (await client.until("response.done")).response
        await client.connection.response.cancel()
        error = (await client.until("error")).error
    assert (done.status, done.status_details.reason) == ("cancelled", "client_cancelled")
    assert done.output[0].status == "incomplete"
    assert done.output[0].content[0].transcript != ANSWER
    assert error.code == "response_cancel_not_active"
    assert len(house.session.barge_ins) == 1


async def test_speaking_over_an_answer_stops_it(house: House) -> None:
    house.tts.seconds = 30
    house.stt.words = [WORDS, "No, tell me about the sea instead please."]
    async with house.client() as client:
        await client.speak()
        await client.until("response.output_audio.delta")
        house.tts.seconds = 0.02
        await client.speak(windows=40)
        first = (await client.until("response.done")).response
        second = (await client.until("response.done")).response
    assert (first.status, first.status_details.reason) == ("cancelled", "turn_detected")
    assert second.status == "completed"


async def test_a_nod_over_an_answer_lets_it_go_on(house: House) -> None:
    house.tts.seconds = 0.3
    house.stt.words = [WORDS, "Mm-hm.", WORDS]
    async with house.client() as client:
        await client.speak()
        begun = await client.until("response.created")
        before = await client.until("response.output_audio.delta")
        await client.speak(windows=8, silence=20)
        await client.until("input_audio_buffer.speech_stopped")
        after = await client.until("response.output_audio.delta")
        done = (await client.until("response.done")).response
        assert after.item_id == before.item_id == done.output[0].id
        assert (done.id, done.status) == (begun.response.id, "completed")
        await client.connection.response.create()
        assert (await client.until("response.done")).response.status == "completed"
    deltas = [event for event in client.all("response.output_audio.delta") if event.item_id == before.item_id]
    assert sum(len(base64.b64decode(event.delta)) for event in deltas) > 2 * 0.29 * 48_000
    assert done.output[0].content[0].transcript == ANSWER
    assert not house.session.barge_ins


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


async def test_an_answer_is_truncated_to_what_the_client_played(house: House) -> None:
    house.tts.seconds = 0.2
    async with house.client() as client:
        await client.speak()
        item = (await client.until("response.done")).response.output[0]
        for end, content in ((90_000, 0), (210, 1)):
            await client.connection.conversation.item.truncate(item_id=item.id, content_index=content, audio_end_ms=end)
        await client.connection.conversation.item.truncate(item_id=item.id, content_index=0, audio_end_ms=210)
        truncated = await client.until("conversation.item.truncated")
        await client.connection.conversation.item.retrieve(item_id=item.id)
        found = (await client.until("conversation.item.retrieved")).item
        await client.connection.session.update(session=TEXT)
        await client.send("conversation.item.create", item=message("And then?"))
        await client.connection.response.create()
        await client.until("response.done")
    assert [error.error.param for error in client.all("error")] == ["content_index", "audio_end_ms"]
    assert truncated.audio_end_ms == 210
    heard = found.content[0].transcript
    assert ANSWER.startswith(heard)
    assert heard not in {"", ANSWER}
    assert house.store.corrections == [(house.session.turns[1].turn_id, heard)]
    assert [m.content for m in house.llm.prompts[1].messages[1:]] == [WORDS, heard, "And then?"]


async def test_a_text_that_is_cancelled_ends_where_it_was_read(house: House) -> None:
    house.llm.pause_at = 3
    async with house.client() as client:
        await client.connection.session.update(session=TEXT)
        await client.send("conversation.item.create", item=message("Hello?"))
        await client.connection.response.create()
        for _ in range(3):
            await client.until("response.output_text.delta")
        await client.connection.response.cancel()
        done = (await client.until("response.done")).response
        await client.send("conversation.item.create", item=message("Once more?"))
        house.llm.may_go_on.set()
        await client.connection.response.create()
        await client.until("response.done")
    assert done.output[0].content[0].text == "Light scatters. Blue"
    assert [text for _, text in house.store.corrections] == ["Light scatters. Blue"]
    assert [m.content for m in house.llm.prompts[1].messages[1:]] == ["Hello?", "Light scatters. Blue", "Once more?"]


async def test_items_stand_where_the_client_puts_them_and_go_when_it_says_so(house: House) -> None:
    async with house.client() as client:
        await client.connection.session.update(session=TEXT)
        await client.send("conversation.item.create", item=message("Second", id="two"))
        await client.send("conversation.item.create", item=message("First", id="one"), previous_item_id="root")
        await client.send(
            "conversation.item.create",
            item=message("Between", "assistant", "output_text", id="half"),
            previous_item_id="one",
        )
        await client.send("conversation.item.create", item=message("Third", id="three"))
        await client.connection.conversation.item.delete(item_id="two")
        await client.until("conversation.item.deleted")
        await client.connection.response.create()
        await client.until("response.done")
    assert [m.content for m in house.llm.prompts[0].messages[1:]] == ["First", "Between", "Third"]


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


async def test_only_one_answer_at_a_time(house: House) -> None:
    house.tts.seconds = 30
    async with house.client() as client:
        await client.speak()
        await client.until("response.output_audio.delta")
        await client.connection.response.create(event_id="mine")
        error = (await client.until("error")).error
    assert (error.code, error.event_id) == ("conversation_already_has_active_response", "mine")


async def test_an_answer_may_be_no_longer_than_asked_for(house: House) -> None:
    async with house.client() as client:
        short: Any = {**TEXT, "max_output_tokens": 2}
        await client.connection.session.update(session=short)
        await client.send("conversation.item.create", item=message("Hello?"))
        await client.connection.response.create()
        done = (await client.until("response.done")).response
    assert (done.status, done.status_details.reason) == ("incomplete", "max_output_tokens")
    assert done.output[0].content[0].text == "Light scatters."


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (HANG_UP, "llm_failed"),
        (BudgetExhausted("the budget is spent", details={"scope": "tenant"}), "budget_exhausted"),
    ],
)
async def test_an_answer_that_fails_says_why(house: House, failure: Any, code: str) -> None:
    house.llm.failure = failure
    async with house.client() as client:
        await client.speak()
        done = (await client.until("response.done")).response
    assert (done.status, done.status_details.error.code) == ("failed", code)


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


async def test_a_client_that_orders_faster_than_can_be_stored_is_refused(house: House) -> None:
    house.stt.may_answer.clear()
    async with house.client() as client:
        await client.connection.session.update(session=MANUAL)
        await client.append(LOUD * 12)
        await client.connection.input_audio_buffer.commit()
        for n in range(110):
            await client.send("conversation.item.create", item=message(f"Number {n}"))
        assert (await client.until("error")).error.code == "rate_limit_exceeded"
        house.stt.may_answer.set()
        await client.until("conversation.item.input_audio_transcription.completed")
    assert 90 < len(house.session.turns) < 110


async def test_words_that_cannot_be_stored_are_told(house: House) -> None:
    async with house.client() as client:
        house.conversations.failures["store"] = [Unavailable("the database does not answer")]
        await client.send("conversation.item.create", item=message("Hello?"), event_id="mine")
        error = (await client.until("error")).error
    assert (error.type, error.event_id) == ("server_error", "mine")


@pytest.mark.parametrize(
    ("event", "code", "param"),
    [
        ({"type": "session.dream"}, "invalid_value", "type"),
        ({"type": "session.update", "session": {"speed": 1}}, "unknown_parameter", "session.speed"),
        (
            {"type": "session.update", "session": {"audio": {"input": {"turn_detection": {"eager": 1}}}}},
            "unknown_parameter",
            "session.audio.input.turn_detection.eager",
        ),
        (
            {"type": "session.update", "session": {"audio": {"input": {"turn_detection": {"threshold": 2}}}}},
            "invalid_value",
            "session.audio.input.turn_detection.threshold",
        ),
        (
            {"type": "session.update", "session": {"audio": {"output": {"format": {"type": "audio/opus"}}}}},
            "invalid_value",
            "session.audio.output.format.type",
        ),
        (
            {"type": "session.update", "session": {"tools": [{"type": "function"}]}},
            "unsupported_value",
            "session.tools",
        ),
        ({"type": "session.update", "session": {"type": "transcription"}}, "invalid_value", "session.type"),
        ({"type": "session.update"}, "missing_required_parameter", "session"),
        ({"type": "input_audio_buffer.append", "audio": "§"}, "invalid_audio", "audio"),
        ({"type": "input_audio_buffer.append", "audio": "AAA="}, None, None),
        ({"type": "input_audio_buffer.append", "audio": "AA=="}, "invalid_audio", "audio"),
        ({"type": "conversation.item.create", "item": {"type": "function_call"}}, "invalid_value", "item.type"),
        (
            {"type": "conversation.item.create", "item": message("x", "user", "output_text")},
            "invalid_value",
            "item.content",
        ),
        ({"type": "conversation.item.create", "item": message("  ")}, "invalid_value", "item.content"),
        (
            {"type": "conversation.item.create", "item": message("x"), "previous_item_id": "none"},
            "item_not_found",
            "previous_item_id",
        ),
        ({"type": "conversation.item.retrieve", "item_id": "none"}, "item_not_found", "item_id"),
        ({"type": "conversation.item.delete", "item_id": "none"}, "item_not_found", "item_id"),
        (
            {"type": "conversation.item.truncate", "item_id": "none", "content_index": 0, "audio_end_ms": -1},
            "invalid_value",
            "audio_end_ms",
        ),
        (
            {"type": "response.create", "response": {"conversation": "none"}},
            "unsupported_value",
            "response.conversation",
        ),
        ({"type": "response.create", "response": {"input": []}}, "unsupported_value", "response.input"),
        ({"type": "response.create", "response": {"voices": 1}}, "unknown_parameter", "response.voices"),
        ({"type": "response.create", "response": []}, "invalid_value", "response"),
        ({"type": "response.cancel"}, "response_cancel_not_active", None),
        ({"type": "output_audio_buffer.clear"}, "response_cancel_not_active", None),
    ],
)
async def test_what_cannot_be_taken_is_named_and_the_session_goes_on(
    house: House, event: dict[str, Any], code: str | None, param: str | None
) -> None:
    async with house.client() as client:
        await client.until("session.created")
        await client.connection.send({**event, "event_id": "mine"})  # pyright: ignore[reportArgumentType]  no event at all
        if code:
            error = (await client.until("error")).error
            assert (error.type, error.code, error.param, error.event_id) == (
                "invalid_request_error",
                code,
                param,
                "mine",
            )
        await client.speak()
        assert (await client.until("response.done")).response.status == "completed"
