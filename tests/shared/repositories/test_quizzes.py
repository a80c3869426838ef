"""Quizzes of one learner."""

import pytest
from msgspec import structs

from shared.db import Database, TenantEntry
from shared.errors import NotFound
from shared.ids import new_id
from shared.repositories.content import store_pack
from shared.repositories.quizzes import QuizAnswer, QuizRepository
from tests.conftest import ALPHA, ALPHA_TENANT, BETA
from tests.support.packs import a_pack, a_question
from tests.support.people import add_person

RIGHT = QuizAnswer(
    position=0, question_id="a-1", part=0, given="this", matched=True, rule="exact", reason="it is", points=10,
    buzzed_at=1.0, pace_ms=900, target_ms=5_000,
)  # fmt: skip
WRONG = structs.replace(RIGHT, matched=False, rule="none", points=0)


def begin(database: Database, who: TenantEntry = ALPHA) -> str:
    quiz_id = new_id()
    with database.unit(who) as unit:
        QuizRepository(unit).open(quiz_id, session_id=new_id(), pack_id="pack", strictness="strict")
    return quiz_id


def keep(database: Database, quiz_id: str, answer: QuizAnswer, who: TenantEntry = ALPHA) -> None:
    with database.unit(who) as unit:
        QuizRepository(unit).keep(
            quiz_id, answer, answered=answer.position + 1, correct=int(answer.matched), score=answer.points
        )


def asked(database: Database, *types: str) -> list[str]:
    with database.unit(ALPHA) as unit:
        cards = QuizRepository(unit).cards("pack", question_types=types, most=10)
    return [card.question_id for card in cards.result]


def pass_time(database: Database, seconds: int) -> None:
    with database.unit(ALPHA) as unit:
        unit.run(
            """UPDATE quiz_cards SET due_at = due_at - make_interval(secs => %(seconds)s)
               WHERE tenant_id = %(tenant_id)s""",
            seconds=seconds,
        )


@pytest.fixture(autouse=True)
def pack(database: Database) -> None:
    draft = a_question("a-4", status="draft")
    lightning = a_question("a-3", question_type="lightning")
    with database.unit(ALPHA) as unit:
        store_pack(unit, a_pack("pack", a_question("a-1"), a_question("a-2"), lightning, draft))


def test_an_answer_counts_once(database: Database) -> None:
    quiz_id = begin(database)
    for _ in range(2):
        keep(database, quiz_id, RIGHT)
    with database.unit(ALPHA) as unit:
        quiz, answers = QuizRepository(unit).get(quiz_id), QuizRepository(unit).answers(quiz_id)
        QuizRepository(unit).end(quiz_id)
    assert (quiz.result.answered, quiz.result.score, quiz.result.ended_at) == (1, 10, None)
    assert answers.result == [RIGHT]
    with database.unit(ALPHA) as unit:
        ended = QuizRepository(unit).get(quiz_id)
        asked_in_box = unit.value(int, "SELECT max(asked) FROM quiz_cards WHERE tenant_id = %(tenant_id)s AND box = 1")
    assert ended.result.ended_at is not None
    assert asked_in_box.result == 1


def test_missed_questions_come_back_first_and_known_ones_last(database: Database) -> None:
    assert asked(database) == ["a-1", "a-2", "a-3"]
    assert asked(database, "lightning", "bonus") == ["a-3"]
    quiz_id = begin(database)
    keep(database, quiz_id, RIGHT)
    keep(database, quiz_id, structs.replace(WRONG, position=1, question_id="a-3"))
    assert asked(database) == ["a-2", "a-3", "a-1"]
    pass_time(database, 700)
    assert asked(database) == ["a-3", "a-2", "a-1"]
    keep(database, quiz_id, structs.replace(RIGHT, position=2, question_id="a-3"))
    assert asked(database)[0] == "a-2"


@pytest.mark.parametrize(
    ("parts", "box"), [((True, True, True), 1), ((False, True, True), 0), ((True, False, True), 0)]
)
def test_a_bonus_moves_on_once_and_only_with_every_part(database: Database, parts: tuple[bool, ...], box: int) -> None:
    quiz_id = begin(database)
    for at, right in enumerate(parts):
        keep(database, quiz_id, structs.replace(RIGHT if right else WRONG, position=at, part=at + 1))
    with database.unit(ALPHA) as unit:
        found = unit.value(
            list[int],
            "SELECT ARRAY[box, asked, missed] FROM quiz_cards WHERE tenant_id = %(tenant_id)s",
        )
    assert found.result == [box, 1, parts.count(False)]


def test_nobody_sees_or_changes_anothers_quiz(database: Database) -> None:
    quiz_id = begin(database)
    keep(database, quiz_id, RIGHT)
    classmate = add_person(database, ALPHA_TENANT)
    for other in (classmate, BETA):
        with pytest.raises(NotFound), database.unit(other) as unit:
            QuizRepository(unit).get(quiz_id)
        keep(database, quiz_id, structs.replace(WRONG, position=5), other)
        with database.unit(other) as unit:
            QuizRepository(unit).end(quiz_id)
            answers, total = QuizRepository(unit).answers(quiz_id), QuizRepository(unit).count()
        assert (answers.result, total.result) == ([], 0)
    with database.unit(ALPHA) as unit:
        quiz = QuizRepository(unit).page(limit=5, offset=0)
    assert [(row.answered, row.ended_at) for row in quiz.result] == [(1, None)]


def test_an_unknown_pack_opens_nothing(database: Database) -> None:
    with pytest.raises(NotFound, match="pack pack not found"):
        begin(database, BETA)
