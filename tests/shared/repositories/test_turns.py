"""Turns: stored once, in order, and never lost."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from msgspec import structs

from shared.db import Database, TenantEntry
from shared.errors import Conflict, NotFound
from shared.ids import new_id
from shared.repositories.sessions import NewSession, SessionRepository
from shared.repositories.turns import Latencies, NewTurn, Turn, TurnRepository
from tests.conftest import ALPHA, ALPHA_TENANT, BETA
from tests.support.people import add_person

QUESTION = NewTurn(turn_id="t1", role="user", content="Why is the sky blue?", stt_ms=150)
ANSWER = NewTurn(turn_id="t1", role="assistant", content="Because", complete=False)


@pytest.fixture
def session_id(database: Database) -> str:
    with database.unit(ALPHA) as unit:
        return SessionRepository(unit).add(
            NewSession(model_name="m", model_context_window=200_000, system_prompt="", auto_expand_context=True)
        )


def store(database: Database, session_id: str, *turns: NewTurn, late: bool = False, who: TenantEntry = ALPHA) -> Turn:
    stored: list[Turn] = []
    for turn in turns:
        with database.unit(who) as unit:
            added = TurnRepository(unit).add(session_id, turn, late=late)
        stored.append(added.result)
    return stored[-1]


def kept(database: Database, session_id: str, limit: int = 20, who: TenantEntry = ALPHA) -> list[Turn]:
    with database.unit(who) as unit:
        turns = TurnRepository(unit).last(session_id, limit)
    return turns.result


def count(database: Database, session_id: str) -> int:
    with database.unit(ALPHA) as unit:
        session = SessionRepository(unit).get(session_id)
    return session.result.turn_count


def test_a_turn_is_stored_as_it_was_said(database: Database, session_id: str) -> None:
    stored = store(database, session_id, QUESTION)
    assert (stored.turn_id, stored.role, stored.content) == ("t1", "user", "Why is the sky blue?")
    assert (stored.sequence, stored.stt_ms, stored.llm_ms, stored.complete) == (1, 150, None, True)
    assert kept(database, session_id) == [stored]


def test_a_turn_sent_again_is_stored_once_and_the_first_stays(database: Database, session_id: str) -> None:
    first = store(database, session_id, QUESTION)
    again = store(database, session_id, structs.replace(QUESTION, content="Why is the sea blue?"))
    assert again == first
    assert count(database, session_id) == 1


def test_an_answer_grows_until_it_is_complete(database: Database, session_id: str) -> None:
    store(database, session_id, QUESTION, ANSWER)
    grown = store(database, session_id, structs.replace(ANSWER, content="Because blue light"))
    assert (grown.content, grown.complete) == ("Because blue light", False)
    cut = store(
        database,
        session_id,
        structs.replace(ANSWER, content="Because blue", interrupted=True, complete=True, total_ms=900),
    )
    assert (cut.content, cut.interrupted, cut.complete, cut.total_ms) == ("Because blue", True, True, 900)
    assert store(database, session_id, structs.replace(ANSWER, content="Because blue light scatters")) == cut
    assert [turn.sequence for turn in kept(database, session_id)] == [1, 2]
    assert count(database, session_id) == 2


def test_the_last_turns_come_oldest_first(database: Database, session_id: str) -> None:
    store(database, session_id, *(NewTurn(turn_id=f"t{n}", role="user", content=str(n)) for n in range(5)))
    assert [turn.content for turn in kept(database, session_id, 2)] == ["3", "4"]
    with database.unit(ALPHA) as unit:
        page = TurnRepository(unit).page(session_id, limit=2, offset=1)
    assert [turn.content for turn in page.result] == ["1", "2"]


def test_many_at_once_are_each_stored_once_in_some_order(database: Database, session_id: str) -> None:
    sent = [NewTurn(turn_id=f"t{n % 10}", role="user", content=str(n % 10)) for n in range(40)]
    with ThreadPoolExecutor(4) as threads:
        for stored in [threads.submit(store, database, session_id, turn) for turn in sent]:
            stored.result()
    turns = kept(database, session_id, 50)
    assert sorted(turn.content for turn in turns) == [str(n) for n in range(10)]
    assert [turn.sequence for turn in turns] == list(range(1, 11))
    assert count(database, session_id) == 10


def end(database: Database, session_id: str) -> None:
    for step in (SessionRepository.start, SessionRepository.end):
        with database.unit(ALPHA) as unit:
            step(SessionRepository(unit), session_id)


def test_an_ended_session_takes_no_turn_but_a_late_one(database: Database, session_id: str) -> None:
    end(database, session_id)
    with pytest.raises(Conflict, match="the session is ended") as refused:
        store(database, session_id, QUESTION)
    assert refused.value.error_code == "session_ended"
    assert store(database, session_id, QUESTION, late=True).content == QUESTION.content


def test_a_turn_of_an_unknown_session_is_refused(database: Database) -> None:
    with pytest.raises(NotFound):
        store(database, new_id(), QUESTION)


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("stranger", ["another tenant", "another learner"])
def test_strangers_neither_read_nor_write(database: Database, session_id: str, stranger: str, late: bool) -> None:
    store(database, session_id, QUESTION)
    who = BETA if stranger == "another tenant" else add_person(database, ALPHA_TENANT)
    with pytest.raises(NotFound):
        store(database, session_id, NewTurn(turn_id="x", role="user", content="x"), late=late, who=who)
    assert kept(database, session_id, who=who) == []
    with database.unit(who) as unit:
        page = TurnRepository(unit).page(session_id, limit=9, offset=0)
        medians = TurnRepository(unit).latencies(session_id)
    assert page.result == []
    assert medians.result == Latencies(None, None, None, None)
    assert count(database, session_id) == 1


def test_medians_are_over_the_turns_that_say(database: Database, session_id: str) -> None:
    for n, ms in enumerate((100, 300, 200, None)):
        answer = NewTurn(turn_id=f"t{n}", role="assistant", content="x", llm_ms=ms, total_ms=1000 if ms else None)
        store(database, session_id, answer)
    with database.unit(ALPHA) as unit:
        medians = TurnRepository(unit).latencies(session_id)
    assert medians.result == Latencies(stt_ms=None, llm_ms=200, tts_ms=None, total_ms=1000)


def test_the_most_sound_of_an_answer_counts_however_often_it_is_stored(database: Database, session_id: str) -> None:
    half = structs.replace(ANSWER, complete=True, said="Because", unsaid=" air", sound_ms=900)
    store(database, session_id, QUESTION, half, half, structs.replace(half, said=None, unsaid=None, sound_ms=400))
    with database.unit(ALPHA) as unit:
        found = unit.value(int, "SELECT sum(sound_ms) FROM turns WHERE tenant_id = %(tenant_id)s")
    assert found.result == 900


def test_an_answer_is_put_right_and_a_strangers_is_not_found(database: Database, session_id: str) -> None:
    store(database, session_id, QUESTION, structs.replace(ANSWER, content="Because air scatters light", complete=True))
    with pytest.raises(NotFound), database.unit(BETA) as unit:
        TurnRepository(unit).correct(session_id, "t1", "Nothing")
    with database.unit(ALPHA) as unit:
        TurnRepository(unit).correct(session_id, "t1", "Because air")
        TurnRepository(unit).correct(session_id, "t2", "Never stored before")
    found = [(turn.turn_id, turn.role, turn.content, turn.interrupted) for turn in kept(database, session_id)]
    assert found == [
        ("t1", "user", "Why is the sky blue?", False),
        ("t1", "assistant", "Because air", True),
        ("t2", "assistant", "Never stored before", True),
    ]
