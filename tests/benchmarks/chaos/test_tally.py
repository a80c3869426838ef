"""What counts as stored, told, lost, twice and half."""

from datetime import UTC, datetime

import pytest

from benchmarks.chaos.learner import Asked
from benchmarks.chaos.tally import Tally, table
from shared.repositories.turns import Turn


def stored(role: str, words: str, *, turn_id: str = "t1", complete: bool = True) -> Turn:
    return Turn(
        id="i",
        turn_id=turn_id,
        sequence=1,
        role="user" if role == "user" else "assistant",
        content=words,
        audio_url=None,
        stt_ms=None,
        llm_ms=None,
        tts_ms=None,
        total_ms=None,
        interrupted=False,
        complete=complete,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


QUESTION = stored("user", "Why?")
ANSWER = stored("assistant", "Because.")
UNFINISHED = stored("assistant", "Bec", complete=False)
HEARD = Asked("Why?", told=True, over=True)


@pytest.mark.parametrize(
    ("asked", "turns", "expected"),
    [
        (HEARD, [QUESTION, ANSWER], "stored"),
        (HEARD, [], "lost"),
        (Asked("Why?"), [], "lost"),
        (Asked("Why?", problem="TURN_NOT_STORED"), [], "told_lost"),
        (Asked("Why?", told=True, problem="TURN_NOT_STORED"), [], "lost"),
        (HEARD, [QUESTION, ANSWER, stored("user", "Why?", turn_id="t2")], "twice"),
        (HEARD, [QUESTION, UNFINISHED], "half"),
        (HEARD, [QUESTION], "half"),
        (Asked("Why?", told=True), [QUESTION, ANSWER], "half"),
        (Asked("Why?", told=True, over=True, problem="LLM_FAILED"), [QUESTION, UNFINISHED], "stored"),
    ],
)
def test_one_turn(asked: Asked, turns: list[Turn], expected: str) -> None:
    tally = Tally("test")
    tally.count(asked, turns)
    found = {name for name in ("stored", "told_lost", "lost", "twice", "half") if getattr(tally, name)}
    assert found - ({"stored"} if expected == "half" else set()) == {expected}
    assert tally.is_good == (expected in {"stored", "told_lost"})
    assert bool(tally.notes) != tally.is_good


def test_a_killed_server_may_leave_an_answer_as_it_was() -> None:
    tally = Tally("test")
    tally.count(Asked("Why?", told=True, broken="close code 1006"), [QUESTION, UNFINISHED], killed=True)
    assert (tally.stored, tally.is_good) == (1, True)


def test_the_table_names_what_was_told_and_what_went_wrong() -> None:
    tally = Tally("vendor fails")
    tally.count(Asked("Why?", problem="STT_TIMEOUT"), [])
    tally.count(HEARD, [])
    text = table([tally])
    assert "vendor fails: told STT_TIMEOUT x1" in text
    assert "stored: nothing" in text
