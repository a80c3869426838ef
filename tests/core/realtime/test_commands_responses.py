"""Answers that a client asks for, stops and speaks over: by OpenAI's own SDK."""

import base64
from typing import Any

import pytest

from shared.errors import BudgetExhausted
from tests.core.realtime.conftest import ANSWER, TEXT, WORDS, House, message
from tests.fakes.vendors import HANG_UP


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


async def test_a_text_that_is_cancelled_ends_where_it_was_read(house: House) -> None:
    house.llm.pause_at = 3
    async with house.client() as client:
        await client.connection.session.update(session=TEXT)
        await client.send("conversation.item.create", item=message("Hello?"))
        await client.connection.response.create()
        read = ""
        while read != "Light scatters. Blue":
            read += (await client.until("response.output_text.delta")).delta
        await client.connection.response.cancel()
        done = (await client.until("response.done")).response
        await client.send("conversation.item.create", item=message("Once more?"))
        house.llm.may_go_on.set()
        await client.connection.response.create()
        await client.until("response.done")
    assert done.output[0].content[0].text == "Light scatters. Blue"
    assert [text for _, text in house.store.corrections] == ["Light scatters. Blue"]
    assert [m.content for m in house.llm.prompts[1].messages[1:]] == ["Hello?", "Light scatters. Blue", "Once more?"]


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
