"""What a session does when a vendor, the store or we ourselves fail."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from core.pipeline.notices import (
    Heard,
    Problem,
    ReplyText,
    ReplyToken,
    SpeakingStarted,
    TurnEnded,
    Unvoiced,
)
from core.providers.tts.port import Voice
from core.voice.dialogue import Microphone
from shared.errors import BudgetExhausted, Unauthenticated, Unavailable
from tests.core.pipeline.conftest import Room
from tests.fakes.vendors import HANG_UP, FakeModel, FakeRecogniser, FakeVoice
from tests.support.log_lines import logged

TYPED = "What is light?"


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
    make_room: Callable[..., Room], capsys: pytest.CaptureFixture[str]
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
    told = logged(capsys, "reply_failed")
    assert [facts["kind"] for facts in told] == ["RuntimeError"]
    assert "Well" not in repr(told)
    tts.broken = False
    await goes_on(room)
