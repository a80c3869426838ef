"""What quizzes came to, over HTTP."""

from msgspec import UNSET, Struct, UnsetType

from shared.db import TenantEntry
from shared.ids import new_id
from shared.repositories.quizzes import QuizAnswer, QuizRepository
from tests.conftest import ALPHA_TENANT
from tests.contract.conftest import World
from tests.contract.decoding import Int, Moment, Share, decode, refused
from tests.support.api import ApiClient
from tests.support.content import load_questions


class Quiz(Struct):
    id: str
    session_id: str
    pack_id: str
    pack_name: str
    strictness: str
    answered: Int
    correct: Int
    score: Int
    started_at: Moment
    ended_at: Moment | UnsetType = UNSET


class Answer(Struct):
    position: Int
    question_id: str
    part: Int
    given: str
    matched: bool
    rule: str
    reason: str
    points: Int
    buzzed_at: Share
    pace_ms: Int
    target_ms: Int


class Quizzes(Struct):
    success: bool
    quizzes: list[Quiz]
    total: Int
    limit: Int
    offset: Int


class Detail(Struct):
    success: bool
    quiz: Quiz
    answers: list[Answer]


def test_quizzes_are_the_learners_own(world: World, stranger: ApiClient, nobody: ApiClient) -> None:
    load_questions(world.database)
    learner = world.person()
    quiz_id, user_id = new_id(), who(world, learner)
    answer = QuizAnswer(0, "sci-bio-000001", 0, "CO2", True, "acceptable", "listed", 10, 0.5, 0, 4_000)
    with world.database.unit(TenantEntry(ALPHA_TENANT, user_id)) as unit:
        QuizRepository(unit).open(quiz_id, session_id=new_id(), pack_id="core-knowledge", strictness="strict")
        QuizRepository(unit).keep(quiz_id, answer, answered=1, correct=1, score=10)
    listed = decode(learner.get("/api/kb/quizzes", query={"limit": "500"}), Quizzes)
    assert ([quiz.id for quiz in listed.quizzes], listed.total, listed.limit) == ([quiz_id], 1, 100)
    assert listed.quizzes[0].ended_at is UNSET
    detail = decode(learner.get(f"/api/kb/quizzes/{quiz_id}"), Detail)
    assert (detail.quiz.pack_name, detail.answers[0].given) == ("Core Knowledge", "CO2")
    assert decode(stranger.get("/api/kb/quizzes"), Quizzes).total == 0
    refused(stranger.get(f"/api/kb/quizzes/{quiz_id}"), 404, "not_found", flag=True)
    refused(learner.get("/api/kb/quizzes/nothing"), 404, "not_found", flag=True)
    refused(learner.get("/api/kb/quizzes", query={"limit": "0"}), 400, "invalid_input", field="limit", flag=True)
    refused(nobody.get("/api/kb/quizzes"), 401, "missing_token", flag=True)


def who(world: World, client: ApiClient) -> str:
    """Return the user a client's token belongs to."""
    return str(ApiClient(world.target, client.token).get("/api/auth/me").body["id"])
