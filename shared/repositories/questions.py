"""Knowledge-bowl questions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from shared.db import Json, Pending, Unit
from shared.domain.knowledge import MOST_PACK_QUESTIONS


class Question(msgspec.Struct, frozen=True):
    """A question as its reader sees it.

    Attributes:
        domain_name: None when the domain has no entry of its own.
        details: what only its type has, such as the `parts` of a bonus.
        revision: moves with every change of it.
        pack_ids: the packs its reader may see that hold it themselves.
    """

    id: str
    domain_id: str
    domain_name: str | None
    subcategory: str
    question_text: str
    answer_text: str
    answer_type: str
    acceptable_answers: list[str]
    difficulty: int
    difficulty_tier: str | None
    speed_target_seconds: int
    question_type: str
    question_source: str | None
    competition_year: int | None
    buzzable: bool
    hints: list[str]
    explanation: str
    details: dict[str, Any]
    has_audio: bool
    status: str
    revision: int
    pack_ids: list[str]
    created_at: datetime
    updated_at: datetime


class QuestionFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which questions; None takes all. `search` is words that all occur, in any form, the last one perhaps begun."""

    pack_id: str | None = None
    domain_id: str | None = None
    subcategory: str | None = None
    difficulties: list[int] | None = None
    question_type: str | None = None
    has_audio: bool | None = None
    status: str | None = None
    search: str | None = None


_COLUMNS: Final = """SELECT q.id, q.domain_id,
    (SELECT d.name FROM question_domains d
     WHERE d.id = q.domain_id AND d.tenant_id = ANY(%(readable)s::uuid[])
     ORDER BY d.tenant_id = %(tenant_id)s DESC, d.tenant_id DESC LIMIT 1) AS domain_name,
    q.subcategory, q.question_text, q.answer_text, q.answer_type, q.acceptable_answers, q.difficulty,
    q.difficulty_tier, q.speed_target_seconds, q.question_type, q.question_source, q.competition_year, q.buzzable,
    q.hints, q.explanation, q.details, q.has_audio, q.status, q.revision,
    ARRAY(SELECT pq.pack_id FROM pack_questions pq
          WHERE pq.question_tenant_id = q.tenant_id AND pq.question_id = q.id
            AND pq.tenant_id = ANY(%(readable)s::uuid[])
          ORDER BY pq.pack_id) AS pack_ids,
    q.created_at, q.updated_at
"""
_FILTERS: Final = """
      AND (%(domain_id)s::text IS NULL OR q.domain_id = %(domain_id)s)
      AND (%(subcategory)s::text IS NULL OR q.subcategory = %(subcategory)s)
      AND (%(difficulties)s::int[] IS NULL OR q.difficulty = ANY(%(difficulties)s::int[]))
      AND (%(question_type)s::text IS NULL OR q.question_type = %(question_type)s)
      AND (%(has_audio)s::boolean IS NULL OR q.has_audio = %(has_audio)s)
      AND (%(status)s::text IS NULL OR q.status = %(status)s)
"""
_OWN: Final = " FROM questions q WHERE q.tenant_id = %(tenant_id)s" + _FILTERS
# Of the organisation of a team; nobody else has any.
_INHERITED: Final = (
    """ FROM questions q WHERE q.tenant_id = (SELECT app_parent())
      AND NOT EXISTS (SELECT FROM questions own WHERE own.tenant_id = %(tenant_id)s AND own.id = q.id)"""  # noqa: S608  literals
    + _FILTERS
)
_SHARED: Final = (
    """ FROM questions q WHERE q.tenant_id = public_tenant()
      AND NOT EXISTS (SELECT FROM questions near
                      WHERE near.tenant_id IN (%(tenant_id)s, (SELECT app_parent())) AND near.id = q.id)"""
    + _FILTERS
)
# In a pack the search looks at every question of it: there are few, and so no index is asked.
_HELD: Final = """ FROM (SELECT p.tenant_id, p.id FROM packs p
             WHERE p.id = %(pack_id)s AND p.tenant_id = ANY(%(readable)s::uuid[])
             ORDER BY p.tenant_id = %(tenant_id)s DESC, p.tenant_id DESC LIMIT 1) pack,
        LATERAL pack_links(pack.tenant_id, pack.id) l
        JOIN questions q ON q.tenant_id = l.question_tenant_id AND q.id = l.question_id
    WHERE (%(search)s::text IS NULL OR q.search @@ typed_query(%(search)s))
"""
_IN_PACK: Final = _HELD + _FILTERS
_ORDER: Final = " ORDER BY q.domain_id, q.subcategory, q.id"
_KEY: Final = "SELECT q.tenant_id, q.id, q.domain_id, q.subcategory"
_PAGED: Final = """) page JOIN questions q ON q.tenant_id = page.tenant_id AND q.id = page.id
    ORDER BY q.domain_id, q.subcategory, q.id"""
