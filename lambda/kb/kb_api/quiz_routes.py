"""What the caller's quizzes came to, over HTTP; they are played over the voice socket."""

from msgspec import UNSET

from kb_api.models import FARTHEST_OFFSET, LONGEST_PAGE
from kb_api.quiz_models import ListQuizzes, QuizAnswerItem, QuizDetail, QuizItem, QuizList
from shared.api import Access, Request, Routes
from shared.clock import iso
from shared.ids import known_id
from shared.repositories.quizzes import QuizAnswer, QuizRepository, QuizRow

routes = Routes("kb")


@routes.get("/api/kb/quizzes", access=Access.CLIENT)
def list_quizzes(request: Request, query: ListQuizzes) -> QuizList:
    """Return one page of the caller's quizzes."""
    limit, offset = min(query.limit, LONGEST_PAGE), min(query.offset, FARTHEST_OFFSET)
    with request.unit() as unit:
        quizzes = QuizRepository(unit).page(limit=limit, offset=offset)
        total = QuizRepository(unit).count()
    return QuizList(quizzes=[_quiz(quiz) for quiz in quizzes.result], total=total.result, limit=limit, offset=offset)


@routes.get("/api/kb/quizzes/{quiz_id}", access=Access.CLIENT)
def get_quiz(request: Request, quiz_id: str) -> QuizDetail:
    """Return one of the caller's quizzes with its answers."""
    quiz_id = known_id(quiz_id, "quiz")
    with request.unit() as unit:
        quiz = QuizRepository(unit).get(quiz_id)
        answers = QuizRepository(unit).answers(quiz_id)
    return QuizDetail(quiz=_quiz(quiz.result), answers=[_answer(answer) for answer in answers.result])


def _quiz(quiz: QuizRow) -> QuizItem:
    return QuizItem(
        id=quiz.id,
        session_id=quiz.session_id,
        pack_id=quiz.pack_id,
        pack_name=quiz.pack_name,
        strictness=quiz.strictness,
        answered=quiz.answered,
        correct=quiz.correct,
        score=quiz.score,
        started_at=iso(quiz.started_at),
        ended_at=UNSET if quiz.ended_at is None else iso(quiz.ended_at),
    )


def _answer(answer: QuizAnswer) -> QuizAnswerItem:
    return QuizAnswerItem(
        position=answer.position,
        question_id=answer.question_id,
        part=answer.part,
        given=answer.given,
        matched=answer.matched,
        rule=answer.rule,
        reason=answer.reason,
        points=answer.points,
        buzzed_at=answer.buzzed_at,
        pace_ms=answer.pace_ms,
        target_ms=answer.target_ms,
    )
