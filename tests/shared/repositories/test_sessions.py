"""Sessions: their states, and who sees them."""

from collections.abc import Callable

import pytest

from shared.db import Database, TenantEntry
from shared.domain.context import Place
from shared.errors import Conflict, NotFound
from shared.repositories.session_events import SessionEventRepository
from shared.repositories.session_lessons import SessionLessonRepository
from shared.repositories.sessions import NewSession, Session, SessionFilter, SessionRepository
from tests.conftest import ALPHA, ALPHA_TENANT, BETA
from tests.support.people import add_person

Move = Callable[[SessionRepository, str], object]
NEW = NewSession(model_name="m", model_context_window=200_000, system_prompt="", auto_expand_context=True)


def make(database: Database, entry: TenantEntry = ALPHA) -> str:
    with database.unit(entry) as unit:
        return SessionRepository(unit).add(NEW)


def move(database: Database, session_id: str, *moves: Move) -> Session:
    for one in moves:
        with database.unit(ALPHA) as unit:
            one(SessionRepository(unit), session_id)
    return read(database, session_id)


def read(database: Database, session_id: str, entry: TenantEntry = ALPHA) -> Session:
    with database.unit(entry) as unit:
        session = SessionRepository(unit).get(session_id)
    return session.result


def sleep_through(database: Database, session_id: str, interval: str) -> None:
    """Move a session's past further into the past, as if so much time had gone by."""
    with database.unit(ALPHA) as unit:
        unit.run(
            """UPDATE learning_sessions SET active_since = active_since - %(interval)s::interval,
                                            last_activity_at = last_activity_at - %(interval)s::interval
               WHERE tenant_id = %(tenant_id)s AND id = %(session_id)s""",
            session_id=session_id,
            interval=interval,
        )


START, PAUSE, RESUME, END = (
    SessionRepository.start,
    SessionRepository.pause,
    SessionRepository.resume,
    SessionRepository.end,
)
REACHED: dict[str, tuple[Move, ...]] = {
    "created": (),
    "active": (START,),
    "paused": (START, PAUSE),
    "ended": (START, END),
}
LEGAL = {("created", START), ("active", PAUSE), ("paused", RESUME), ("active", END), ("paused", END)}


@pytest.mark.parametrize("state", REACHED)
def test_only_the_legal_transitions_happen(database: Database, state: str) -> None:
    for step in (START, PAUSE, RESUME, END):
        session_id = make(database)
        assert move(database, session_id, *REACHED[state]).status == state
        if (state, step) in LEGAL:
            assert move(database, session_id, step).status != state
        else:
            with pytest.raises(Conflict, match=f"the session is {state}: it cannot be") as refused:
                move(database, session_id, step)
            assert refused.value.error_code == "invalid_transition"
            assert read(database, session_id).status == state


def test_each_change_is_an_event(database: Database) -> None:
    session_id = make(database)
    move(database, session_id, START, PAUSE, RESUME, END)
    with database.unit(ALPHA) as unit:
        events = SessionEventRepository(unit).find(session_id)
    assert [event.type for event in events.result] == ["created", "started", "paused", "resumed", "ended"]


def test_times_are_set_once(database: Database) -> None:
    session_id = make(database)
    started = move(database, session_id, START).started_at
    ended = move(database, session_id, PAUSE, RESUME, END)
    assert started is not None
    assert ended.started_at == started
    assert ended.ended_at is not None


def test_only_active_time_counts(database: Database) -> None:
    session_id = make(database)
    move(database, session_id, START)
    sleep_through(database, session_id, "1 minute")
    assert 60_000 <= move(database, session_id, PAUSE).active_ms < 70_000
    sleep_through(database, session_id, "1 hour")
    assert read(database, session_id).active_ms < 70_000


def test_what_passes_after_the_last_sign_of_life_counts_for_five_minutes_at_most(database: Database) -> None:
    session_id = make(database)
    move(database, session_id, START)
    sleep_through(database, session_id, "9 hours")
    assert 300_000 <= read(database, session_id).active_ms < 310_000
    assert move(database, session_id, SessionRepository.connect).active_ms < 310_000
    sleep_through(database, session_id, "1 minute")
    assert 360_000 <= move(database, session_id, SessionRepository.touch).active_ms < 370_000


@pytest.mark.parametrize("state", ["created", "active", "paused"])
def test_a_socket_makes_a_session_active(database: Database, state: str) -> None:
    session_id = make(database)
    move(database, session_id, *REACHED[state])
    session = move(database, session_id, SessionRepository.connect)
    assert session.status == "active"
    assert session.started_at is not None


