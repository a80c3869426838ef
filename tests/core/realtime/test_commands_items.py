"""What a client writes into the conversation, and takes out of it: by OpenAI's own SDK."""

from shared.errors import Unavailable
from tests.core.realtime.conftest import ANSWER, LOUD, MANUAL, TEXT, WORDS, House, message


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
    assert "".join(event.delta for event in client.all("response.output_text.delta")) == 2 * ANSWER
    assert client.all("response.output_text.done")[0].text == ANSWER
    assert not client.all("response.output_audio.delta")
    assert house.tts.pieces == []
    first, second = house.llm.prompts
    assert [m.content for m in second.messages[1:]] == ["Hello?", ANSWER, "And now?"]
    assert first.messages[0].content.endswith("Be short.\n\nAnswer in verse.")
    assert second.messages[0].content.endswith("\n\nAnswer in verse.")
    assert house.texts() == [("user", "Hello?"), ("assistant", ANSWER), ("user", "And now?"), ("assistant", ANSWER)]


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


async def test_an_item_and_what_the_model_is_told_are_bounded(house: House) -> None:
    async with house.client() as client:
        await client.connection.session.update(session=TEXT)
        long = {**message("x" * 9_000), "content": [{"type": "input_text", "text": "x" * 9_000}] * 2}
        await client.send("conversation.item.create", item=long, event_id="long")
        for number in range(3):
            await client.send("conversation.item.create", item=message("y" * 15_000, "system", id=str(number)))
        await client.connection.conversation.item.delete(item_id="0")
        await client.send("conversation.item.create", item=message("z" * 15_000, "system"), event_id="after")
        await client.send("conversation.item.create", item=message("Hello?"))
        await client.connection.response.create()
        await client.until("response.done")
    refused = client.all("error")
    assert [(each.error.code, each.error.param) for each in refused] == [("invalid_value", "item.content")] * 2
    assert refused[0].error.event_id == "long"
    told = house.llm.prompts[0].messages[0].content
    assert (told.count("y" * 15_000), told.count("z" * 15_000)) == (1, 1)


async def test_the_model_is_reminded_of_the_last_items_only(house: House) -> None:
    async with house.client() as client:
        await client.connection.session.update(session=TEXT)
        for number in range(60):
            await client.send("conversation.item.create", item=message(f"Number {number}"))
        await client.connection.response.create()
        await client.until("response.done")
    assert len(house.session.turns) == 61
    assert [m.content for m in house.llm.prompts[0].messages[1:]][-1] == "Number 59"
    assert len(house.llm.prompts[0].messages) <= 41
