import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from core.pipeline.notices import (
    Heard,
    Interrupted,
    Problem,
    ReplyText,
    ReplyToken,
    SpeakingStarted,
    SpeechEnded,
    SpeechStarted,
    TurnEnded,
    Unvoiced,
)
from core.providers.tts.port import Voice
from core.voice.dialogue import Microphone
from core.voice.turns import State
from shared.domain.lesson import Lesson
from shared.errors import BudgetExhausted, InvalidInput, NotFound, Unauthenticated, Unavailable
from tests.core.pipeline.conftest import Room
from tests.fakes.detector import SPEECH
from tests.fakes.vendors import HANG_UP, FakeModel, FakeRecogniser, FakeVoice

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


async def test_speaking_over_the_tutor_stops_it_and_keeps_what_was_heard(make_room: Callable[..., Room]) -> None:
    room = make_room(tts=FakeVoice(seconds=30))
    await room.enter()
    room.session.ask(TYPED)
    await room.client.until(bytes)
    room.speak(3)
    assert room.client.dropped == 1
    assert room.client.kinds[-2:] == ["Interrupted", "SpeechStarted"]
    sound = len(room.client.only(bytes))
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


async def test_nothing_understood_is_said_to_those_who_held_a_button(make_room: Callable[..., Room]) -> None:
    room = make_room(stt=FakeRecogniser("  "))
    await room.enter(Microphone())
    room.session.start_recording()
    room.speak()
    room.session.stop_recording()
    await room.client.until(Problem)
    assert room.client.only(Problem)[0].code == "NO_SPEECH"
    room.session.configure(Microphone(hands_free=True), output_rate=16_000)
    room.say()
    await room.client.until(Heard, 2)
    await room.session.drain(1)
    assert len(room.client.only(Problem)) == 1
    assert room.conversations.stored == 0


async def goes_on(room: Room) -> None:
    """The session answers another question."""
    ended = len(room.client.only(TurnEnded))
    room.session.ask("Again?")
    await room.client.until(TurnEnded, ended + 1)
    assert room.last("assistant").text == "Well, light scatters. Blue most."


async def test_a_recogniser_that_fails_is_told_once_the_turn_is_over(room: Room) -> None:
    await room.enter()
    room.stt.failure = HANG_UP
    room.speak()
    room.pause(3)
    for _ in range(20):
        await asyncio.sleep(0)
    assert room.client.kinds == ["SpeechStarted"]
    room.pause(8)
    await room.client.until(Problem)
    assert room.client.only(Problem) == [Problem("STT_FAILED", HANG_UP.message)]
    assert room.conversations.stored == 0
    await goes_on(room)


async def test_a_recogniser_that_never_answers_runs_out_of_time(make_room: Callable[..., Room]) -> None:
    room = make_room()
    room.equipment = type(room.equipment)(
        providers=room.equipment.providers,
        speech=room.equipment.speech,
        detector=room.detector,
        conversations=room.conversations,
        settings=type(room.settings)(timing=room.settings.timing, stt_s=0),
    )
    room.stt.may_answer.clear()
    await room.enter()
    room.say()
    await room.client.until(Problem)
    assert room.client.only(Problem)[0].code == "STT_TIMEOUT"
    assert room.stt.cancelled == 1
    await goes_on(room)


async def test_what_a_failing_model_said_before_is_still_spoken(room: Room) -> None:
    await room.enter()
    room.llm.failure = HANG_UP
    room.session.ask(TYPED)
    await room.client.until(TurnEnded)
    assert room.client.only(Problem) == [Problem("LLM_FAILED", HANG_UP.message)]
    assert room.client.only(ReplyText) == []
    assert room.texts("assistant") == ["Well, light scatters."]
    room.llm.failure = None
    await goes_on(room)


async def test_a_model_that_says_nothing_has_failed(room: Room) -> None:
    await room.enter()
    tokens, room.llm.tokens = room.llm.tokens, ("", " ")
    room.session.ask(TYPED)
    await room.client.until(TurnEnded)
    assert room.client.only(Problem)[0].code == "LLM_FAILED"
    assert room.texts("assistant") == []
    room.llm.tokens = tokens
    await goes_on(room)