@pytest.mark.parametrize("step", [SessionRepository.connect, SessionRepository.touch])
def test_an_ended_session_takes_no_socket(database: Database, step: Move) -> None:
    session_id = make(database)
    with pytest.raises(Conflict) as refused:
        move(database, session_id, START, END, step)
    assert refused.value.error_code == "session_ended"


def test_a_position_is_kept(database: Database) -> None:
    session_id = make(database)
    with database.unit(ALPHA) as unit:
        SessionRepository(unit).set_position(session_id, 7, Place(index=1, total=3))
    with database.unit(ALPHA) as unit:
        SessionRepository(unit).set_position(session_id, None, None)
    with database.unit(ALPHA) as unit:
        stored = SessionLessonRepository(unit).lesson(session_id)
    assert read(database, session_id).position == 7
    assert stored.result.standing == Place(index=1, total=3)


def test_a_deleted_session_is_gone_with_its_events(database: Database) -> None:
    session_id = make(database)
    with database.unit(ALPHA) as unit:
        SessionRepository(unit).delete(session_id)
    with pytest.raises(NotFound):
        read(database, session_id)
    with database.unit(ALPHA) as unit:
        left = unit.value(int, "SELECT count(*) FROM session_events WHERE tenant_id = %(tenant_id)s")
    assert left.result == 0


EVERY_USE: list[Move] = [
    START,
    PAUSE,
    RESUME,
    END,
    SessionRepository.connect,
    SessionRepository.touch,
    SessionRepository.delete,
    lambda sessions, session_id: sessions.set_position(session_id, 1, None),
    lambda sessions, session_id: void(sessions.get(session_id)),
]


def void(_: object) -> None:
    """Drop a result, so that a lambda is a Move."""


@pytest.mark.parametrize("stranger", ["another tenant", "another learner"])
def test_a_stranger_finds_no_session(database: Database, stranger: str) -> None:
    session_id = make(database)
    who = BETA if stranger == "another tenant" else add_person(database, ALPHA_TENANT)
    for use in EVERY_USE:
        with pytest.raises(NotFound, match=f"session {session_id} not found"), database.unit(who) as unit:
            use(SessionRepository(unit), session_id)
        assert read(database, session_id).status == "created"


@pytest.mark.parametrize("role", ["teacher", "admin", "owner"])
def test_who_teaches_sees_a_learners_session(database: Database, role: str) -> None:
    session_id = make(database)
    teacher = add_person(database, ALPHA_TENANT, role)
    assert read(database, session_id, teacher).user_id == ALPHA.user_id


def test_a_teacher_of_another_tenant_does_not(database: Database) -> None:
    session_id = make(database)
    teacher = add_person(database, str(BETA.tenant_id), "owner")
    with pytest.raises(NotFound):
        read(database, session_id, teacher)


def listed(database: Database, who: TenantEntry, wanted: SessionFilter, limit: int = 50, offset: int = 0) -> list[str]:
    with database.unit(who) as unit:
        sessions = SessionRepository(unit).find(wanted, limit=limit, offset=offset)
        count = SessionRepository(unit).count(wanted)
    if limit >= 50 and offset == 0:
        assert count.result.total == len(sessions.result)
    return [session.id for session in sessions.result]


def test_a_list_holds_the_callers_own_newest_first(database: Database) -> None:
    first, second = make(database), make(database)
    other = add_person(database, ALPHA_TENANT)
    theirs = make(database, other)
    teacher = add_person(database, ALPHA_TENANT, "teacher")
    make(database, BETA)
    assert listed(database, ALPHA, SessionFilter()) == [second, first]
    assert listed(database, ALPHA, SessionFilter(everyone=True)) == [second, first]
    assert listed(database, other, SessionFilter(everyone=True)) == [theirs]
    assert listed(database, teacher, SessionFilter()) == []
    assert listed(database, teacher, SessionFilter(everyone=True)) == [theirs, second, first]


def test_a_list_is_filtered_and_paged(database: Database) -> None:
    ids = [make(database) for _ in range(3)]
    move(database, ids[1], START)
    assert listed(database, ALPHA, SessionFilter(status="active")) == [ids[1]]
    assert listed(database, ALPHA, SessionFilter(curriculum_id="other")) == []
    assert listed(database, ALPHA, SessionFilter(), limit=1, offset=1) == [ids[1]]


def test_counts_tell_the_states(database: Database) -> None:
    ids = [make(database) for _ in range(3)]
    move(database, ids[0], START)
    move(database, ids[1], START, PAUSE)
    with database.unit(ALPHA) as unit:
        counts = SessionRepository(unit).count(SessionFilter())
    assert (counts.result.total, counts.result.active, counts.result.paused) == (3, 1, 1)
