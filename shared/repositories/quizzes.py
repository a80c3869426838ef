"""Quizzes played by voice, of the caller alone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from shared.db import Pending, Unit


class QuizCard(msgspec.Struct, frozen=True):
    """A question of a pack as it is asked."""

    question_id: str
    question_type: str
    question_text: str
    answer_text: str
    acceptable_answers: list[str]
    answer_type: str
    explanation: str
    speed_target_seconds: int
    details: dict[str, Any]


class QuizRow(msgspec.Struct, frozen=True):
    """A quiz; `ended_at` is None while it lasts, and where it was never ended."""

    id: str
    session_id: str
    pack_id: str
    pack_name: str
    strictness: str
    answered: int
    correct: int
    score: int
    started_at: datetime
    ended_at: datetime | None


class QuizAnswer(msgspec.Struct, frozen=True):
    """What became of a question.

    Attributes:
        buzzed_at: how much of it had been heard, 0 to 1.
        pace_ms: from the end of the reading to the answer; 0 for one before it.
    """

    position: int
    question_id: str
    part: int
    given: str
    matched: bool
    rule: str
    reason: str
    points: int
    buzzed_at: float
    pace_ms: int
    target_ms: int


class QuizRepository:
    """Quizzes of the unit's user."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def open(self, quiz_id: str, *, session_id: str, pack_id: str, strictness: str) -> None:
        """Queue a new quiz; NotFound at the unit's end for an unknown pack."""
        self._unit.run(
            """SELECT refuse('PT404', format('pack %%s not found', %(pack_id)s::text))
               WHERE NOT EXISTS (
                   SELECT FROM packs p WHERE p.tenant_id = ANY(%(readable)s::uuid[]) AND p.id = %(pack_id)s)""",
            pack_id=pack_id,
        )
        self._unit.run(
            """INSERT INTO quizzes (tenant_id, id, user_id, session_id, pack_id, pack_name, strictness)
               SELECT %(tenant_id)s, %(id)s, app_user(), %(session_id)s, p.id, p.name, %(strictness)s
               FROM packs p WHERE p.tenant_id = ANY(%(readable)s::uuid[]) AND p.id = %(pack_id)s
               ORDER BY p.tenant_id = %(tenant_id)s DESC, p.tenant_id DESC LIMIT 1
               ON CONFLICT (tenant_id, id) DO NOTHING""",
            id=quiz_id,
            session_id=session_id,
            pack_id=pack_id,
            strictness=strictness,
        )

    def cards(self, pack_id: str, *, question_types: Sequence[str], most: int) -> Pending[list[QuizCard]]:
        """Queue the read of what to ask: missed questions that are due, then new ones, then those due the soonest.

        Args: question_types: only these; none takes all.
        """
        return self._unit.all(
            QuizCard,
            """SELECT q.id AS question_id, q.question_type, q.question_text, q.answer_text, q.acceptable_answers,
                      q.answer_type, q.explanation, q.speed_target_seconds, q.details
               FROM (SELECT p.tenant_id, p.id FROM packs p
                     WHERE p.id = %(pack_id)s AND p.tenant_id = ANY(%(readable)s::uuid[])
                     ORDER BY p.tenant_id = %(tenant_id)s DESC, p.tenant_id DESC LIMIT 1) pack,
                    LATERAL pack_links(pack.tenant_id, pack.id) l
                    JOIN questions q ON q.tenant_id = l.question_tenant_id AND q.id = l.question_id
                    LEFT JOIN quiz_cards c ON c.tenant_id = %(tenant_id)s AND c.user_id = app_user()
                                          AND c.question_id = q.id
               WHERE q.status = 'active'
                 AND (cardinality(%(types)s::text[]) = 0 OR q.question_type = ANY(%(types)s::text[]))
               ORDER BY CASE WHEN c.due_at <= now() AND c.box = 0 THEN 0 WHEN c.due_at IS NULL THEN 1 ELSE 2 END,
                        c.due_at, l.place, q.id
               LIMIT %(most)s""",
            pack_id=pack_id,
            types=list(question_types),
            most=most,
        )

    def keep(self, quiz_id: str, answer: QuizAnswer, *, answered: int, correct: int, score: int) -> None:
        """Queue an answer, once however often it is sent, where the quiz then stands, and when it is due again."""
        self._unit.run(
            """WITH kept AS (
                   INSERT INTO quiz_answers (tenant_id, quiz_id, user_id, position, question_id, part, given, matched,
                                             rule, reason, points, buzzed_at, pace_ms, target_ms)
                   SELECT %(tenant_id)s, z.id, z.user_id, %(position)s, %(question_id)s, %(part)s, %(given)s,
                          %(matched)s, %(rule)s, %(reason)s, %(points)s, %(buzzed_at)s, %(pace_ms)s, %(target_ms)s
                   FROM quizzes z WHERE z.tenant_id = %(tenant_id)s AND z.id = %(quiz_id)s AND z.user_id = app_user()
                   ON CONFLICT (tenant_id, quiz_id, position) DO NOTHING RETURNING question_id, matched, part)
               INSERT INTO quiz_cards AS card (tenant_id, user_id, question_id, box, due_at, missed)
               SELECT %(tenant_id)s, app_user(), kept.question_id, kept.matched::int,
                      now() + quiz_wait(kept.matched::int), (NOT kept.matched)::int
               FROM kept
               -- A bonus is known when every part is: a later part may send it back, but not on.
               WHERE NOT (kept.matched AND kept.part > 1)
               ON CONFLICT (tenant_id, user_id, question_id) DO UPDATE SET
                   box = CASE WHEN excluded.missed = 1 THEN 0 ELSE least(card.box + 1, 5) END,
                   due_at = now() + quiz_wait(CASE WHEN excluded.missed = 1 THEN 0 ELSE card.box + 1 END),
                   asked = card.asked + (%(part)s < 2)::int, missed = card.missed + excluded.missed""",
            quiz_id=quiz_id,
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
        self._unit.run(
            """UPDATE quizzes SET answered = %(answered)s, correct = %(correct)s, score = %(score)s
               WHERE tenant_id = %(tenant_id)s AND id = %(quiz_id)s AND user_id = app_user()
                 AND answered < %(answered)s""",
            quiz_id=quiz_id,
            answered=answered,
            correct=correct,
            score=score,
        )

    def end(self, quiz_id: str) -> None:
        """Queue the end of a quiz; a second end changes nothing."""
        self._unit.run(
            """UPDATE quizzes SET ended_at = now()
               WHERE tenant_id = %(tenant_id)s AND id = %(quiz_id)s AND user_id = app_user() AND ended_at IS NULL""",
            quiz_id=quiz_id,
        )

    def page(self, *, limit: int, offset: int) -> Pending[list[QuizRow]]:
        """Queue the read of one page of the user's quizzes, the newest first."""
        return self._unit.all(
            QuizRow,
            """SELECT id, session_id, pack_id, pack_name, strictness, answered, correct, score, started_at, ended_at
               FROM quizzes WHERE tenant_id = %(tenant_id)s AND user_id = app_user()
               ORDER BY started_at DESC, id DESC LIMIT %(limit)s OFFSET %(offset)s""",
            limit=limit,
            offset=offset,
        )

    def count(self) -> Pending[int]:
        """Queue the count of the user's quizzes."""
        return self._unit.value(
            int, "SELECT count(*) FROM quizzes WHERE tenant_id = %(tenant_id)s AND user_id = app_user()"
        )

    def get(self, quiz_id: str) -> Pending[QuizRow]:
        """Queue the read of one quiz; anybody else's is NotFound, as if it did not exist."""
        return self._unit.one(
            QuizRow,
            """SELECT id, session_id, pack_id, pack_name, strictness, answered, correct, score, started_at, ended_at
               FROM quizzes WHERE tenant_id = %(tenant_id)s AND id = %(quiz_id)s AND user_id = app_user()""",
            quiz_id=quiz_id,
            missing=f"quiz {quiz_id} not found",
        )

    def answers(self, quiz_id: str) -> Pending[list[QuizAnswer]]:
        """Queue the read of a quiz's answers in their order; anybody else's has none."""
        return self._unit.all(
            QuizAnswer,
            """SELECT a.position, a.question_id, a.part, a.given, a.matched, a.rule, a.reason, a.points, a.buzzed_at,
                      a.pace_ms, a.target_ms
               FROM quiz_answers a JOIN quizzes z ON z.tenant_id = a.tenant_id AND z.id = a.quiz_id
               WHERE a.tenant_id = %(tenant_id)s AND a.quiz_id = %(quiz_id)s AND z.user_id = app_user()
               ORDER BY a.position""",
            quiz_id=quiz_id,
        )
