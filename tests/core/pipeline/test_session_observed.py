"""Each turn that is over is told of once, with the stages it went through."""

from collections.abc import Callable

from core.observability.record import Outcome, StageName, TurnRecord
from core.pipeline.notices import Heard, Problem, TurnEnded
from shared.errors import Unavailable
from tests.core.pipeline.conftest import SESSION, TENANT, Room
from tests.fakes.vendors import HANG_UP, FakeVoice


def stages(record: TurnRecord) -> dict[str, int]:
    return {stage.name.value: stage.lasted_ms for stage in record.stages}


async def test_a_spoken_turn_tells_all_of_its_stages(room: Room) -> None:
    await room.enter()
    room.say()
    await room.client.until(TurnEnded)
    (record,) = room.records
    assert (record.session_id, record.tenant_id) == (SESSION, TENANT)
    assert record.turn_id == room.client.only(TurnEnded)[0].turn_id
    assert (record.outcome, record.problem, record.spoken) == (Outcome.ANSWERED, "", True)
    assert {"endpoint", "stt", "tts", "voice_to_voice", "speaking"} <= set(stages(record))
    assert stages(record)["voice_to_voice"] == room.client.only(TurnEnded)[0].times.total_ms
    assert stages(record)["voice_to_voice"] >= stages(record)["endpoint"] >= 0


async def test_a_typed_turn_has_no_end_to_be_found(room: Room) -> None:
    await room.enter()
    room.session.ask("What is light?")
    await room.client.until(TurnEnded)
    (record,) = room.records
    assert not record.spoken
    assert not {"endpoint", "stt", "barge_in"} & set(stages(record))


async def test_speech_over_the_tutor_tells_how_long_it_took_to_stop(make_room: Callable[..., Room]) -> None:
    room = make_room(tts=FakeVoice(seconds=2.0))
    await room.enter()
    room.session.ask("What is light?")
    await room.client.until(bytes)
    room.speak()
    room.session.cancel()
    await room.client.until(TurnEnded)
    (record,) = room.records
    assert record.outcome is Outcome.INTERRUPTED
    assert stages(record)["barge_in"] == room.settings.timing.barge_in_ms


async def test_a_vendors_failure_is_told_with_its_code(room: Room) -> None:
    room.llm.failure = HANG_UP
    await room.enter()
    room.session.ask("What is light?")
    await room.client.until(TurnEnded)
    (record,) = room.records
    assert (record.outcome, record.problem) == (Outcome.FAILED, "LLM_FAILED")


async def test_a_turn_that_cannot_be_stored_is_lost(room: Room) -> None:
    room.conversations.failures["store"] = [Unavailable("the database does not answer")]
    await room.enter()
    room.session.ask("What is light?")
    await room.client.until(Problem)
    (record,) = room.records
    assert (record.outcome, record.problem) == (Outcome.LOST, "TURN_NOT_STORED")


async def test_what_nobody_understood_was_unheard_and_what_was_never_told_is_not_counted(room: Room) -> None:
    room.stt.words = [""]
    await room.enter()
    room.speak()
    room.pause(3)
    room.speak()
    room.pause(11)
    await room.client.until(Heard)
    await room.client.until_true(lambda: bool(room.records))
    (record,) = room.records
    assert record.outcome is Outcome.UNHEARD
    assert StageName.VOICE_TO_VOICE.value not in stages(record)
