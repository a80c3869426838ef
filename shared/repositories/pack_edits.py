"""Changes of a tenant's own packs and of what they hold.

Every method that names a pack refuses at the unit's end: NotFound where the tenant has no such pack, Forbidden for a
shared one.
"""

from collections.abc import Mapping, Sequence

from shared.db import Pending, Unit
from shared.domain.knowledge import MOST_PACK_QUESTIONS


class PackEdits:
    """Writes packs of the unit's tenant."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def hold(self, pack_id: str, *, seen: int | None = None) -> None:
        """Queue the lock of a pack until the unit's end.

        Args:
            seen: the revision its writer last read; Conflict at the unit's end when it is not the present one.
        """
        self._unit.run(
            "SELECT hold_pack(%(pack_id)s, %(seen)s::int) -- for the tenant_id that entered", pack_id=pack_id, seen=seen
        )

    def add(self, pack_id: str, fields: Mapping[str, object]) -> None:
        """Queue a new pack of the type custom, or system, in the public tenant only (Forbidden elsewhere).

        Args:
            fields: `name` and any of `description`, `type`, `difficulty_tier`, `competition_year`, `status`.
        """
        self._unit.run(
            """SELECT refuse('PT403', 'type: only operators write system packs', '{"code": "read_only"}')
               WHERE %(type)s = 'system' AND %(tenant_id)s::uuid <> public_tenant()""",
            type=fields.get("type") or "custom",
        )
        self._unit.run(
            """INSERT INTO packs (tenant_id, id, name, description, type, difficulty_tier, competition_year, status)
               VALUES (%(tenant_id)s, %(id)s, %(name)s, %(description)s, %(type)s, %(tier)s, %(year)s, %(status)s)""",
            id=pack_id,
            name=fields["name"],
            description=fields.get("description") or "",
            type=fields.get("type") or "custom",
            tier=fields.get("difficulty_tier") or "varsity",
            year=fields.get("competition_year"),
            status=fields.get("status") or "draft",
        )

    def change(self, pack_id: str, fields: Mapping[str, object]) -> None:
        """Queue new values of a pack's own fields; what is absent or None stays, and nothing new changes nothing."""
        self._unit.run(
            """UPDATE packs SET (name, description, difficulty_tier, competition_year, status, revision, updated_at) =
                   (coalesce(%(name)s, name), coalesce(%(description)s, description),
                    coalesce(%(tier)s, difficulty_tier), coalesce(%(year)s::int, competition_year),
                    coalesce(%(status)s, status), revision + 1, now())
               WHERE tenant_id = %(tenant_id)s AND id = %(pack_id)s
                 AND (name, description, difficulty_tier, competition_year, status) IS DISTINCT FROM
                   (coalesce(%(name)s, name), coalesce(%(description)s, description),
                    coalesce(%(tier)s, difficulty_tier), coalesce(%(year)s::int, competition_year),
                    coalesce(%(status)s, status))""",
            pack_id=pack_id,
            name=fields.get("name"),
            description=fields.get("description"),
            tier=fields.get("difficulty_tier"),
            year=fields.get("competition_year"),
            status=fields.get("status"),
        )

    def remove(self, pack_id: str) -> None:
        """Queue the end of a pack; its questions stay. Forbidden for a system pack."""
        self._unit.run(
            """SELECT refuse('PT403', format('pack %%s is a system pack: it cannot be deleted', %(pack_id)s::text),
                             '{"code": "read_only"}')
               FROM packs WHERE tenant_id = %(tenant_id)s AND id = %(pack_id)s AND type = 'system'""",
            pack_id=pack_id,
        )
        self._unit.run("DELETE FROM packs WHERE tenant_id = %(tenant_id)s AND id = %(pack_id)s", pack_id=pack_id)

    def add_questions(self, pack_id: str, question_ids: Sequence[str]) -> Pending[list[str]]:
        """Queue questions behind those a pack holds and return the ids that were new to it, in order.

        At the unit's end InvalidInput for unknown questions, naming five at most, and for a pack that grows too large;
        Conflict for a reference bundle, which holds none itself.
        """
        ids = list(dict.fromkeys(question_ids))
        self._refuse_unknown(ids)
        added = self._unit.value(
            list[str],
            """WITH added AS (
                   INSERT INTO pack_questions (tenant_id, pack_id, question_tenant_id, question_id, position)
                   SELECT %(tenant_id)s, %(pack_id)s, meant.tenant_id, meant.id, meant.place + (
                       SELECT coalesce(max(held.position), 0) FROM pack_questions held
                       WHERE held.tenant_id = %(tenant_id)s AND held.pack_id = %(pack_id)s)
                   FROM meant_questions(%(question_ids)s::text[]) meant
                   ON CONFLICT (tenant_id, pack_id, question_id) DO NOTHING RETURNING question_id, position)
               SELECT coalesce(array_agg(question_id ORDER BY position), '{}') FROM added""",
            pack_id=pack_id,
            question_ids=ids,
        )
        self.refuse_unfit(pack_id)
        return added

    def remove_question(self, pack_id: str, question_id: str) -> None:
        """Queue that a question leaves a pack; NotFound at the unit's end where it is not in it."""
        self._unit.run(
            """SELECT refuse('PT404', format('question %%s not found in pack %%s',
                                             %(question_id)s::text, %(pack_id)s::text))
               WHERE NOT EXISTS (SELECT FROM pack_questions WHERE tenant_id = %(tenant_id)s AND pack_id = %(pack_id)s
                                                              AND question_id = %(question_id)s)""",
            pack_id=pack_id,
            question_id=question_id,
        )
        self._unit.run(
            """DELETE FROM pack_questions
               WHERE tenant_id = %(tenant_id)s AND pack_id = %(pack_id)s AND question_id = %(question_id)s""",
            pack_id=pack_id,
            question_id=question_id,
        )

    def copy(self, pack_id: str, copy_id: str, *, name: str | None) -> None:
        """Queue a copy of a pack the tenant may read, as a draft of its own; a reference bundle's copy follows too."""
        self._unit.run(
            """INSERT INTO packs (tenant_id, id, name, description, type, difficulty_tier, competition_year, status,
                                  is_reference, deduplication, excluded_questions)
               SELECT %(tenant_id)s, %(copy_id)s, coalesce(%(name)s, left('Copy of ' || p.name, 200)), p.description,
                      CASE p.type WHEN 'bundle' THEN 'bundle' ELSE 'custom' END, p.difficulty_tier,
                      p.competition_year, 'draft', p.is_reference, p.deduplication, p.excluded_questions
               FROM packs p WHERE p.tenant_id = ANY(%(readable)s::uuid[]) AND p.id = %(pack_id)s
               ORDER BY p.tenant_id = %(tenant_id)s DESC, p.tenant_id DESC LIMIT 1""",
            pack_id=pack_id,
            copy_id=copy_id,
            name=name,
        )
        self._unit.run(
            """INSERT INTO pack_sources (tenant_id, pack_id, source_tenant_id, source_id, position)
               SELECT %(tenant_id)s, %(copy_id)s, s.source_tenant_id, s.source_id, s.position
               FROM pack_sources s WHERE s.pack_id = %(pack_id)s AND s.tenant_id = (
                   SELECT p.tenant_id FROM packs p WHERE p.tenant_id = ANY(%(readable)s::uuid[]) AND p.id = %(pack_id)s
                   ORDER BY p.tenant_id = %(tenant_id)s DESC, p.tenant_id DESC LIMIT 1)""",
            pack_id=pack_id,
            copy_id=copy_id,
        )
        self._unit.run(
            """INSERT INTO pack_questions (tenant_id, pack_id, question_tenant_id, question_id, position)
               SELECT %(tenant_id)s, %(copy_id)s, pq.question_tenant_id, pq.question_id, pq.position
               FROM pack_questions pq WHERE pq.pack_id = %(pack_id)s AND pq.tenant_id = (
                   SELECT p.tenant_id FROM packs p WHERE p.tenant_id = ANY(%(readable)s::uuid[]) AND p.id = %(pack_id)s
                   ORDER BY p.tenant_id = %(tenant_id)s DESC, p.tenant_id DESC LIMIT 1)""",
            pack_id=pack_id,
            copy_id=copy_id,
        )

    def _refuse_unknown(self, ids: Sequence[str]) -> None:
        self._unit.run(
            """SELECT refuse('PT400', 'question_ids: unknown: ' || string_agg(u.id, ', ' ORDER BY u.position),
                             '{"code": "unknown_questions"}')
               FROM (SELECT wanted.id, wanted.position
                     FROM unnest(%(question_ids)s::text[]) WITH ORDINALITY AS wanted(id, position)
                     WHERE NOT EXISTS (SELECT FROM questions q
                                       WHERE q.tenant_id = ANY(%(readable)s::uuid[]) AND q.id = wanted.id)
                     ORDER BY wanted.position LIMIT 5) u
               HAVING count(*) > 0""",
            question_ids=list(ids),
        )

    def refuse_unfit(self, pack_id: str) -> None:
        """Queue the check that a pack may hold what it was just given: Conflict or InvalidInput at the unit's end."""
        self._unit.run(
            """SELECT refuse('PT409', format('pack %%s follows its sources: change those', %(pack_id)s::text),
                             '{"code": "reference_bundle"}')
               FROM packs WHERE tenant_id = %(tenant_id)s AND id = %(pack_id)s AND is_reference""",
            pack_id=pack_id,
        )
        self._unit.run(
            """SELECT refuse('PT400', format('question_ids: a pack holds at most %%s questions', %(most)s::int),
                             '{"code": "pack_too_large"}')
               FROM pack_questions WHERE tenant_id = %(tenant_id)s AND pack_id = %(pack_id)s
               HAVING count(*) > %(most)s""",
            pack_id=pack_id,
            most=MOST_PACK_QUESTIONS,
        )
