"""Texts that are read aloud: of questions and of topics, and whose they are."""

from collections.abc import Sequence
from typing import Any

import msgspec

from shared.db import Pending, Unit


class QuestionTexts(msgspec.Struct, frozen=True):
    """What a question's audio says; `owner_id` is the tenant it belongs to."""

    id: str
    owner_id: str
    question_text: str
    answer_text: str
    explanation: str
    hints: list[str]


class TopicTexts(msgspec.Struct, frozen=True):
    """A topic's transcript: records with `type` and `content`; `owner_id` is the tenant it belongs to."""

    id: str
    owner_id: str
    title: str
    segments: list[dict[str, Any]]


class SpokenTextRepository:
    """Texts as the unit's tenant sees them: its own and the public ones it does not shadow."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def question(self, question_id: str) -> Pending[QuestionTexts]:
        """Queue the read of one question; NotFound when there is none."""
        return self._unit.one(
            QuestionTexts,
            """SELECT q.id, q.tenant_id::text AS owner_id, q.question_text, q.answer_text, q.explanation, q.hints
               FROM questions q WHERE q.tenant_id = ANY(%(readable)s::uuid[]) AND q.id = %(question_id)s
               ORDER BY q.tenant_id = %(tenant_id)s DESC, q.tenant_id DESC LIMIT 1""",
            question_id=question_id,
            missing=f"question {question_id} not found",
        )

    def questions(self, question_ids: Sequence[str]) -> Pending[list[QuestionTexts]]:
        """Queue the read of several questions; those that do not exist are left out."""
        return self._unit.all(
            QuestionTexts,
            """SELECT DISTINCT ON (q.id) q.id, q.tenant_id::text AS owner_id, q.question_text, q.answer_text,
                      q.explanation, q.hints
               FROM questions q
               WHERE q.tenant_id = ANY(%(readable)s::uuid[]) AND q.id = ANY(%(question_ids)s::text[])
               ORDER BY q.id, q.tenant_id = %(tenant_id)s DESC, q.tenant_id DESC""",
            question_ids=list(question_ids),
        )

    def pack(self, pack_id: str, *, most: int) -> Pending[list[QuestionTexts]]:
        """Queue the read of a pack's questions, in its order; none where there is no such pack."""
        return self._unit.all(
            QuestionTexts,
            """SELECT q.id, q.tenant_id::text AS owner_id, q.question_text, q.answer_text, q.explanation, q.hints
               FROM pack_questions pq
               JOIN questions q ON q.tenant_id = pq.question_tenant_id AND q.id = pq.question_id
               WHERE q.tenant_id = ANY(%(readable)s::uuid[]) AND pq.pack_id = %(pack_id)s
                 AND pq.tenant_id = (SELECT p.tenant_id FROM packs p
                                     WHERE p.tenant_id = ANY(%(readable)s::uuid[]) AND p.id = %(pack_id)s
                                     ORDER BY p.tenant_id = %(tenant_id)s DESC, p.tenant_id DESC LIMIT 1)
               ORDER BY pq.position, q.id LIMIT %(most)s""",
            pack_id=pack_id,
            most=most,
        )

    def topics(self, curriculum_id: str, topic_ids: Sequence[str] | None = None) -> Pending[list[TopicTexts]]:
        """Queue the read of topics of one curriculum, in its order; those that do not exist are left out.

        Args: topic_ids: only these; None: all.
        """
        return self._unit.all(
            TopicTexts,
            """SELECT t.id, t.tenant_id::text AS owner_id, t.title, t.segments
               FROM topics t
               WHERE t.curriculum_id = %(curriculum_id)s
                 AND (%(topic_ids)s::text[] IS NULL OR t.id = ANY(%(topic_ids)s::text[]))
                 AND t.tenant_id = (SELECT c.tenant_id FROM curricula c
                                    WHERE c.tenant_id = ANY(%(readable)s::uuid[]) AND c.id = %(curriculum_id)s
                                    ORDER BY c.tenant_id = %(tenant_id)s DESC, c.tenant_id DESC LIMIT 1)
               ORDER BY t.order_index, t.id""",
            curriculum_id=curriculum_id,
            topic_ids=None if topic_ids is None else list(topic_ids),
        )
