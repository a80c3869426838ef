"""What a turn noted becomes its record."""

import pytest

from core.observability.moments import Moments
from core.observability.record import Outcome, Stage, StageName, TurnRecord
from shared.clock import utc_now


@pytest.fixture
def moments() -> Moments:
    return Moments(100.0)


def recorded(moments: Moments) -> TurnRecord:
    return moments.record("turn", now=103.0, outcome=Outcome.ANSWERED)


def test_stages_count_from_the_learners_last_sound(moments: Moments) -> None:
    moments.begin(StageName.STT, 100.1)
    moments.end(StageName.STT, 100.25)
    moments.end(StageName.VOICE_TO_VOICE, 100.7)
    record = recorded(moments)
    assert record.stages == (Stage(StageName.VOICE_TO_VOICE, 0, 700), Stage(StageName.STT, 100, 250))
    assert [stage.lasted_ms for stage in record.stages] == [700, 150]
    assert (record.lasted_ms, record.spoken) == (3_000, True)
    assert 3 <= (utc_now() - record.began_at).total_seconds() < 60


def test_of_each_stage_the_first_time_counts(moments: Moments) -> None:
    for now in (100.1, 100.2):
        moments.begin(StageName.TTS, now)
    for now in (100.3, 100.4):
        moments.end(StageName.TTS, now)
    assert moments.lasted(StageName.TTS) == 200
    assert recorded(moments).stages == (Stage(StageName.TTS, 100, 300),)


def test_a_stage_may_tell_how_long_it_took(moments: Moments) -> None:
    moments.begin(StageName.LLM, 100.1)
    moments.took(StageName.LLM, 220)
    moments.took(StageName.BARGE_IN, 150, until=102.0)
    assert recorded(moments).stages == (Stage(StageName.LLM, 100, 320), Stage(StageName.BARGE_IN, 1_850, 2_000))


def test_a_stage_that_took_no_time_never_ended(moments: Moments) -> None:
    moments.begin(StageName.LLM, 100.1)
    moments.took(StageName.LLM, 0)
    moments.end(StageName.SPEAKING, 102.0)
    assert recorded(moments).stages == ()


def test_what_never_ended_is_not_in_the_record(moments: Moments) -> None:
    moments.begin(StageName.LLM, 100.1)
    assert moments.lasted(StageName.LLM) is None
    record = recorded(moments)
    assert record.stages == ()
    assert not record.spoken
