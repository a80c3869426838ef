"""What a session teaches."""

import pytest

from shared.db import Database, TenantEntry
from shared.db.entry import PUBLIC_TENANT
from shared.domain.context import Place
from shared.domain.lesson import GlossaryTerm, Lesson
from shared.errors import Conflict, NotFound
from shared.repositories.session_lessons import SessionLesson, SessionLessonRepository
from shared.repositories.sessions import NewSession, Session, SessionRepository
from tests.conftest import ALPHA, BETA
from tests.support.lessons import LIGHT, MIRRORS, RAINBOWS, store_light

PUBLIC = TenantEntry(PUBLIC_TENANT)
OWN = Lesson(
    curriculum_title="", topic_title="Foxes", passages=("Foxes dig.",), glossary=(GlossaryTerm("den", "hole"),)
)


def make(database: Database, curriculum_id: str = "", topic_id: str = "") -> str:
    with database.unit(ALPHA) as unit:
        session_id = SessionRepository(unit).add(
            NewSession(model_name="m", model_context_window=200_000, system_prompt="", auto_expand_context=True)
        )
        if curriculum_id:
            SessionLessonRepository(unit).choose_curriculum(session_id, curriculum_id)
        if topic_id:
            SessionLessonRepository(unit).choose_topic(session_id, topic_id)
    return session_id


def choose(database: Database, session_id: str, topic_id: str, title: str = "", material: Lesson | None = None) -> None:
    with database.unit(ALPHA) as unit:
        SessionLessonRepository(unit).choose_topic(session_id, topic_id, title=title, material=material)


def read(database: Database, session_id: str) -> tuple[Session, SessionLesson]:
    with database.unit(ALPHA) as unit:
        session = SessionRepository(unit).get(session_id)
        lesson = SessionLessonRepository(unit).lesson(session_id)
    return session.result, lesson.result


def test_a_free_conversation_has_no_lesson(database: Database) -> None:
    session, lesson = read(database, make(database))
    assert (session.curriculum_id, session.topic_id) == ("", "")
    assert lesson.lesson is None
    assert lesson.standing == Place()


@pytest.mark.parametrize("owner", [ALPHA, PUBLIC])
def test_a_curriculum_begins_with_its_first_topic(database: Database, owner: TenantEntry) -> None:
    store_light(database, owner)
    session, stored = read(database, make(database, LIGHT))
    assert (session.curriculum_title, session.topic_id, session.topic_title) == ("Light", RAINBOWS, "Rainbows")
    assert session.topics_covered == ["Rainbows"]
    lesson = stored.lesson
    assert lesson is not None
    assert lesson.passages == ("Sunlight holds every colour.", "A raindrop bends it: that is refraction.")
    assert lesson.objectives == ("Say why a rainbow is round",)
    assert lesson.glossary == (GlossaryTerm("refraction", "the bending of light"),)
    assert stored.standing == Place(curriculum_title="Light", index=0, total=2, outline=("Rainbows", "Mirrors"))


def test_the_tenants_own_curriculum_shadows_the_public_one(database: Database) -> None:
    store_light(database, PUBLIC, title="Public light")
    store_light(database, ALPHA, title="Our light")
    session, lesson = read(database, make(database, LIGHT, MIRRORS))
    assert session.curriculum_title == "Our light"
    assert lesson.lesson is not None
    assert lesson.lesson.curriculum_title == "Our light"
    assert lesson.standing.index == 1


def test_a_new_topic_begins_at_its_beginning(database: Database) -> None:
    store_light(database, ALPHA)
    session_id = make(database, LIGHT)
    with database.unit(ALPHA) as unit:
        SessionRepository(unit).set_position(session_id, 1, Place(index=0, total=9))
    choose(database, session_id, RAINBOWS)
    assert read(database, session_id)[0].position == 1
    choose(database, session_id, MIRRORS)
    session, lesson = read(database, session_id)
    assert (session.position, session.topics_covered) == (0, ["Rainbows", "Mirrors"])
    assert lesson.standing.total == 2


