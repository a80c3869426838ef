"""Quizzes kept in PostgreSQL: a unit of work in a thread for each step."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from core.pipeline.conversations import Visit
from core.quiz.items import Card
from core.quiz.match import Result, Standing
from core.quiz.port import Order, Quiz
from shared.db import Database, Unit
from shared.errors import InvalidInput, Unavailable
from shared.ids import new_id
from shared.repositories.quizzes import QuizAnswer, QuizRepository

Outcome = TypeVar("Outcome")

# Waits before another attempt when the database does not answer: who asks for a quiz waits less than what was said.
_OPENING_S: Final = (0.1, 0.4, 1.5)
_STORING_S: Final = (0.1, 0.4, 1.0, 2.0, 4.0, 4.0)
_LONGEST_WORDS: Final = 2_000


class StoredQuizzes:
    """The Quizzes of a database; see the port."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open(self, visit: Visit, order: Order) -> Quiz:
        """Begin a quiz."""
        quiz_id = new_id()

        def work(unit: Unit) -> Callable[[], Quiz]:
            quizzes = QuizRepository(unit)
            quizzes.open(
                quiz_id,
                session_id=visit.session_id,
                pack_id=order.pack_id,
                strictness=order.strictness.name.lower(),
            )
            cards = quizzes.cards(order.pack_id, question_types=order.question_types, most=order.count)
            return lambda: Quiz(
                quiz_id,
                tuple(
                    Card(
                        card.question_id,
                        card.question_type,
                        card.question_text,
                        card.answer_text,
                        card.acceptable_answers,
                        card.answer_type,
                        card.explanation,
                        card.speed_target_seconds,
                        card.details,
                    )
                    for card in cards.result
                ),
            )

        quiz = await self._run(visit, work, _OPENING_S)
        if not quiz.cards:
            await self.end(visit, quiz_id)
            raise InvalidInput(f"pack {order.pack_id} has no question of the kind", code="no_questions")
        return quiz

    async def keep(self, visit: Visit, quiz_id: str, result: Result, standing: Standing) -> None:
        """Store an answer once."""
        answer = QuizAnswer(
            position=result.position,
            question_id=result.item.question_id,
            part=result.item.part,
            given=result.given[:_LONGEST_WORDS],
            matched=result.matched,
            rule=result.rule,
            reason=result.reason,
            points=result.points,
            buzzed_at=result.buzzed_at,
            pace_ms=result.pace_ms,
            target_ms=result.item.target_ms,
        )

        def work(unit: Unit) -> Callable[[], None]:
            QuizRepository(unit).keep(
                quiz_id, answer, answered=standing.position, correct=standing.correct, score=standing.points
            )
            return lambda: None

        await self._run(visit, work, _STORING_S)

    async def end(self, visit: Visit, quiz_id: str) -> None:
        """Note that a quiz is over."""

        def work(unit: Unit) -> Callable[[], None]:
            QuizRepository(unit).end(quiz_id)
            return lambda: None

        await self._run(visit, work, _STORING_S)

    async def _run(
        self, visit: Visit, work: Callable[[Unit], Callable[[], Outcome]], patience_s: Sequence[float]
    ) -> Outcome:
        """Do one unit of work as the caller, again when the database does not answer: every step may be repeated."""

        def once() -> Outcome:
            with self._database.unit(visit.caller.check()) as unit:
                result = work(unit)
            return result()

        for wait in patience_s:
            try:
                return await asyncio.to_thread(once)
            except Unavailable:
                await asyncio.sleep(wait)
        return await asyncio.to_thread(once)
