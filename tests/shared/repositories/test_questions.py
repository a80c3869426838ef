"""Questions as their tenants see them."""

import pytest

from shared.db import Database
from shared.errors import InvalidInput, NotFound
from shared.repositories.content import store_pack
from shared.repositories.questions import QuestionFilter, QuestionRepository
from tests.conftest import ALPHA, BETA
from tests.support.packs import a_pack, a_question


def test_a_question_of_another_tenant_does_not_exist(database: Database) -> None:
    with database.unit(ALPHA) as unit:
        store_pack(unit, a_pack("mine", a_question("a-1")))
    with pytest.raises(NotFound, match="question a-1 not found"), database.unit(BETA) as unit:
        QuestionRepository(unit).get("a-1")


def test_every_field_comes_back(database: Database) -> None:
    clues = [{"text": "It is big.", "reveal_points": 15}]
    given = a_question(
        "a-1", domain_id="pop_culture", acceptable_answers=["x", "{y}", 'z"', "a,b"], hints=["one"],
        explanation="Because.", difficulty=5, difficulty_tier="college", speed_target_seconds=9,
        question_type="pyramid", question_source="nsb", competition_year=2024, buzzable=False, answer_type="person",
        status="draft", clues=clues,
    )  # fmt: skip
    with database.unit(ALPHA) as unit:
        store_pack(unit, a_pack("mine", given))
    with database.unit(ALPHA) as unit:
        stored = QuestionRepository(unit).get("a-1")
    question = stored.result
    assert question.details == {"clues": clues}
    assert question.domain_name is None
    assert {key: getattr(question, key) for key in given if key != "clues"} == {
        key: value for key, value in given.items() if key != "clues"
    }


def test_updated_at_moves_only_with_the_question(database: Database) -> None:
    def updated(text: str) -> object:
        with database.unit(ALPHA) as unit:
            store_pack(unit, a_pack("mine", a_question("a-1", question_text=text)))
        with database.unit(ALPHA) as unit:
            question = QuestionRepository(unit).get("a-1")
        return question.result.updated_at

    first = updated("One?")
    assert updated("One?") == first
    assert updated("Two?") != first


def test_pages_follow_one_another(database: Database) -> None:
    ids = [f"q-{at:02}" for at in range(25)]
    with database.unit(ALPHA) as unit:
        store_pack(unit, a_pack("mine", *(a_question(question_id) for question_id in reversed(ids))))
    with database.unit(ALPHA) as unit:
        pages = [QuestionRepository(unit).page(QuestionFilter(), limit=10, offset=at) for at in (0, 10, 20, 30)]
        total = QuestionRepository(unit).count(QuestionFilter())
    assert [question.id for page in pages for question in page.result] == ids
    assert total.result == 25


def test_a_bad_pack_stores_nothing(database: Database) -> None:
    with pytest.raises(InvalidInput) as caught, database.unit(ALPHA) as unit:
        store_pack(unit, a_pack("mine", a_question("a-1"), a_question("a-2", difficulty=9)))
    assert caught.value.details == {"/questions/1/difficulty": "must be a whole number from 1 to 5"}
    with database.unit(ALPHA) as unit:
        total = QuestionRepository(unit).count(QuestionFilter())
    assert total.result == 0
