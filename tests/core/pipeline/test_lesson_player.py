"""A lesson told passage by passage: its stops, interruptions and where it goes on."""

from collections.abc import Callable

import pytest

from core.pipeline.notices import Heard, Interrupted, Playback, Problem, ReplyText, SegmentStarted, TurnEnded
from shared.domain.lesson import Lesson, Stop
from shared.errors import InvalidInput, Unavailable
from tests.core.pipeline.conftest import Room
from tests.fakes.vendors import FakeVoice

LIGHT = Lesson("Light", "Rainbows", ("Sunlight holds every colour.", "A raindrop bends it.", "So we see a bow."))
CHECKED = Lesson(
    *("Light", "Rainbows"),
    passages=("Sunlight holds every colour.", "A raindrop bends it."),
    stops=(Stop(0, "checkpoint", "What does sunlight hold?"),),
)


def stopping(kind: str) -> Lesson:
    return Lesson("Light", "Rainbows", ("One.", "Two."), stops=(Stop(0, kind),))  # type: ignore[arg-type]


async def enter(room: Room, lesson: Lesson = LIGHT) -> Room:
    room.stored.lessons, room.stored.topic_id = {"t": lesson}, "t"
    await room.enter()
    return room


async def until_state(room: Room, *states: str) -> Playback:
    await room.client.until_true(lambda: [p.state for p in room.client.only(Playback)][-len(states) :] == list(states))
    return room.client.only(Playback)[-1]


def told(room: Room) -> list[int]:
    return [segment.position for segment in room.client.only(SegmentStarted)]


async def test_a_lesson_is_told_to_its_end_and_nothing_of_it_is_a_turn(room: Room) -> None:
    await enter(room)
    room.session.play()
    ended = await until_state(room, "ended")
    assert told(room) == [0, 1, 2]
    assert room.tts.pieces == list(LIGHT.passages)
    assert (ended.position, ended.total, ended.offset_ms) == (3, 3, 0)
    await room.session.close()
    assert room.stored.turns == []
    assert room.llm.prompts == []
    assert room.stored.stood_at[-1] == (3, 0)


async def test_it_begins_where_it_was_left_and_anew_after_its_end(room: Room) -> None:
    room.stored.stood_at = [(1, 10)]
    await enter(room)
    room.session.play()
    await until_state(room, "ended")
    assert [(s.position, s.offset_ms) for s in room.client.only(SegmentStarted)] == [(1, 10), (2, 0)]
    room.session.play(2, 10)
    await until_state(room, "ended", "ended")
    assert [(s.position, s.offset_ms) for s in room.client.only(SegmentStarted)][2:] == [(2, 10)]


async def test_a_question_interrupts_and_the_passage_goes_on_after_the_answer(make_room: Callable[..., Room]) -> None:
    room = await enter(make_room(tts=FakeVoice(seconds=0.3)))
    room.session.play()
    await room.client.until(bytes)
    await room.client.until(bytes)
    room.session.ask("Why is it round?")
    await until_state(room, "interrupted")
    await room.client.until(SegmentStarted, 2)
    assert told(room)[:2] == [0, 0]
    assert room.texts("user") == ["Why is it round?"]
    assert room.texts("assistant") == ["Well, light scatters. Blue most."]
    assert "Being taught now:\nSunlight holds every colour." in room.llm.prompts[0].messages[0].content
    assert len(room.stored.barge_ins) == 1
    await until_state(room, "ended")
    assert told(room) == [0, 0, 1, 2]


async def test_a_spoken_interruption_is_answered_and_the_lesson_goes_on(make_room: Callable[..., Room]) -> None:
    room = await enter(make_room(tts=FakeVoice(seconds=2)))
    room.session.play()
    await room.client.until(bytes)
    room.say()
    await room.client.until(Heard)
    room.tts.seconds = 0.02
    await until_state(room, "ended")
    assert room.client.only(Interrupted)
    assert told(room) == [0, 0, 1, 2]
    assert room.texts("user") == ["Why is the sky blue?"]