_WINDOW: Final = " LIMIT %(limit)s OFFSET %(offset)s"
# Each tenant's part comes in order from the index and no farther than the page goes.
_LISTED: Final = (
    " FROM ((" + _KEY + _OWN + _ORDER + " LIMIT %(until)s) UNION ALL (" + _KEY + _INHERITED + _ORDER
    + " LIMIT %(until)s) UNION ALL (" + _KEY + _SHARED + _ORDER + " LIMIT %(until)s)"
    + " ORDER BY domain_id, subcategory, id" + _WINDOW + _PAGED
)  # fmt: skip
_FIRST_FOUND: Final = """ FROM (
    SELECT f.tenant_id, f.id FROM search_questions(%(tenant_id)s::uuid, %(search)s, %(domain_id)s::text,
        %(subcategory)s::text, %(difficulties)s::int[], %(question_type)s::text, %(has_audio)s::boolean,
        %(status)s::text) f
    ORDER BY f.domain_id, f.subcategory, f.id LIMIT %(limit)s OFFSET %(offset)s
"""
_SEARCHED: Final = _FIRST_FOUND + _PAGED
_COUNT_FOUND: Final = """SELECT count(*) FROM search_questions(%(tenant_id)s::uuid, %(search)s, %(domain_id)s::text,
    %(subcategory)s::text, %(difficulties)s::int[], %(question_type)s::text, %(has_audio)s::boolean,
    %(status)s::text) f
"""
_ONE: Final = """
    FROM questions q WHERE q.tenant_id = ANY(%(readable)s::uuid[]) AND q.id = %(question_id)s
    ORDER BY q.tenant_id = %(tenant_id)s DESC, q.tenant_id DESC LIMIT 1
"""
_OF_PACK: Final = """
    FROM (SELECT p.tenant_id, p.id FROM packs p
          WHERE p.id = %(pack_id)s AND p.tenant_id = ANY(%(readable)s::uuid[])
          ORDER BY p.tenant_id = %(tenant_id)s DESC, p.tenant_id DESC LIMIT 1) pack,
        LATERAL (SELECT * FROM pack_links(pack.tenant_id, pack.id) held
                 ORDER BY held.place, held.question_id LIMIT %(limit)s OFFSET %(offset)s) link
    JOIN questions q ON q.tenant_id = link.question_tenant_id AND q.id = link.question_id
    ORDER BY link.place, q.id
"""


