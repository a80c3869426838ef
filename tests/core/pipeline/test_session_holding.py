"""A tutor who is spoken over waits, and goes on or is cut short."""

import asyncio
from array import array
from collections.abc import AsyncIterator, Callable

import pytest

from core.pipeline.notices import (
    AnswerResumed,
    Interrupted,
    Problem,
    SpeakingStarted,
    SpeechEnded,
    SpeechStarted,
    TurnEnded,
)
from core.providers.tts.port import Voice
from core.voice.dialogue import Microphone
from core.voice.turns import State
from shared.errors import AppError
from tests.core.pipeline.conftest import Room
from tests.fakes.vendors import HANG_UP, FakeModel, FakeRecogniser, FakeVoice

TYPED = "What is light?"
# The sound of a piece; an answer has three.
SECONDS = 0.6
ANSWER = "Well, light scatters. Blue most."


class CountingVoice(FakeVoice):
    """Counts in samples, so that sound that is lost or said twice can be told."""

    def __init__(self) -> None:
        super().__init__(seconds=SECONDS)
        self._next = 0

    async def speak(self, text: str, *, voice: Voice) -> AsyncIterator[bytes]:
        async for chunk in super().speak(text, voice=voice):
            end = self._next + len(chunk) // 2
            yield array("h", (number % 30_000 for number in range(self._next, end))).tobytes()
            self._next = end


def samples(items: list[object]) -> list[int]:
    sound = array("h")
    for item in items:
        if isinstance(item, bytes):
            sound.frombytes(item)
    return sound.tolist()


@pytest.fixture
async def talking(make_room: Callable[..., Room]) -> Room:
    """A tutor in mid-answer."""
    room = make_room(tts=CountingVoice(), stt=FakeRecogniser("Mm-hm."))
    await room.enter()
    room.session.ask(TYPED)
    await room.client.until(bytes, 4)
    return room


def assert_went_on(room: Room, stopped: int) -> None:
    """All of the answer was heard, and nothing of it twice."""
    received: list[object] = list(room.client.received)
    before, after = samples(received[:stopped]), samples(received[stopped:])
    assert before == list(range(len(before)))
    assert after == list(range(after[0], round(3 * SECONDS * 16_000)))
    assert room.client.only(SpeakingStarted)[-1].position_ms == after[0] // 16
    assert 0 < after[0] < len(before)
    assert room.texts("user") == [TYPED]
    assert room.texts("assistant") == [ANSWER]
    assert not room.last("assistant").interrupted
    assert room.stored.barge_ins == {}
    assert len(room.llm.prompts) == 1


@pytest.mark.parametrize(
    ("windows", "words"),
    [(2, "unheard"), (8, ""), (8, "Mm-hm."), (8, "Okay, yeah."), (8, "Well light scatters")],
    ids=["cough", "nothing", "nod", "two nods", "echo"],
)
async def test_what_is_no_interruption_lets_the_answer_go_on_where_it_stopped(
    talking: Room, windows: int, words: str
) -> None:
    room = talking
    room.stt.words = [words]
    room.speak(windows)
    received = room.client.received
    assert [type(item) for item in received[-2:]] == [Interrupted, SpeechStarted]
    stopped = len(received)
    await asyncio.sleep(0.2)
    assert room.client.dropped == 1
    assert len(received) == stopped
    room.pause(12)
    await room.client.until(TurnEnded)
    told = [type(item) for item in received[stopped:] if not isinstance(item, bytes)]
    assert told[:3] == [SpeechEnded, AnswerResumed, SpeakingStarted]
    assert_went_on(room, stopped)


async def test_an_answer_held_just_before_its_end_is_heard_to_its_end(talking: Room) -> None:
    room = talking
    await asyncio.sleep(3 * SECONDS - 0.55)
    room.speak(2)
    stopped = len(room.client.received)
    room.pause(12)
    await room.client.until(TurnEnded)
    assert_went_on(room, stopped)


async def test_an_answer_can_be_held_again_and_again(talking: Room) -> None:
    room = talking
    for _ in range(3):
        room.speak(2)
        room.pause(12)
        await room.client.until_true(lambda: room.client.kinds[-1] == "bytes")
    await room.client.until(TurnEnded)
    assert sorted(set(samples(list(room.client.received)))) == list(range(round(3 * SECONDS * 16_000)))
    assert room.texts("assistant") == [ANSWER]


