"""Curricula as their tenants see them."""

import pytest

from shared.db import Database
from shared.errors import InvalidInput, NotFound
from shared.repositories.content import store_curriculum
from shared.repositories.curricula import CurriculumFilter, CurriculumRepository
from tests.conftest import ALPHA, BETA
from tests.support.content import CURRICULA, load_curricula, read_json
from tests.support.umcf import PICTURE, a_document, a_topic


def test_a_curriculum_of_another_tenant_does_not_exist(database: Database) -> None:
    with database.unit(ALPHA) as unit:
        store_curriculum(unit, a_document("mine", a_topic("one")), {})
    for ask in ("get", "document"):
        with pytest.raises(NotFound, match="curriculum mine not found"), database.unit(BETA) as unit:
            getattr(CurriculumRepository(unit), ask)("mine")
    with pytest.raises(NotFound, match="topic one of curriculum mine not found"), database.unit(BETA) as unit:
        CurriculumRepository(unit).lesson("mine", "one")


def test_the_document_comes_back_as_it_was(database: Database) -> None:
    load_curricula(database)
    for path in CURRICULA:
        document = read_json(path)
        with database.unit(ALPHA) as unit:
            stored = CurriculumRepository(unit).document(document["id"]["value"])
        assert stored.result.document == document


def test_a_lesson_is_one_statement(database: Database) -> None:
    load_curricula(database)
    with database.unit(ALPHA) as unit:
        lesson = CurriculumRepository(unit).lesson("light-and-colour", "why-the-sky-is-blue")
    assert lesson.result.curriculum_title == "Light and Color"
    assert lesson.result.topic_title == "Why the sky is blue"
    assert len(lesson.result.passages) == 13
    assert "scattering" in [term.term for term in lesson.result.glossary[:5]]


def test_a_lesson_of_a_shadowed_curriculum_is_the_tenants_own(database: Database) -> None:
    load_curricula(database)
    with database.unit(ALPHA) as unit:
        store_curriculum(unit, a_document("light-and-colour", a_topic("why-the-sky-is-blue", title="Ours")), {})
    for who, title in ((ALPHA, "Ours"), (BETA, "Why the sky is blue")):
        with database.unit(who) as unit:
            lesson = CurriculumRepository(unit).lesson("light-and-colour", "why-the-sky-is-blue")
        assert lesson.result.topic_title == title


def test_updated_at_moves_only_with_the_document(database: Database) -> None:
    def updated(title: str) -> object:
        with database.unit(ALPHA) as unit:
            store_curriculum(unit, a_document("mine", title=title), {})
        with database.unit(ALPHA) as unit:
            row = CurriculumRepository(unit).get("mine")
        return row.result.updated_at

    first = updated("One")
    assert updated("One") == first
    assert updated("Two") != first


def test_a_bad_document_stores_nothing(database: Database) -> None:
    bad = a_document("mine", a_topic("one", type="chapter"))
    with pytest.raises(InvalidInput) as caught, database.unit(ALPHA) as unit:
        store_curriculum(unit, bad, {"p.svg": PICTURE, "q.exe": b"MZ"})
    assert set(caught.value.details) == {"/content/0/children/0/type", "files/q.exe"}
    with database.unit(ALPHA) as unit:
        total = CurriculumRepository(unit).count(CurriculumFilter())
    assert total.result == 0


def test_a_curriculum_without_matching_words_is_not_suggested(database: Database) -> None:
    load_curricula(database)
    with database.unit(ALPHA) as unit:
        nothing = CurriculumRepository(unit).suggest("xylophone maintenance", most=10)
        cut = CurriculumRepository(unit).suggest("light numbers cells", most=2)
    assert nothing.result == []
    assert len(cut.result) == 2
