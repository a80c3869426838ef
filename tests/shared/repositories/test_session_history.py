"""What a learner did."""

from shared.db import Database, TenantEntry
from shared.repositories.session_history import PastSession, SessionHistoryRepository
from shared.repositories.session_lessons import SessionLessonRepository
from shared.repositories.sessions import NewSession, SessionRepository
from tests.conftest import ALPHA, ALPHA_TENANT, BETA
from tests.support.lessons import LIGHT, store_light
from tests.support.people import add_person


def study(database: Database, *, curriculum_id: str = "") -> str:
    with database.unit(ALPHA) as unit:
        session_id = SessionRepository(unit).add(
            NewSession(model_name="m", model_context_window=200_000, system_prompt="", auto_expand_context=True)
        )
        if curriculum_id:
            SessionLessonRepository(unit).choose_curriculum(session_id, curriculum_id)
        SessionRepository(unit).start(session_id)
        SessionRepository(unit).set_position(session_id, 1, None)
    return session_id


def history(database: Database, who: TenantEntry = ALPHA, limit: int = 50, offset: int = 0) -> list[PastSession]:
    with database.unit(who) as unit:
        past = SessionHistoryRepository(unit).page(limit=limit, offset=offset)
    return past.result


def test_the_latest_comes_first_with_the_length_of_its_topic(database: Database) -> None:
    store_light(database, ALPHA)
    free, light = study(database), study(database, curriculum_id=LIGHT)
    first, second = history(database)
    assert (first.id, first.topic_title, first.position, first.passages) == (light, "Rainbows", 1, 2)
    assert (second.id, second.curriculum_id, second.passages) == (free, "", None)
    assert [past.id for past in history(database, limit=1, offset=1)] == [free]


def test_what_never_began_is_no_history(database: Database) -> None:
    with database.unit(ALPHA) as unit:
        SessionRepository(unit).add(
            NewSession(model_name="m", model_context_window=200_000, system_prompt="", auto_expand_context=True)
        )
    assert history(database) == []


def test_a_history_is_its_learners_own(database: Database) -> None:
    study(database)
    for who in (BETA, add_person(database, ALPHA_TENANT), add_person(database, ALPHA_TENANT, "teacher")):
        assert history(database, who) == []