async def test_pause_play_and_seek(make_room: Callable[..., Room]) -> None:
    room = await enter(make_room(tts=FakeVoice(seconds=3)))
    room.session.play(1)
    await room.client.until(bytes)
    room.session.pause()
    paused = await until_state(room, "paused")
    assert (paused.position, paused.offset_ms) == (1, 0)
    assert room.stored.barge_ins == {}
    room.session.play()
    await room.client.until(SegmentStarted, 2)
    room.tts.seconds = 0.02
    room.session.play(2)
    await until_state(room, "ended")
    assert told(room) == [1, 1, 2]


async def test_the_place_of_an_interruption_is_kept_a_little_earlier(make_room: Callable[..., Room]) -> None:
    room = await enter(make_room(tts=FakeVoice(seconds=3)))
    room.session.play(1, 2_900)
    await room.client.until(bytes)
    room.session.pause()
    paused = await until_state(room, "paused")
    assert 900 <= paused.offset_ms <= 1_200
    await room.session.close()
    assert room.stored.stood_at[-1] == (1, paused.offset_ms)


async def test_a_checkpoint_is_asked_and_its_answer_awaited(room: Room) -> None:
    await enter(room, CHECKED)
    room.session.play()
    await until_state(room, "checkpoint")
    assert told(room) == [0]
    assert room.client.only(ReplyText)[-1].text == "What does sunlight hold?"
    assert room.texts("assistant") == ["What does sunlight hold?"]
    room.say()
    await until_state(room, "ended")
    assert told(room) == [0, 1]
    prompt = room.llm.prompts[0]
    assert "You asked the learner: What does sunlight hold?" in prompt.messages[0].content
    assert [m.content for m in prompt.messages[1:]] == ["What does sunlight hold?", "Why is the sky blue?"]


async def test_silence_at_a_checkpoint_keeps_it_open_until_the_client_goes_on(make_room: Callable[..., Room]) -> None:
    room = await enter(make_room(), CHECKED)
    room.stt.words = [""]
    room.session.play()
    await until_state(room, "checkpoint")
    room.say()
    await room.client.until(Heard)
    assert told(room) == [0]
    room.session.play()
    await until_state(room, "ended")
    assert told(room) == [0, 1]


@pytest.mark.parametrize("kind", ["natural", "optional", "mandatory"])
async def test_a_stopping_point_offers_to_stop(room: Room, kind: str) -> None:
    await enter(room, stopping(kind))
    room.session.play()
    await until_state(room, "stopping_point")
    room.session.ask("No, let's stop here.")
    paused = await until_state(room, "paused")
    assert (told(room), paused.position) == ([0], 1)
    room.session.play()
    await until_state(room, "ended")
    assert told(room) == [0, 1]


async def test_who_wants_to_go_on_after_a_stopping_point_goes_on(room: Room) -> None:
    await enter(room, stopping("natural"))
    room.session.play()
    await until_state(room, "stopping_point")
    room.session.ask("Yes please")
    await until_state(room, "ended")
    assert told(room) == [0, 1]


async def test_without_a_lesson_nothing_is_played(room: Room) -> None:
    await room.enter()
    with pytest.raises(InvalidInput, match="no lesson") as caught:
        room.session.play()
    assert caught.value.error_code == "no_lesson"


async def test_a_passage_that_is_not_there_is_refused(room: Room) -> None:
    await enter(room)
    with pytest.raises(InvalidInput, match="from 0 to 2"):
        room.session.play(3)


async def test_a_place_that_cannot_be_stored_is_reported_and_the_lesson_goes_on(room: Room) -> None:
    room.conversations.failures["stand_at"] = [Unavailable("no database")]
    await enter(room)
    room.session.play(2)
    await until_state(room, "ended")
    assert [problem.code for problem in room.client.only(Problem)] == ["PROGRESS_NOT_STORED"]


async def test_a_lesson_without_sound_waits_after_each_passage(room: Room) -> None:
    await enter(room, Lesson("L", "T", ("```code```", "Two.")))
    room.session.play()
    paused = await until_state(room, "paused")
    assert paused.position == 1
    assert len(room.client.only(TurnEnded)) == 1