def test_a_free_conversation_may_take_up_any_topic(database: Database) -> None:
    store_light(database, PUBLIC)
    session_id = make(database)
    choose(database, session_id, MIRRORS)
    session, _ = read(database, session_id)
    assert (session.curriculum_id, session.curriculum_title, session.topic_title) == (LIGHT, "Light", "Mirrors")


def test_what_a_client_brings_is_taught_in_place_of_a_stored_topic(database: Database) -> None:
    store_light(database, ALPHA)
    session_id = make(database, LIGHT)
    choose(database, session_id, "foxes", "Foxes", OWN)
    session, lesson = read(database, session_id)
    assert (session.topic_id, session.topic_title, session.curriculum_title) == ("foxes", "Foxes", "Light")
    assert lesson.lesson == OWN
    choose(database, session_id, MIRRORS)
    restored = read(database, session_id)[1].lesson
    assert restored is not None
    assert restored.topic_title == "Mirrors"


def test_a_place_the_client_tells_is_used(database: Database) -> None:
    session_id = make(database)
    with database.unit(ALPHA) as unit:
        SessionRepository(unit).set_position(session_id, None, Place(unit_title="Optics", outline=("A", "B")))
    assert read(database, session_id)[1].standing == Place(unit_title="Optics", outline=("A", "B"))


@pytest.mark.parametrize(
    ("curriculum_id", "topic_id", "message"),
    [
        ("none", "", "curriculum none not found"),
        (LIGHT, "none", "topic none not found"),
        ("", "x", "topic x not found"),
    ],
)
def test_what_is_not_there_is_refused_and_nothing_is_made(
    database: Database, curriculum_id: str, topic_id: str, message: str
) -> None:
    store_light(database, ALPHA)
    with pytest.raises(NotFound, match=message):
        make(database, curriculum_id, topic_id)
    with database.unit(ALPHA) as unit:
        count = unit.value(int, "SELECT count(*) FROM learning_sessions WHERE tenant_id = %(tenant_id)s")
    assert count.result == 0


def test_another_tenants_content_is_not_there(database: Database) -> None:
    store_light(database, BETA)
    with pytest.raises(NotFound, match="curriculum light not found"):
        make(database, LIGHT)
    with pytest.raises(NotFound, match="topic rainbows not found"):
        make(database, "", RAINBOWS)


def test_a_topic_of_another_curriculum_is_not_there(database: Database) -> None:
    store_light(database, ALPHA)
    store_light(database, PUBLIC, curriculum_id="other")
    with pytest.raises(NotFound, match="topic none"):
        make(database, "other", "none")
    assert read(database, make(database, "other", MIRRORS))[0].curriculum_id == "other"


def test_a_session_outlives_its_curriculum(database: Database) -> None:
    store_light(database, ALPHA)
    session_id = make(database, LIGHT)
    with database.unit(ALPHA) as unit:
        unit.run("DELETE FROM curricula WHERE tenant_id = %(tenant_id)s")
    session, lesson = read(database, session_id)
    assert (session.curriculum_title, session.topic_title) == ("Light", "Rainbows")
    assert lesson.lesson is not None
    assert lesson.lesson.passages[0] == "Sunlight holds every colour."


def test_an_ended_session_keeps_its_topic(database: Database) -> None:
    store_light(database, ALPHA)
    session_id = make(database, LIGHT)
    for step in (SessionRepository.start, SessionRepository.end):
        with database.unit(ALPHA) as unit:
            step(SessionRepository(unit), session_id)
    with pytest.raises(Conflict) as refused:
        choose(database, session_id, MIRRORS)
    assert refused.value.error_code == "session_ended"


def test_strangers_find_no_lesson(database: Database) -> None:
    session_id = make(database)
    with pytest.raises(NotFound), database.unit(BETA) as unit:
        SessionLessonRepository(unit).lesson(session_id)
    with pytest.raises(NotFound), database.unit(BETA) as unit:
        SessionLessonRepository(unit).choose_topic(session_id, RAINBOWS)