async def test_a_cough_while_the_tutor_thinks_costs_nothing(make_room: Callable[..., Room]) -> None:
    room = make_room()
    room.llm.pause_at = 0
    await room.enter()
    room.session.ask(TYPED)
    await room.client.until_true(lambda: bool(room.llm.prompts))
    room.speak(3)
    room.llm.may_go_on.set()
    room.pause(12)
    await room.client.until(TurnEnded)
    assert room.client.only(Interrupted) == []
    assert room.client.only(AnswerResumed) == []
    assert room.texts("assistant") == [ANSWER]


async def test_a_real_sentence_is_answered_and_the_answer_before_ends_where_it_was_heard(talking: Room) -> None:
    room = talking
    room.stt.words = ["But why is it blue?"]
    room.speak(8)
    room.pause(3)
    await room.client.until(TurnEnded)
    cut = room.client.only(TurnEnded)[0]
    # Not all of its first word was heard.
    assert room.stored.barge_ins == {cut.turn_id: 480}
    assert cut.answer.interrupted
    assert cut.answer.text == ""
    room.pause(9)
    await room.client.until(TurnEnded, 2)
    assert room.texts("user") == [TYPED, "But why is it blue?"]
    assert room.client.only(AnswerResumed) == []
    assert len(room.client.only(Interrupted)) == 1


async def test_speech_that_goes_on_is_an_interruption_whatever_it_says(talking: Room) -> None:
    room = talking
    room.speak(30)
    assert room.session.state is State.OVER
    room.speak(2)
    assert room.session.state is State.LEARNER
    await room.client.until(TurnEnded)
    assert len(room.stored.barge_ins) == 1
    room.pause(12)
    await room.client.until(TurnEnded, 2)
    assert room.texts("user") == [TYPED, "Mm-hm."]


async def test_a_nod_that_goes_on_is_weighed_as_a_whole(talking: Room) -> None:
    room = talking
    room.stt.words = ["Okay", "Okay, but why?"]
    room.speak(6)
    room.pause(4)
    await asyncio.sleep(0.01)
    assert room.session.state is State.NODDED
    room.speak(6)
    room.pause(12)
    await room.client.until(TurnEnded, 2)
    assert room.texts("user") == [TYPED, "Okay, but why?"]
    assert room.last("user").turn_id == room.last("assistant").turn_id


async def test_a_nod_after_a_question_answers_it(make_room: Callable[..., Room]) -> None:
    room = make_room(tts=FakeVoice(seconds=0.6), stt=FakeRecogniser("Yes."), llm=FakeModel("Shall", " I?", " Or so."))
    await room.enter()
    room.session.ask(TYPED)
    await room.client.until(bytes)
    await asyncio.sleep(0.7)  # the question has just been heard
    room.speak(8)
    room.pause(12)
    await room.client.until(TurnEnded, 2)
    assert room.texts("user") == [TYPED, "Yes."]


async def test_words_that_come_late_decide_when_they_come(talking: Room) -> None:
    room = talking
    room.stt.may_answer.clear()
    room.speak(8)
    room.pause(12)
    assert room.session.state is State.JUDGING
    room.stt.words = ["Stop, please"]
    room.stt.may_answer.set()
    await room.client.until(TurnEnded, 2)
    assert room.texts("user") == [TYPED, "Stop, please"]


async def test_a_learner_who_speaks_again_before_the_words_are_known_loses_nothing(talking: Room) -> None:
    room = talking
    room.stt.may_answer.clear()
    room.stt.words = ["Wait a moment please"]
    room.speak(8)
    room.pause(12)
    room.speak(8)
    room.stt.may_answer.set()
    room.pause(12)
    await room.client.until(TurnEnded, 2)
    assert room.texts("user") == [TYPED, "Wait a moment please"]
    heard = array("h")
    heard.frombytes(room.stt.utterances[-1])
    assert heard.tolist().count(1) == 16 * 512


