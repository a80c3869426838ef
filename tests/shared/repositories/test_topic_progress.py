"""Progress follows a session's position and outlives the session."""

import pytest

from shared.db import Database
from shared.db.entry import PUBLIC_TENANT, TenantEntry
from shared.repositories.session_lessons import SessionLessonRepository
from shared.repositories.sessions import NewSession, SessionRepository
from shared.repositories.topic_progress import TopicProgress, TopicProgressRepository
from tests.conftest import ALPHA, ALPHA_TENANT, BETA
from tests.support.lessons import LIGHT, MIRRORS, RAINBOWS, store_light
from tests.support.people import add_person


def begin(database: Database, entry: TenantEntry = ALPHA) -> str:
    new = NewSession(model_name="m", model_context_window=200_000, system_prompt="", auto_expand_context=True)
    with database.unit(entry) as unit:
        session_id = SessionRepository(unit).add(new)
        SessionLessonRepository(unit).choose_curriculum(session_id, LIGHT)
        SessionRepository(unit).start(session_id)
    return session_id


@pytest.fixture
def session_id(database: Database) -> str:
    store_light(database, TenantEntry(PUBLIC_TENANT))
    return begin(database)


def move(database: Database, session_id: str, position: int, offset_ms: int = 0) -> None:
    with database.unit(ALPHA) as unit:
        SessionRepository(unit).set_position(session_id, position, offset_ms=offset_ms)


def own(database: Database, entry: TenantEntry = ALPHA, curriculum_id: str | None = None) -> list[TopicProgress]:
    with database.unit(entry) as unit:
        found = TopicProgressRepository(unit).own(curriculum_id=curriculum_id)
    return found.result


def test_a_position_is_progress_and_the_end_completes_the_topic(database: Database, session_id: str) -> None:
    move(database, session_id, 1, 1_500)
    (half,) = own(database)
    assert (half.curriculum_id, half.topic_id, half.topic_title) == (LIGHT, RAINBOWS, "Rainbows")
    assert (half.position, half.offset_ms, half.passages, half.percent) == (1, 1_500, 2, 50)
    assert half.completed_at is None
    move(database, session_id, 2)
    move(database, session_id, 0)
    (whole,) = own(database)
    assert (whole.position, whole.farthest, whole.percent) == (0, 2, 100)
    assert whole.completed_at is not None


def test_time_is_counted_once_over_all_sessions(database: Database, session_id: str) -> None:
    for session, seconds in ((session_id, 60), (begin(database), 30)):
        with database.unit(ALPHA) as unit:
            unit.run(
                """UPDATE learning_sessions SET active_since = now() - make_interval(secs => %(seconds)s)
                   WHERE tenant_id = %(tenant_id)s AND id = %(session_id)s""",
                seconds=seconds,
                session_id=session,
            )
        move(database, session, 1)
        with database.unit(ALPHA) as unit:
            SessionRepository(unit).end(session)
    (found,) = own(database)
    assert 90_000 <= found.spent_ms < 100_000


def test_each_topic_has_its_own(database: Database, session_id: str) -> None:
    move(database, session_id, 1)
    with database.unit(ALPHA) as unit:
        SessionLessonRepository(unit).choose_topic(session_id, MIRRORS)
    move(database, session_id, 7)
    assert {p.topic_id: p.percent for p in own(database)} == {RAINBOWS: 50, MIRRORS: 100}
    assert own(database, curriculum_id="other") == []


def test_others_see_nothing_of_it(database: Database, session_id: str) -> None:
    move(database, session_id, 1)
    assert own(database, add_person(database, ALPHA_TENANT)) == own(database, BETA) == []
