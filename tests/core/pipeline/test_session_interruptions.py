"""Speaking over the tutor."""

import asyncio
from collections.abc import Callable

from core.pipeline.notices import (
    Interrupted,
    ReplyText,
    TurnEnded,
)
from core.voice.turns import State
from tests.core.pipeline.conftest import Room
from tests.fakes.vendors import FakeModel, FakeVoice

TYPED = "What is light?"


async def test_speaking_over_the_tutor_stops_it_and_keeps_what_was_heard(make_room: Callable[..., Room]) -> None:
    room = make_room(tts=FakeVoice(seconds=30))
    await room.enter()
    room.session.ask(TYPED)
    await room.client.until(bytes)
    room.speak(3)
    assert room.client.dropped == 1
    assert room.client.kinds[-2:] == ["Interrupted", "SpeechStarted"]
    sound = len(room.client.only(bytes))
    room.speak(30)
    await room.client.until(TurnEnded)
    assert len(room.client.only(bytes)) == sound
    answer = room.client.only(TurnEnded)[0].turn_id
    assert room.client.only(Interrupted)[0].turn_id == answer
    assert set(room.stored.barge_ins) == {answer}
    assert len(" ".join(room.texts("assistant"))) < len("Well, light")
    assert room.session.state is State.LEARNER


async def test_no_sound_follows_an_interruption_even_from_a_task_that_has_not_been_cancelled_yet(
    make_room: Callable[..., Room],
) -> None:
    room = make_room(tts=FakeVoice(seconds=0.2), llm=FakeModel("One.", " Two."))
    await room.enter()
    # The player is in the midst of a step: it takes the next sound before its cancellation can reach it.
    room.client.on_play = room.session.cancel
    room.session.ask(TYPED)
    await room.client.until(TurnEnded)
    received = room.client.kinds
    assert received[received.index("Interrupted") :] == ["Interrupted", "TurnEnded"]
    assert len(room.client.only(bytes)) == 1


async def test_what_was_interrupted_is_what_the_model_is_told_was_said(make_room: Callable[..., Room]) -> None:
    room = make_room(tts=FakeVoice(seconds=0.4), llm=FakeModel("One.", " Two.", " Three.", " Four."))
    await room.enter()
    room.session.ask(TYPED)
    await room.client.until_true(lambda: room.texts("assistant") == ["One. Two."])
    room.session.cancel()
    await room.client.until(TurnEnded)
    answer = room.last("assistant")
    assert answer.interrupted
    assert answer.complete
    assert answer.text.startswith("One.")
    assert "Four." not in answer.text
    room.session.ask("And then?")
    await room.client.until(ReplyText, 2)
    said = [(message.role, message.content) for message in room.llm.prompts[-1].messages[1:]]
    assert said == [("user", TYPED), ("assistant", answer.text), ("user", "And then?")]


async def test_a_typed_question_replaces_the_answer_under_way(make_room: Callable[..., Room]) -> None:
    room = make_room(tts=FakeVoice(seconds=0.1))
    await room.enter()
    room.session.ask(TYPED)
    await room.client.until(bytes)
    room.session.ask("No, this one")
    await room.client.until(TurnEnded, 2)
    assert room.texts("user") == [TYPED, "No, this one"]
    assert room.client.only(TurnEnded)[1].turn_id == room.last("assistant").turn_id


async def test_what_was_said_before_is_kept_when_the_learner_goes_on_before_it_was_understood(room: Room) -> None:
    room.stt.words = ["First of all", "And then this"]
    room.stt.may_answer.clear()
    await room.enter()
    room.say()
    await asyncio.sleep(0.1)
    room.speak(40)
    room.stt.may_answer.set()
    await asyncio.sleep(0.1)
    room.pause(20)
    await room.client.until(TurnEnded, 2)
    assert room.texts("user") == ["First of all", "And then this"]
    assert room.texts("assistant") == ["Well, light scatters. Blue most."]
    assert [m.content for m in room.llm.prompts[-1].messages[1:]] == ["First of all", "And then this"]


async def test_questions_typed_at_once_are_all_kept(room: Room) -> None:
    await room.enter()
    for question in ("One?", "Two?", "Three?"):
        room.session.ask(question)
    await room.client.until(TurnEnded, 3)
    assert room.texts("user") == ["One?", "Two?", "Three?"]
    assert len(room.texts("assistant")) == 1


async def test_leaving_does_not_wait_for_words_that_do_not_come(room: Room) -> None:
    room.stt.may_answer.clear()
    await room.enter()
    room.say()
    await asyncio.sleep(0.1)
    room.session.cancel()
    await room.session.close()
    assert asyncio.get_running_loop().time() < 1
    assert room.stt.cancelled == 1