class QuestionRepository:
    """Questions as the unit's tenant sees them: its own and the public ones it does not shadow."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def page(self, wanted: QuestionFilter, *, limit: int, offset: int) -> Pending[list[Question]]:
        """Queue the read of one page of questions, by domain and subcategory."""
        params = {"limit": limit, "offset": offset, "until": limit + offset, **_params(wanted)}
        if wanted.pack_id is not None:
            return self._unit.all(Question, _COLUMNS + _IN_PACK + _ORDER + _WINDOW, **params)
        if wanted.search is not None:
            return self._unit.all(Question, _COLUMNS + _SEARCHED, **params)
        return self._unit.all(Question, _COLUMNS + _LISTED, **params)

    def count(self, wanted: QuestionFilter) -> Pending[int]:
        """Queue the count of all questions a filter takes."""
        if wanted.pack_id is not None:
            return self._unit.value(int, "SELECT count(*)" + _IN_PACK, **_params(wanted))
        if wanted.search is not None:
            return self._unit.value(int, _COUNT_FOUND, **_params(wanted))
        counts = (
            "SELECT (SELECT count(*)" + _OWN + ") + (SELECT count(*)" + _INHERITED + ") + (SELECT count(*)" + _SHARED
            + ")"
        )  # fmt: skip
        return self._unit.value(int, counts, **_params(wanted))

    def by_domain(self) -> Pending[dict[str, int]]:
        """Queue the count of every question the tenant sees, by domain."""
        return self._unit.value(
            dict[str, int],
            """SELECT coalesce(jsonb_object_agg(c.domain_id, c.questions), '{}') FROM (
                   SELECT q.domain_id, count(*) AS questions FROM questions q
                   WHERE q.tenant_id = %(tenant_id)s
                      OR (q.tenant_id IN ((SELECT app_parent()), public_tenant()) AND NOT EXISTS (
                          SELECT FROM questions near WHERE near.tenant_id = ANY(%(readable)s::uuid[])
                             AND near.id = q.id AND is_nearer(near.tenant_id, q.tenant_id)))
                   GROUP BY q.domain_id ORDER BY q.domain_id) c""",
        )

    def some(self, question_ids: Sequence[str]) -> Pending[list[Question]]:
        """Queue the read of those of some questions that the tenant sees, in any order."""
        shown = """ FROM (
            SELECT DISTINCT ON (k.id) k.tenant_id, k.id FROM questions k
            WHERE k.tenant_id = ANY(%(readable)s::uuid[]) AND k.id = ANY(%(question_ids)s::text[])
            ORDER BY k.id, k.tenant_id = %(tenant_id)s DESC, k.tenant_id DESC) meant
            JOIN questions q ON q.tenant_id = meant.tenant_id AND q.id = meant.id"""
        return self._unit.all(Question, _COLUMNS + shown, question_ids=list(question_ids))

    def get(self, question_id: str) -> Pending[Question]:
        """Queue the read of one question; another tenant's is NotFound, as if it did not exist."""
        missing = f"question {question_id} not found"
        return self._unit.one(Question, _COLUMNS + _ONE, question_id=question_id, missing=missing)

    def of_pack(self, pack_id: str, *, limit: int = MOST_PACK_QUESTIONS, offset: int = 0) -> Pending[list[Question]]:
        """Queue the read of a pack's questions in its order; an unknown pack has none."""
        return self._unit.all(Question, _COLUMNS + _OF_PACK, pack_id=pack_id, limit=limit, offset=offset)

    def store(self, questions: Sequence[dict[str, Any]]) -> None:
        """Queue the upsert of question rows (`knowledge.question_row`); `updated_at` moves only with the content."""
        self._unit.run(
            """INSERT INTO questions AS stored (tenant_id, id, domain_id, subcategory, question_text, answer_text,
                    answer_type, acceptable_answers, difficulty, difficulty_tier, speed_target_seconds, question_type,
                    question_source, competition_year, buzzable, hints, explanation, details, status)
               SELECT %(tenant_id)s, q.id, q.domain_id, coalesce(q.subcategory, ''), q.question_text, q.answer_text,
                    coalesce(q.answer_type, 'text'), coalesce(q.acceptable_answers, '{}'), coalesce(q.difficulty, 3),
                    q.difficulty_tier, coalesce(q.speed_target_seconds, 5), coalesce(q.question_type, 'toss_up'),
                    q.question_source, q.competition_year, coalesce(q.buzzable, true), coalesce(q.hints, '{}'),
                    coalesce(q.explanation, ''), coalesce(q.details, '{}'), coalesce(q.status, 'active')
               FROM jsonb_to_recordset(%(questions)s) AS q(id text, domain_id text, subcategory text,
                    question_text text, answer_text text, answer_type text, acceptable_answers text[], difficulty int,
                    difficulty_tier text, speed_target_seconds int, question_type text, question_source text,
                    competition_year int, buzzable boolean, hints text[], explanation text, details jsonb, status text)
               ON CONFLICT (tenant_id, id) DO UPDATE SET
                    (domain_id, subcategory, question_text, answer_text, answer_type, acceptable_answers, difficulty,
                     difficulty_tier, speed_target_seconds, question_type, question_source, competition_year, buzzable,
                     hints, explanation, details, status, revision, updated_at) =
                    (excluded.domain_id, excluded.subcategory, excluded.question_text, excluded.answer_text,
                     excluded.answer_type, excluded.acceptable_answers, excluded.difficulty, excluded.difficulty_tier,
                     excluded.speed_target_seconds, excluded.question_type, excluded.question_source,
                     excluded.competition_year, excluded.buzzable, excluded.hints, excluded.explanation,
                     excluded.details, excluded.status, stored.revision + 1, now())
               WHERE (stored.domain_id, stored.subcategory, stored.question_text, stored.answer_text,
                      stored.answer_type, stored.acceptable_answers, stored.difficulty, stored.difficulty_tier,
                      stored.speed_target_seconds, stored.question_type, stored.question_source,
                      stored.competition_year, stored.buzzable, stored.hints, stored.explanation, stored.details,
                      stored.status)
                   IS DISTINCT FROM
                     (excluded.domain_id, excluded.subcategory, excluded.question_text, excluded.answer_text,
                      excluded.answer_type, excluded.acceptable_answers, excluded.difficulty, excluded.difficulty_tier,
                      excluded.speed_target_seconds, excluded.question_type, excluded.question_source,
                      excluded.competition_year, excluded.buzzable, excluded.hints, excluded.explanation,
                      excluded.details, excluded.status)""",
            questions=Json(list(questions)),
        )


def _params(wanted: QuestionFilter) -> dict[str, object]:
    return {
        "pack_id": wanted.pack_id,
        "domain_id": wanted.domain_id,
        "subcategory": wanted.subcategory,
        "difficulties": wanted.difficulties,
        "question_type": wanted.question_type,
        "has_audio": wanted.has_audio,
        "status": wanted.status,
        "search": wanted.search,
    }
