"""Signals, confidence and passages of other topics."""

import pytest

from shared.db import Database
from shared.db.entry import PUBLIC_TENANT, TenantEntry
from shared.domain.confidence import Expansion, confidence_of
from shared.domain.context import Signals
from shared.repositories.session_claims import claim_open
from shared.repositories.session_events import SessionEventRepository
from shared.repositories.session_insights import Related, RelatedPassages, SessionInsightRepository, scores_of
from shared.repositories.session_lessons import SessionLessonRepository
from shared.repositories.sessions import NewSession, Session, SessionRepository
from shared.repositories.turns import NewTurn
from tests.conftest import ALPHA, BETA
from tests.support.lessons import LIGHT, store_light


@pytest.fixture
def session_id(database: Database) -> str:
    store_light(database, TenantEntry(PUBLIC_TENANT))
    new = NewSession(model_name="m", model_context_window=200_000, system_prompt="", auto_expand_context=True)
    with database.unit(ALPHA) as unit:
        session_id = SessionRepository(unit).add(new)
        SessionLessonRepository(unit).choose_curriculum(session_id, LIGHT)
        SessionRepository(unit).start(session_id)
    return session_id


def observe(database: Database, session_id: str, *turns: NewTurn) -> Session:
    with database.unit(ALPHA) as unit:
        claim_open(unit, session_id, "continued")
        for turn in turns:
            SessionInsightRepository(unit).observe(session_id, turn)
        session = SessionRepository(unit).get(session_id)
    return session.result


def words(turn_id: str, text: str) -> NewTurn:
    return NewTurn(turn_id=turn_id, role="user", content=text)


def test_words_count_as_what_they_signal_once_per_turn(database: Database, session_id: str) -> None:
    turns = (words("1", "Say that again."), words("2", "I don't understand."), words("3", "Why?"), words("4", "Yes."))
    observe(database, session_id, *turns)
    session = observe(database, session_id, *turns)
    assert session.signals == Signals(clarifications=0, repetitions=1, confusions=1)
    assert session.questions == 1
    with database.unit(ALPHA) as unit:
        events = SessionEventRepository(unit).find(session_id, type_="signal")
    assert {event.data["signal"] for event in events.result} == {"repetition", "confusion", "question"}
    assert len(events.result) == 3


def test_a_complete_answer_is_scored_once_and_only_its_people_see_it(database: Database, session_id: str) -> None:
    half = NewTurn(turn_id="1", role="assistant", content="I don't", complete=False)
    whole = NewTurn(turn_id="1", role="assistant", content="I don't know.")
    observe(database, session_id, half, whole, whole)
    with database.unit(ALPHA) as unit:
        found = SessionInsightRepository(unit).scores(session_id)
    assert scores_of(found.result) == [confidence_of("I don't know.").score]
    assert found.result[0].markers == ["knowledge_gap"]
    with database.unit(BETA) as unit:
        hidden = SessionInsightRepository(unit).scores(session_id)
    assert hidden.result == []


def test_the_last_ten_scores_come_oldest_first(database: Database, session_id: str) -> None:
    answers = ["I don't know."] + ["Light bends."] * 10
    for number, text in enumerate(answers):
        observe(database, session_id, NewTurn(turn_id=str(number), role="assistant", content=text))
    with database.unit(ALPHA) as unit:
        found = SessionInsightRepository(unit).scores(session_id)
    assert scores_of(found.result) == [1.0] * 10


def test_passages_of_other_topics_are_found_by_the_words(database: Database, session_id: str) -> None:
    with database.unit(ALPHA) as unit:
        found = RelatedPassages(unit).find(session_id, "What does a mirror do?")
        nothing = RelatedPassages(unit).find(session_id, "What of cheese & | ! ' ( x:*")
        here = RelatedPassages(unit).find(session_id, "raindrop")
    assert found.result == [Related("Mirrors", "A mirror turns light.")]
    assert (nothing.result, here.result) == ([], [])
    with database.unit(BETA) as unit:
        hidden = RelatedPassages(unit).find(session_id, "mirror")
    assert hidden.result == []


def test_looking_further_is_counted(database: Database, session_id: str) -> None:
    with database.unit(ALPHA) as unit:
        claim_open(unit, session_id, "continued")
        for key in ("1", "1", None):
            SessionInsightRepository(unit).expanded(session_id, Expansion("low", "related_topics", "a gap"), key=key)
        session = SessionRepository(unit).get(session_id)
    assert session.result.expansion_count == 2
