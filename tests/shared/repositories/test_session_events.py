"""Events of a session, and interruptions counted once."""

import pytest

from shared.db import Database
from shared.errors import Conflict, NotFound
from shared.repositories.session_events import BargeIn, SessionEvent, SessionEventRepository
from shared.repositories.sessions import NewSession, SessionRepository
from tests.conftest import ALPHA, ALPHA_TENANT, BETA
from tests.support.people import add_person


@pytest.fixture
def session_id(database: Database) -> str:
    with database.unit(ALPHA) as unit:
        return SessionRepository(unit).add(
            NewSession(model_name="m", model_context_window=200_000, system_prompt="", auto_expand_context=True)
        )


def interrupt(database: Database, session_id: str, *reports: BargeIn) -> int:
    counts: list[int] = []
    for report in reports:
        with database.unit(ALPHA) as unit:
            count = SessionEventRepository(unit).barge_in(session_id, report)
        counts.append(count.result)
    return counts[-1]


def interruptions(database: Database, session_id: str) -> list[SessionEvent]:
    with database.unit(ALPHA) as unit:
        events = SessionEventRepository(unit).find(session_id, type_="barge_in")
    return events.result


def test_an_interruption_keeps_what_was_said_and_when(database: Database, session_id: str) -> None:
    report = BargeIn(heard_by="client", utterance="Wait!", position_ms=1200)
    assert interrupt(database, session_id, report) == 1
    (event,) = interruptions(database, session_id)
    assert event.data == {"heard_by": "client", "utterance": "Wait!", "position_ms": "1200", "topic_id": ""}


def test_reports_without_a_key_each_count(database: Database, session_id: str) -> None:
    assert interrupt(database, session_id, BargeIn(heard_by="client"), BargeIn(heard_by="client")) == 2


def test_a_key_counts_once(database: Database, session_id: str) -> None:
    report = BargeIn(heard_by="voice", key="turn-1")
    assert interrupt(database, session_id, report, report, BargeIn(heard_by="voice", key="turn-2")) == 2


@pytest.mark.parametrize("first", ["voice", "client"])
def test_the_socket_and_the_client_report_one_interruption(database: Database, session_id: str, first: str) -> None:
    reports = [BargeIn(heard_by="voice", key="turn-1"), BargeIn(heard_by="client")]
    assert interrupt(database, session_id, *(reports if first == "voice" else reversed(reports))) == 1


def test_an_earlier_interruption_is_another_one(database: Database, session_id: str) -> None:
    interrupt(database, session_id, BargeIn(heard_by="voice", key="turn-1"))
    with database.unit(ALPHA) as unit:
        unit.run(
            """UPDATE session_events SET created_at = created_at - interval '6 seconds'
               WHERE tenant_id = %(tenant_id)s"""
        )
    assert interrupt(database, session_id, BargeIn(heard_by="client")) == 2


def test_an_ended_session_is_not_interrupted(database: Database, session_id: str) -> None:
    for step in (SessionRepository.start, SessionRepository.end):
        with database.unit(ALPHA) as unit:
            step(SessionRepository(unit), session_id)
    with pytest.raises(Conflict) as refused:
        interrupt(database, session_id, BargeIn(heard_by="client"))
    assert refused.value.error_code == "session_ended"


@pytest.mark.parametrize("stranger", ["another tenant", "another learner"])
def test_strangers_neither_read_nor_interrupt(database: Database, session_id: str, stranger: str) -> None:
    who = BETA if stranger == "another tenant" else add_person(database, ALPHA_TENANT)
    with pytest.raises(NotFound), database.unit(who) as unit:
        SessionEventRepository(unit).barge_in(session_id, BargeIn(heard_by="client"))
    with database.unit(who) as unit:
        events = SessionEventRepository(unit).find(session_id)
    assert events.result == []
