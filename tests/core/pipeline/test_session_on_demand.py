"""A session whose client decides itself when an utterance ends and when it is answered."""

import asyncio

from core.pipeline import notices
from core.voice.dialogue import Microphone
from tests.core.pipeline.conftest import Room


async def test_what_was_said_before_is_answered_once_somebody_asks(room: Room) -> None:
    session = await room.enter(Microphone(hands_free=True, answered=False))
    room.say()
    await room.client.until(notices.TurnEnded)
    assert room.client.kinds == ["SpeechStarted", "SpeechEnded", "Heard", "TurnEnded"]
    assert room.llm.prompts == []
    session.answer(asyncio.get_running_loop().time())
    await room.client.until(notices.TurnEnded, 2)
    assert [m.content for m in room.llm.prompts[0].messages[1:]] == ["Why is the sky blue?"]
    answer = room.client.only(notices.TurnEnded)[-1].answer
    assert (answer.text, answer.interrupted) == (room.last("assistant").text, False)
    assert "".join(piece.text for piece in answer.pieces).strip() == answer.text
    assert room.texts("user") == ["Why is the sky blue?"]


async def test_a_tutor_who_may_not_be_interrupted_speaks_on(room: Room) -> None:
    room.tts.seconds = 0.2
    session = await room.enter(Microphone(hands_free=True, interrupts=False))
    session.ask("What is light?")
    await room.client.until(notices.SpeakingStarted)
    room.say()
    await room.client.until(notices.TurnEnded)
    assert "Interrupted" not in room.client.kinds
    assert room.texts("user") == ["What is light?"]
    room.say()
    await room.client.until(notices.TurnEnded, 2)
    assert room.texts("user") == ["What is light?", "Why is the sky blue?"]


async def test_a_client_may_end_an_utterance_itself(room: Room) -> None:
    session = await room.enter()
    room.speak()
    session.end_utterance()
    await room.client.until(notices.TurnEnded)
    ended = room.client.only(notices.SpeechEnded)[0]
    assert (ended.at_ms, ended.turn_id) == (8 * 32, room.last("user").turn_id)
    assert room.client.only(notices.Heard)[0].turn_id == ended.turn_id


async def test_an_end_without_an_utterance_is_told(room: Room) -> None:
    session = await room.enter()
    session.end_utterance()
    await room.client.until(notices.Problem)
    assert room.client.only(notices.Problem)[0].code == "NO_SPEECH"


async def test_an_answer_cancelled_before_it_began_is_ended_too(room: Room) -> None:
    session = await room.enter()
    session.answer(0.0)
    session.cancel()
    await room.client.until(notices.TurnEnded)
    assert room.client.only(notices.TurnEnded)[0].answer == notices.Answer("", interrupted=True)
