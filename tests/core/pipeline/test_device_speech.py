"""A client that speaks the tutor's sentences itself: all that differs is who makes the sound."""

import asyncio
from collections.abc import Callable

import pytest

from core.pipeline.device_speech import sentences
from core.pipeline.notices import AnswerResumed, Interrupted, SpeakingEnded, SpeakingStarted, TurnEnded, Unvoiced
from core.providers.tts.port import Voice
from core.voice.dialogue import Microphone
from core.voice.turns import State
from tests.core.pipeline.conftest import Room
from tests.fakes.vendors import FakeModel, FakeRecogniser

TYPED = "What is light?"
ONE = "Light is a wave that needs nothing at all to travel in."
TWO = " It scatters on the molecules of the air."
THREE = " Blue scatters most."
RATE = 16_000


@pytest.fixture
async def room(make_room: Callable[..., Room]) -> Room:
    """A session whose client speaks, on a tutor with three sentences."""
    made = make_room(llm=FakeModel(ONE, TWO, THREE), stt=FakeRecogniser("Mm-hm."))
    await made.enter()
    switch(made, device=True)
    return made


def switch(room: Room, *, device: bool) -> None:
    room.session.configure(Microphone(hands_free=True), output_rate=RATE, device_speech=device)


def told(room: Room) -> list[Unvoiced]:
    return room.client.only(Unvoiced)


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_a_whole_turn_comes_sentence_by_sentence_when_each_is_due(room: Room) -> None:
    due: list[float] = []
    begin = now()
    room.session.ask(TYPED)
    for count in (1, 2, 3):
        await room.client.until(Unvoiced, count)
        due.append(now() - begin)
    await room.client.until(TurnEnded)
    first, second, third = told(room)
    assert [each.text for each in told(room)] == [ONE, TWO.strip(), THREE.strip()]
    assert [each.index for each in told(room)] == [0, 1, 2]
    assert [each.position_ms for each in told(room)] == [
        0,
        first.duration_ms,
        pytest.approx(first.duration_ms + second.duration_ms, abs=1),
    ]
    assert first.duration_ms == pytest.approx(len(ONE) * 65, abs=1)
    assert room.last("assistant").sound_ms == 0  # none of it was ours
    assert due[0] == pytest.approx(0)
    assert due[1] == pytest.approx(first.duration_ms / 1000 - 0.4, abs=0.01)
    assert due[2] == pytest.approx(third.position_ms / 1000 - 0.4, abs=0.01)
    assert now() - begin == pytest.approx((third.position_ms + third.duration_ms) / 1000, abs=0.01)
    assert room.client.only(bytes) == []
    assert room.tts.pieces == []
    assert len(room.client.only(SpeakingStarted)) == len(room.client.only(SpeakingEnded)) == 1
    assert room.last("assistant").text == ONE + TWO + THREE
    assert not room.last("assistant").interrupted


async def test_an_interruption_cuts_the_text_by_the_likely_length(room: Room) -> None:
    room.session.ask(TYPED)
    await room.client.until(Unvoiced, 2)
    await asyncio.sleep(0.4 + len(" It scatters ") * 0.065)
    room.session.cancel()
    await room.client.until(TurnEnded)
    assert room.last("assistant").interrupted
    assert room.last("assistant").text == ONE + " It scatters"
    assert len(told(room)) == 2
    assert list(room.stored.barge_ins.values()) == [pytest.approx((len(ONE) + len("It scatters")) * 65, abs=200)]


async def test_an_interruption_cuts_the_text_where_the_client_says_it_is(room: Room) -> None:
    """It speaks a third faster than was thought, and then not at all."""
    room.session.ask(TYPED)
    await room.client.until(Unvoiced)
    first = told(room)[0]
    await asyncio.sleep(1)
    room.session.acknowledge(first.turn_id, len("Light is a wave that needs") * 65 + 10)
    room.session.cancel()
    await room.client.until(TurnEnded)
    assert room.last("assistant").text == "Light is a wave that needs"


