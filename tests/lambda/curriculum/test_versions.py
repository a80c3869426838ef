"""A curriculum that is changed, archived and removed while sessions run on it."""

from typing import Any

import pytest
from curriculum_api.routes import routes as curriculum_routes
from sessions_api.routes import routes as session_routes

from shared.api import Context, Service
from shared.db import Database
from shared.repositories.session_lessons import SessionLessonRepository
from tests.conftest import ALPHA, ALPHA_TENANT
from tests.support.api import ApiClient
from tests.support.identity import add_beta_token
from tests.support.people import add_person
from tests.support.umcf import a_document, a_topic


@pytest.fixture
def teacher(context: Context, database: Database) -> ApiClient:
    token = add_beta_token(database, add_person(database, ALPHA_TENANT, "teacher"))
    return ApiClient(Service(curriculum_routes, context), token)


@pytest.fixture
def learner(context: Context, alpha_token: str) -> ApiClient:
    return ApiClient(Service(session_routes, context), alpha_token)


def rays(text: str, *more: dict[str, Any]) -> dict[str, Any]:
    """Return a version of a curriculum whose first topic says a text."""
    topic = a_topic("rays", transcript={"segments": [{"id": "s", "type": "lecture", "content": text}]})
    glossary = {"terms": [{"term": "ray", "definition": text}]}
    return a_document("light", topic, *more, title=text, glossary=glossary)


def begun(learner: ApiClient) -> str:
    made = learner.post("/api/sessions", {"curriculum_id": "light"})
    assert made.status == 201, made.body
    assert learner.post(f"/api/sessions/{made.body['id']}/start").status == 200
    return made.body["id"]


def taught(database: Database, session_id: str) -> tuple[str, tuple[str, ...], str, tuple[str, ...]]:
    """Return what a session teaches: its title, passages, the meaning of its first word, and the outline."""
    with database.unit(ALPHA) as unit:
        found = SessionLessonRepository(unit).lesson(session_id)
    lesson = found.result.lesson
    assert lesson is not None
    return lesson.curriculum_title, lesson.passages, lesson.glossary[0].definition, found.result.standing.outline


def test_a_session_keeps_the_version_it_began_with(teacher: ApiClient, learner: ApiClient, database: Database) -> None:
    teacher.post("/api/curricula", rays("Old.", a_topic("lenses")))
    old = begun(learner)
    for text in ("New.", "Newer."):
        assert teacher.put("/api/curricula/light", rays(text)).status == 200
    assert taught(database, old) == ("Old.", ("Old.",), "Old.", ("Rays", "Lenses"))
    # Also in a topic the new version does not have any more.
    assert learner.put(f"/api/sessions/{old}/topic", {"topic_id": "lenses"}).status == 200
    assert taught(database, old)[1] == ("This is lenses.",)
    assert taught(database, begun(learner)) == ("Newer.", ("Newer.",), "Newer.", ("Rays",))


def test_a_session_survives_the_removal_of_its_curriculum(
    teacher: ApiClient, learner: ApiClient, database: Database
) -> None:
    teacher.post("/api/curricula", rays("Old."))
    old = begun(learner)
    assert teacher.post("/api/curricula/light/archive").status == 200
    assert taught(database, old)[1] == ("Old.",)
    assert teacher.delete("/api/curricula/light").status == 200
    assert taught(database, old)[1] == ("Old.",)
    # What comes back under the same id is another version.
    teacher.post("/api/curricula", rays("New."))
    assert taught(database, old)[1] == ("Old.",)


def test_versions_nobody_needs_are_forgotten(teacher: ApiClient, learner: ApiClient, database: Database) -> None:
    with database.unit(ALPHA) as unit:
        unit.run("UPDATE tenants SET kind = 'team' WHERE tenant_id = %(tenant_id)s")
    teacher.post("/api/curricula", rays("First."))
    session = begun(learner)
    teacher.put("/api/curricula/light", rays("Second."))
    assert kept(database) == [1]
    learner.post(f"/api/sessions/{session}/end")
    teacher.put("/api/curricula/light", rays("Third."))
    assert kept(database) == []


def test_an_organisations_versions_wait_for_its_teams(teacher: ApiClient, database: Database) -> None:
    for at in range(24):
        teacher.post("/api/curricula", rays(f"Version {at}."))
    assert kept(database) == list(range(3, 24))


def test_saving_the_same_again_makes_no_version(teacher: ApiClient, database: Database) -> None:
    for _ in range(2):
        assert teacher.post("/api/curricula", rays("Same.")).body["revision"] == 1
    assert kept(database) == []


def kept(database: Database) -> list[int]:
    with database.unit(ALPHA) as unit:
        found = unit.value(
            list[int],
            """SELECT coalesce(array_agg(revision ORDER BY revision), '{}') FROM past_curricula
               WHERE tenant_id = %(tenant_id)s""",
        )
    return found.result
