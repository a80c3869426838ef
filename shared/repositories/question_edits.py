"""Changes of a tenant's own questions."""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.db import Json, Pending, Unit


class QuestionEdits:
    """Writes questions of the unit's tenant."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def hold(self, question_id: str, *, seen: int | None = None) -> None:
        """Queue the lock of a question until the unit's end; NotFound or, for a shared one, Forbidden there.

        Args:
            seen: the revision its writer last read; Conflict at the unit's end when it is not the present one.
        """
        self._unit.run(
            "SELECT hold_question(%(question_id)s, %(seen)s::int) -- for the tenant_id that entered",
            question_id=question_id,
            seen=seen,
        )

    def change(self, question_ids: Sequence[str], row: Mapping[str, Any]) -> Pending[list[str]]:
        """Queue new values for own questions and return the ids of those there are.

        Args:
            row: columns of `knowledge.question_row`; one that is absent stays, `details` lie over the present ones.
        """
        return self._unit.value(
            list[str],
            """WITH changed AS (
                   UPDATE questions q SET
                       (domain_id, subcategory, question_text, answer_text, answer_type, acceptable_answers, difficulty,
                        difficulty_tier, speed_target_seconds, question_type, question_source, competition_year,
                        buzzable, hints, explanation, status, details, revision, updated_at) =
                       (SELECT n.domain_id, n.subcategory, n.question_text, n.answer_text, n.answer_type,
                               n.acceptable_answers, n.difficulty, n.difficulty_tier, n.speed_target_seconds,
                               n.question_type, n.question_source, n.competition_year, n.buzzable, n.hints,
                               n.explanation, n.status, q.details || coalesce(%(row)s::jsonb -> 'details', '{}'),
                               q.revision + 1, now()
                        FROM jsonb_populate_record(q, %(row)s::jsonb - 'details') n)
                   WHERE q.tenant_id = %(tenant_id)s AND q.id = ANY(%(question_ids)s::text[])
                   RETURNING q.id)
               SELECT coalesce(array_agg(id), '{}') FROM changed""",
            question_ids=list(question_ids),
            row=Json(dict(row)),
        )

    def remove(self, question_id: str) -> None:
        """Queue the end of a question, in every pack too."""
        self._unit.run(
            "DELETE FROM questions WHERE tenant_id = %(tenant_id)s AND id = %(question_id)s", question_id=question_id
        )

    def put_into(self, question_id: str, pack_ids: Sequence[str], *, only: bool) -> None:
        """Queue a question behind what some own packs hold.

        Args:
            only: it leaves every other pack of the tenant.
        At the unit's end InvalidInput for packs that are not the tenant's own, or that follow their sources.
        """
        ids = list(dict.fromkeys(pack_ids))
        self._unit.run("SELECT hold_questions() -- for the tenant_id that entered")
        self._unit.run(
            """SELECT refuse('PT400', format('pack_ids: no own pack that holds questions: %%s',
                                             string_agg(u.id, ', ' ORDER BY u.id)), '{"code": "unknown_packs"}')
               FROM (SELECT wanted.id FROM unnest(%(pack_ids)s::text[]) AS wanted(id)
                     WHERE NOT EXISTS (SELECT FROM packs p WHERE p.tenant_id = %(tenant_id)s AND p.id = wanted.id
                                                             AND NOT p.is_reference) LIMIT 5) u
               HAVING count(*) > 0""",
            pack_ids=ids,
        )
        if only:
            self._unit.run(
                """DELETE FROM pack_questions
                   WHERE tenant_id = %(tenant_id)s AND question_tenant_id = %(tenant_id)s
                     AND question_id = %(question_id)s AND NOT pack_id = ANY(%(pack_ids)s::text[])""",
                question_id=question_id,
                pack_ids=ids,
            )
        self._unit.run(
            """INSERT INTO pack_questions (tenant_id, pack_id, question_tenant_id, question_id, position)
               SELECT %(tenant_id)s, wanted.id, %(tenant_id)s, %(question_id)s, 1 + (
                   SELECT coalesce(max(held.position), 0) FROM pack_questions held
                   WHERE held.tenant_id = %(tenant_id)s AND held.pack_id = wanted.id)
               FROM unnest(%(pack_ids)s::text[]) AS wanted(id)
               ON CONFLICT (tenant_id, pack_id, question_id) DO NOTHING""",
            question_id=question_id,
            pack_ids=ids,
        )
