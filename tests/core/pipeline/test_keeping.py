"""An answer whose connection ends in mid-sentence goes on on the next one."""

from collections.abc import Callable

from core.pipeline.conversations import Unsaid
from core.pipeline.notices import AnswerResumed, SpeakingStarted, TurnEnded
from tests.core.pipeline.conftest import Room
from tests.fakes.vendors import FakeModel, FakeVoice

QUESTION = "What is light?"
WHOLE = "One. Two. Three. Four."


async def speaking(make_room: Callable[..., Room], until: str) -> Room:
    """A room whose tutor has said so much of an answer of four sentences, half a second each."""
    room = make_room(tts=FakeVoice(seconds=0.5), llm=FakeModel("One.", " Two.", " Three.", " Four."))
    await room.enter()
    room.session.ask(QUESTION)
    await room.client.until_true(lambda: room.texts("assistant") == [until])
    return room


async def come_back(room: Room) -> None:
    """Another connection of the same session; what the one before was told and said is forgotten."""
    room.client.received.clear()
    room.tts.pieces.clear()
    room.tts.closed = 0
    await room.enter()
    room.session.go_on()


async def test_a_line_that_drops_has_the_clause_that_was_cut_said_again_and_the_rest(
    make_room: Callable[..., Room],
) -> None:
    room = await speaking(make_room, "One. Two.")
    await room.session.close()
    cut = room.last("assistant")
    assert cut.unsaid is not None
    assert cut.unsaid.said + cut.unsaid.rest == WHOLE
    await come_back(room)
    await room.client.until(TurnEnded)
    [user, answer] = room.stored.turns
    assert (answer.text, answer.complete, answer.interrupted, answer.unsaid) == (WHOLE, True, False, None)
    assert answer.turn_id == user.turn_id
    assert " ".join(room.tts.pieces) == cut.unsaid.rest.strip()
    assert [type(notice) for notice in room.client.notices if not isinstance(notice, bytes)][:2] == [
        AnswerResumed,
        SpeakingStarted,
    ]
    assert [turn.text for turn in room.session.history] == [QUESTION, WHOLE]


async def test_a_server_that_dies_leaves_what_is_needed_to_go_on(make_room: Callable[..., Room]) -> None:
    room = await speaking(make_room, "")
    await room.client.until_true(lambda: room.last("assistant").unsaid == Unsaid("", WHOLE))
    await room.client.until_true(lambda: room.last("assistant").unsaid == Unsaid("One.", " Two. Three. Four."))
    assert not room.last("assistant").complete
    died = room.stored.turns[:]
    await room.session.close()
    room.stored.turns[:] = died
    await come_back(room)
    await room.client.until(TurnEnded)
    assert room.tts.pieces == ["Two.", "Three.", "Four."]
    assert room.texts("assistant") == [WHOLE]


async def test_a_drained_answer_goes_on_with_the_next_sentence(make_room: Callable[..., Room]) -> None:
    room = await speaking(make_room, "One.")
    await room.session.drain(10)
    heard = room.last("assistant")
    await room.session.close()
    assert heard.unsaid == Unsaid(heard.text, WHOLE.removeprefix(heard.text))
    await come_back(room)
    await room.client.until(TurnEnded)
    assert f"{heard.text} {' '.join(room.tts.pieces)}" == WHOLE
    assert room.texts("assistant") == [WHOLE]


async def test_an_answer_may_be_cut_more_than_once(make_room: Callable[..., Room]) -> None:
    room = await speaking(make_room, "One.")
    for heard in ("One. Two.", "One. Two. Three."):
        await room.session.close()
        await come_back(room)
        await room.client.until_true(lambda heard=heard: room.last("assistant").text == heard)
    await room.session.close()
    await come_back(room)
    await room.client.until(TurnEnded)
    assert room.texts("assistant") == [WHOLE]


async def test_what_was_interrupted_does_not_go_on(make_room: Callable[..., Room]) -> None:
    room = await speaking(make_room, "One. Two.")
    room.session.cancel()
    await room.client.until(TurnEnded)
    await room.session.close()
    assert room.last("assistant").unsaid is None
    before = room.texts("assistant")
    await come_back(room)
    assert room.client.kinds == []
    assert room.texts("assistant") == before


async def test_what_the_model_had_not_written_yet_is_not_said(make_room: Callable[..., Room]) -> None:
    room = make_room(tts=FakeVoice(seconds=0.5), llm=FakeModel("One.", " Two.", " Thr", "ee."))
    room.llm.pause_at = 3
    await room.enter()
    room.session.ask(QUESTION)
    await room.client.until_true(lambda: room.texts("assistant") == ["One."])
    await room.session.close()
    await come_back(room)
    await room.client.until(TurnEnded)
    assert room.texts("assistant") == ["One. Two."]
    assert room.last("assistant").complete