@pytest.mark.parametrize("pace", [0.5, 2.0])
async def test_sentences_come_at_the_pace_the_client_speaks(room: Room, pace: float) -> None:
    begin = now()
    room.session.ask(TYPED)
    await room.client.until(Unvoiced)
    turn, first = told(room)[0].turn_id, told(room)[0].duration_ms
    while len(told(room)) == 1:
        await asyncio.sleep(0.1)
        room.session.acknowledge(turn, round((now() - begin) * 1000 * pace))
        await asyncio.sleep(0)
        assert now() - begin < 10
    assert now() - begin == pytest.approx((first - 300) / 1000 / pace, abs=0.5)
    room.session.acknowledge(turn, 10**6)
    await room.client.until(Unvoiced, 3)
    room.session.acknowledge(turn, 10**6)
    await room.client.until(TurnEnded)
    assert room.last("assistant").text == ONE + TWO + THREE


async def test_what_was_not_sent_cannot_have_been_heard(room: Room) -> None:
    room.session.ask(TYPED)
    await room.client.until(Unvoiced)
    room.session.acknowledge(told(room)[0].turn_id, 10**6)
    room.session.cancel()
    await room.client.until(TurnEnded)
    assert room.last("assistant").text == ONE


async def test_a_nod_lets_it_go_on_within_the_sentence(room: Room) -> None:
    room.session.ask(TYPED)
    await room.client.until(Unvoiced)
    await asyncio.sleep(0.065 * len("Light is a wave that ne"))
    room.speak(8)
    assert room.session.state is State.OVER
    assert len(room.client.only(Interrupted)) == 1
    room.pause(12)
    await room.client.until(AnswerResumed)
    await room.client.until(Unvoiced, 2)
    again = told(room)[1]
    assert (again.index, again.text) == (0, "needs nothing at all to travel in.")
    assert again.position_ms == room.client.only(SpeakingStarted)[1].position_ms
    assert again.position_ms + again.duration_ms == pytest.approx(told(room)[0].duration_ms, abs=2)
    await room.client.until(TurnEnded)
    assert [each.index for each in told(room)] == [0, 0, 1, 2]
    assert room.last("assistant").text == ONE + TWO + THREE
    assert room.stored.barge_ins == {}


async def test_words_over_it_are_answered(room: Room) -> None:
    room.stt.words = ["But why is it blue?"]
    room.session.ask(TYPED)
    await room.client.until(Unvoiced)
    await asyncio.sleep(1)
    room.speak(8)
    room.pause(12)
    await room.client.until(TurnEnded, 2)
    assert room.texts("user") == [TYPED, "But why is it blue?"]
    assert ONE.startswith(room.texts("assistant")[0])
    assert len(room.stored.barge_ins) == 1


async def test_draining_lets_it_finish_the_sentence(room: Room) -> None:
    room.session.ask(TYPED)
    await room.client.until(Unvoiced)
    await room.session.drain(20)
    assert room.last("assistant").text == ONE


async def test_who_speaks_may_change_in_mid_session(room: Room) -> None:
    room.session.ask(TYPED)
    await room.client.until(TurnEnded)
    switch(room, device=False)
    room.session.ask(TYPED)
    await room.client.until(TurnEnded, 2)
    assert room.tts.pieces == [ONE, TWO.strip(), THREE.strip()]
    assert len(told(room)) == 3


def test_a_faster_voice_takes_less_and_a_passage_goes_on_in_its_middle() -> None:
    text = "One sentence is here. Another one follows it."
    slow = sentences(text, first=3, rate=1000, speed=Voice().speed)
    fast = sentences(text, first=3, rate=1000, speed=2)
    assert [(each.index, each.text) for each in slow] == [(3, "One sentence is here."), (4, "Another one follows it.")]
    assert [each.samples for each in fast] == [pytest.approx(each.samples / 2, abs=1) for each in slow]
    rest = sentences(text, first=0, rate=1000, speed=1, skip_ms=slow[0].samples + 8 * 65)
    assert [(each.index, each.text) for each in rest] == [(0, "one follows it.")]
    assert sentences(text, first=0, rate=1000, speed=1, skip_ms=10_000) == []
