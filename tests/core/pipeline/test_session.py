import asyncio
from collections.abc import Callable

import pytest

from benchmarks.virtual_time import VirtualTimeLoop
from core.pipeline.notices import (
    SpeechEnded,
    SpeechStarted,
    TurnEnded,
)
from core.voice.dialogue import Microphone
from core.voice.turns import State
from shared.domain.lesson import Lesson
from shared.errors import InvalidInput, NotFound
from tests.core.pipeline.conftest import Room
from tests.fakes.detector import SPEECH
from tests.fakes.vendors import FakeModel, FakeRecogniser, FakeVoice

TYPED = "What is light?"


async def test_a_spoken_question_is_answered_aloud_and_stored(room: Room) -> None:
    await room.enter()
    room.say()
    await room.client.until(TurnEnded)
    kinds = room.client.kinds
    assert kinds[:5] == ["SpeechStarted", "SpeechEnded", "Heard", "ReplyStarted", "ReplyToken"]
    assert kinds[-2:] == ["SpeakingEnded", "TurnEnded"]
    assert kinds.index("SpeakingStarted") < kinds.index("bytes")
    assert room.tts.pieces == ["Well,", "light scatters.", "Blue most."]
    assert room.texts("user") == ["Why is the sky blue?"]
    assert room.texts("assistant") == ["Well, light scatters. Blue most."]
    user, answer = room.stored.turns
    assert user.turn_id == answer.turn_id == room.client.only(TurnEnded)[0].turn_id
    assert answer.complete
    assert not answer.interrupted
    assert answer.sound_ms == sum(len(sound) for sound in room.client.only(bytes)) * 1000 // 2 // 16_000 > 0
    assert user.sound_ms == 0
    assert room.session.state is State.IDLE


async def test_the_recogniser_hears_the_utterance_from_before_its_first_word(room: Room) -> None:
    await room.enter()
    room.pause(20)
    room.say()
    await room.client.until(TurnEnded)
    heard = room.stt.utterances[0]
    assert heard.count(SPEECH[:2]) == 8 * 512
    assert not any(heard[:6_400])


async def test_a_prepared_reply_is_kept_back_until_the_turn_is_surely_over(room: Room) -> None:
    await room.enter()
    room.speak()
    room.pause(3)
    await room.tts.spoke.wait()
    assert room.client.kinds == ["SpeechStarted"]
    assert room.conversations.stored == 0
    assert room.tts.pieces == ["Well,"]  # only the first piece is made ahead
    room.pause(8)
    await room.client.until(TurnEnded)
    assert room.equipment.counts.prepared == 1
    assert room.equipment.counts.wasted == 0


async def test_a_learner_who_goes_on_leaves_no_trace_of_the_prepared_reply(room: Room) -> None:
    await room.enter()
    room.speak()
    room.pause(3)
    await room.tts.spoke.wait()
    room.speak()
    room.pause(11)
    await room.client.until(TurnEnded)
    assert room.client.kinds.count("SpeechStarted") == 1
    assert room.texts("user") == ["Why is the sky blue?"]
    assert len(room.stored.turns) == 2
    assert room.stt.utterances[-1].count(SPEECH[:2]) == 16 * 512
    assert room.equipment.counts.wasted == 1


async def test_an_unfinished_sentence_is_given_more_time(make_room: Callable[..., Room]) -> None:
    room = make_room(stt=FakeRecogniser("The sky is blue because", "The sky is blue because of the air."))
    await room.enter()
    room.speak()
    room.pause(3)
    await room.tts.spoke.wait()
    room.pause(8)
    assert room.client.kinds == ["SpeechStarted"]
    room.say()
    await room.client.until(TurnEnded)
    assert room.texts("user") == ["The sky is blue because of the air."]


async def test_the_model_is_told_the_lesson(room: Room) -> None:
    room.stored.lessons["topic"] = Lesson("Physics", "Light", ("Light scatters.",))
    await room.enter()
    conversation = await room.session.choose_topic("topic")
    assert conversation.lesson is not None
    room.session.ask(TYPED)
    await room.client.until(TurnEnded)
    prompt = room.llm.prompts[0]
    assert prompt.lesson == conversation.lesson
    assert "Light scatters." in prompt.messages[0].content
    with pytest.raises(NotFound):
        await room.session.choose_topic("elsewhere")


@pytest.mark.parametrize(("detect", "windows"), [(True, 6), (False, 2)])
async def test_a_button_ends_the_utterance(room: Room, *, detect: bool, windows: int) -> None:
    await room.enter(Microphone(detect=detect))
    room.speak()
    assert room.client.kinds == []  # the microphone is closed
    room.session.start_recording()
    room.speak(windows)
    room.session.stop_recording()
    await room.client.until(TurnEnded)
    assert [type(notice) for notice in room.client.notices[:2]] == [SpeechStarted, SpeechEnded]
    room.session.stop_recording()
    assert room.client.kinds[-1] == "TurnEnded"