@pytest.mark.parametrize("failure", [HANG_UP, None], ids=["fails", "never answers"])
async def test_a_recogniser_that_fails_lets_the_answer_go_on(talking: Room, failure: AppError | None) -> None:
    room = talking
    room.stt.failure = failure
    if failure is None:
        room.stt.may_answer.clear()
    room.speak(8)
    stopped = len(room.client.received)
    room.pause(12)
    await asyncio.sleep(room.settings.stt_s)
    await room.client.until(TurnEnded)
    assert_went_on(room, stopped)


async def test_a_button_over_the_tutor_is_always_meant(make_room: Callable[..., Room]) -> None:
    room = make_room(tts=FakeVoice(seconds=2), stt=FakeRecogniser("Okay"))
    await room.enter(Microphone(detect=False))
    room.session.ask(TYPED)
    await room.client.until(bytes)
    room.session.start_recording()
    assert room.session.state is State.LEARNER
    room.speak(4)
    room.session.stop_recording()
    await room.client.until(TurnEnded, 2)
    assert room.texts("user") == [TYPED, "Okay"]


async def test_a_client_that_cancels_while_the_learner_speaks_over_it_is_heard_on(talking: Room) -> None:
    room = talking
    room.stt.words = ["Stop it there"]
    room.speak(4)
    room.session.cancel()
    await room.client.until(TurnEnded)
    room.speak(4)
    room.pause(12)
    await room.client.until(TurnEnded, 2)
    assert room.texts("user") == [TYPED, "Stop it there"]
    assert len(room.client.only(Interrupted)) == 1


@pytest.mark.parametrize("silence", [0, 4, 12], ids=["over", "weighing", "judging"])
async def test_what_is_held_can_be_replaced_or_cancelled(talking: Room, silence: int) -> None:
    room = talking
    room.stt.may_answer.clear()
    room.speak(8)
    room.pause(silence)
    room.session.ask("Typed instead")
    sound = len(room.client.only(bytes))
    await room.client.until(bytes, sound + 4)
    room.speak(8)
    room.pause(silence)
    room.session.cancel(by_learner=False)
    await room.client.until(TurnEnded, 2)
    assert room.session.state is State.IDLE
    assert room.texts("user") == [TYPED, "Typed instead"]
    assert room.client.only(AnswerResumed) == []


class BreakingVoice(FakeVoice):
    """Breaks, in a way that nobody foresaw, when told to."""

    def __init__(self) -> None:
        super().__init__()
        self.may_break = asyncio.Event()

    async def speak(self, text: str, *, voice: Voice) -> AsyncIterator[bytes]:
        async for chunk in super().speak(text, voice=voice):
            yield chunk
        if not self.may_break.is_set():
            await self.may_break.wait()
            raise RuntimeError


@pytest.mark.parametrize("silence", [0, 4, 12], ids=["over", "weighing", "judging"])
async def test_an_answer_that_fails_while_it_is_held_leaves_the_learner_the_floor(
    make_room: Callable[..., Room], silence: int
) -> None:
    tts = BreakingVoice()
    room = make_room(stt=FakeRecogniser("Okay"), tts=tts)
    room.stt.may_answer.clear()
    await room.enter()
    room.session.ask(TYPED)
    await room.client.until(bytes)
    room.speak(8)
    room.pause(silence)
    tts.may_break.set()
    await room.client.until(Problem)
    room.stt.may_answer.set()
    room.pause(12 - silence)
    await room.client.until(TurnEnded, 2)
    assert room.texts("user") == [TYPED, "Okay"]


async def test_the_text_ends_where_the_client_says_it_stopped_playing(talking: Room) -> None:
    room = talking
    turn = room.client.only(SpeakingStarted)[0].turn_id
    room.speak(2)
    room.session.acknowledge("another turn", 0)
    room.session.acknowledge(turn, 300)
    stopped = len(room.client.received)
    room.pause(12)
    await room.client.until(TurnEnded)
    assert_went_on(room, stopped)
    assert room.client.only(SpeakingStarted)[1].position_ms == 300


async def test_leaving_while_the_answer_is_held_keeps_what_was_heard(talking: Room) -> None:
    room = talking
    room.stt.may_answer.clear()
    await asyncio.sleep(0.2)
    room.speak(8)
    room.pause(4)
    await room.session.close()
    answer = room.last("assistant")
    assert answer.interrupted
    assert answer.text == "Well,"
    assert room.stored.barge_ins == {}