async def test_what_is_not_read_aloud_is_kept_in_the_text(make_room: Callable[..., Room]) -> None:
    room = make_room(llm=FakeModel("Look.", "\n```\nx = 1\n```"))
    await room.enter()
    room.session.ask(TYPED)
    await room.client.until(TurnEnded)
    assert room.tts.pieces == ["Look."]
    assert room.texts("assistant") == ["Look.\n```\nx = 1\n```"]


async def test_sentences_there_is_no_money_for_come_without_sound(room: Room) -> None:
    await room.enter()
    room.tts.failure = BudgetExhausted("the budget is spent")
    room.session.ask(TYPED)
    await room.client.until(TurnEnded)
    assert [unvoiced.text for unvoiced in room.client.only(Unvoiced)] == room.tts.pieces
    assert room.client.only(Problem) == []
    assert room.last("assistant").text == "Well, light scatters. Blue most."


async def test_an_answer_there_is_no_money_for_says_so(room: Room) -> None:
    await room.enter()
    room.llm.failure = BudgetExhausted("the budget is spent", details={"resets_at": "2026-11-22T00:00:00Z"})
    room.llm.tokens = ()
    room.session.ask(TYPED)
    await room.client.until(TurnEnded)
    problem = Problem("BUDGET_EXHAUSTED", "the budget is spent", details={"resets_at": "2026-11-22T00:00:00Z"})
    assert room.client.only(Problem) == [problem]
    assert room.client.left is None


async def test_a_caller_revoked_in_mid_answer_must_leave(make_room: Callable[..., Room]) -> None:
    room = make_room(tts=FakeVoice(seconds=0.4), llm=FakeModel("One.", " Two.", " Three."))
    await room.enter()
    room.session.ask(TYPED)
    await room.client.until(bytes)
    room.conversations.revoked.add("credential")
    await room.client.until(TurnEnded)
    assert isinstance(room.client.left, Unauthenticated)


async def test_a_voice_that_fails_half_way_is_told_and_what_it_said_is_kept(room: Room) -> None:
    await room.enter()
    room.tts.failure = HANG_UP
    room.session.ask(TYPED)
    await room.client.until(TurnEnded)
    assert room.client.only(Problem) == [Problem("TTS_FAILED", HANG_UP.message)]
    assert room.tts.pieces == ["Well,"]
    assert room.texts("assistant") == ["Well,"]
    room.tts.failure = None
    await goes_on(room)


async def test_words_that_cannot_be_stored_are_reported_and_not_answered(room: Room) -> None:
    await room.enter()
    room.conversations.failures["store"] = [Unavailable("the database does not answer")]
    room.session.ask(TYPED)
    await room.client.until(Problem)
    assert room.client.only(Problem)[0].code == "TURN_NOT_STORED"
    assert room.client.only(SpeakingStarted) == []
    assert room.stored.turns == []
    await goes_on(room)


async def test_a_caller_who_was_revoked_must_leave(room: Room) -> None:
    await room.enter()
    room.conversations.revoked.add("credential")
    room.session.ask(TYPED)
    await room.client.until(Problem)
    assert isinstance(room.client.left, Unauthenticated)
    assert not room.client.only(Problem)[0].recoverable
    assert room.client.only(ReplyToken) == []


async def test_our_own_mistake_ends_the_turn_and_not_the_session(
    make_room: Callable[..., Room], caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(FakeVoice):
        broken = True

        async def speak(self, text: str, *, voice: Voice) -> AsyncIterator[bytes]:
            if self.broken:
                raise RuntimeError(f"not one of ours: {text}")
            async for chunk in super().speak(text, voice=voice):
                yield chunk

    tts = Broken()
    room = make_room(tts=tts)
    await room.enter()
    room.session.ask(TYPED)
    await room.client.until(TurnEnded)
    assert room.client.only(Problem)[0].code == "INTERNAL_ERROR"
    logged = [vars(record) for record in caplog.records if record.message == "reply_failed"]
    assert [facts["kind"] for facts in logged] == ["RuntimeError"]
    assert "Well" not in repr(logged)
    tts.broken = False
    await goes_on(room)


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
    await room.client.until_true(lambda: bool(room.texts("assistant")))
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