async def test_a_button_let_go_before_the_detector_is_done_waits_for_it(room: Room) -> None:
    room.detector.held = True
    await room.enter(Microphone())
    room.session.start_recording()
    room.speak()
    room.session.stop_recording()
    assert room.client.kinds == []
    room.detector.decide_all()
    await room.client.until(TurnEnded)


async def test_a_client_faster_than_the_detector_is_made_to_wait(room: Room) -> None:
    room.detector.held = True
    await room.enter()
    await room.session.room()
    room.speak(100)
    waiting = asyncio.create_task(room.session.room())
    await asyncio.sleep(0)
    assert not waiting.done()
    room.detector.decide_all()
    await waiting


async def test_half_a_sample_is_refused_and_the_session_goes_on(room: Room) -> None:
    await room.enter()
    with pytest.raises(InvalidInput, match="even number of bytes"):
        room.session.hear(b"\x00\x01\x02")
    room.say()
    await room.client.until(TurnEnded)


async def test_what_is_not_read_aloud_is_kept_in_the_text(make_room: Callable[..., Room]) -> None:
    room = make_room(llm=FakeModel("Look.", "\n```\nx = 1\n```"))
    await room.enter()
    room.session.ask(TYPED)
    await room.client.until(TurnEnded)
    assert room.tts.pieces == ["Look."]
    assert room.texts("assistant") == ["Look.\n```\nx = 1\n```"]


async def test_leaving_in_mid_answer_keeps_what_was_heard(make_room: Callable[..., Room]) -> None:
    room = make_room(tts=FakeVoice(seconds=0.4), llm=FakeModel("One.", " Two.", " Three."))
    await room.enter()
    room.session.ask(TYPED)
    await room.client.until_true(lambda: room.texts("assistant") == ["One. Two."])
    await room.session.close()
    answer = room.last("assistant")
    assert answer.interrupted
    assert answer.complete
    assert answer.text.startswith("One.")
    assert room.stored.barge_ins == {}


async def test_a_server_that_dies_in_mid_answer_has_stored_what_was_said_before(make_room: Callable[..., Room]) -> None:
    room = make_room(tts=FakeVoice(seconds=0.1), llm=FakeModel("One.", " Two.", " Three.", " Four."))
    room.llm.pause_at = 3
    await room.enter()
    room.session.ask(TYPED)
    await room.client.until_true(lambda: room.texts("assistant") == ["One."])
    assert (room.last("assistant").text, room.last("assistant").complete) == ("One.", False)
    room.llm.may_go_on.set()
    await room.client.until(TurnEnded)
    assert room.texts("assistant") == ["One. Two. Three. Four."]


async def test_draining_finishes_the_sentence_and_no_more(make_room: Callable[..., Room]) -> None:
    room = make_room(tts=FakeVoice(seconds=0.3), llm=FakeModel("One,", " two.", " Three."))
    await room.enter()
    room.session.ask(TYPED)
    await room.client.until(bytes)
    await room.session.drain(10)
    assert room.texts("assistant") == ["One, two."]
    assert room.last("assistant").interrupted
    assert room.client.kinds[-1] == "TurnEnded"


async def test_draining_does_not_wait_for_a_learner_who_speaks(room: Room) -> None:
    await room.enter()
    room.speak()
    await room.session.drain(10)
    assert room.session.state is State.IDLE


async def test_a_voice_that_hangs_does_not_hold_up_leaving(make_room: Callable[..., Room]) -> None:
    room = make_room()
    room.tts.hangs = True
    await room.enter()
    room.session.ask(TYPED)
    await room.client.until(bytes)
    await room.session.drain(0)
    await room.session.close()
    assert room.tts.closed == 1


async def test_a_clock_that_jumps_ahead_in_mid_answer_loses_nothing(make_room: Callable[..., Room]) -> None:
    room = make_room(tts=FakeVoice(seconds=0.6))
    await room.enter()
    room.session.ask(TYPED)
    await room.client.until(bytes, 4)
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualTimeLoop)
    loop.jump(3_600)
    await room.client.until(TurnEnded)
    assert sum(len(sound) for sound in room.client.only(bytes)) == round(3 * 0.6 * 32_000)
    assert room.texts("assistant") == ["Well, light scatters. Blue most."]
    room.say()
    await room.client.until(TurnEnded, 2)
    assert len(room.stored.turns) == 4
