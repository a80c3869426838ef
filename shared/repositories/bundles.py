"""Bundles: packs made of other packs, as a copy of their questions or following them by reference."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from shared.db import Pending, Unit
from shared.domain.knowledge import MOST_PACK_QUESTIONS

SHOWN_DUPLICATES: Final = 20
SHOWN_GROUPS: Final = 50
_PREVIEWED_CHARACTERS: Final = 100


class Duplicate(msgspec.Struct, frozen=True):
    """A question that was left out; `skipped` counts all of them."""

    question_id: str
    duplicate_of: str
    skipped: int


class DuplicateGroup(msgspec.Struct, frozen=True):
    """Questions of several packs that ask the same.

    Attributes:
        occurrences: each `{"question_id", "pack_id", "pack_name"}`.
    """

    question_text: str
    occurrences: list[dict[str, Any]]


class Overlap(msgspec.Struct, frozen=True):
    """How much of some packs is the same: all their questions, and those that would stay."""

    total: int
    unique_questions: int


class BundleRepository:
    """Makes bundles in the unit's tenant of packs it may read."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def require_sources(self, source_ids: Sequence[str]) -> None:
        """Queue the check that every source can be read; InvalidInput at the unit's end names five at most."""
        self._unit.run(
            """SELECT refuse('PT400', 'source_pack_ids: unknown: ' || string_agg(u.id, ', ' ORDER BY u.position),
                             '{"code": "unknown_packs"}')
               FROM (SELECT wanted.id, wanted.position
                     FROM unnest(%(source_ids)s::text[]) WITH ORDINALITY AS wanted(id, position)
                     WHERE NOT EXISTS (SELECT FROM packs p
                                       WHERE p.tenant_id = ANY(%(readable)s::uuid[]) AND p.id = wanted.id)
                     ORDER BY wanted.position LIMIT 5) u
               HAVING count(*) > 0""",
            source_ids=list(source_ids),
        )

    def add(self, pack_id: str, fields: Mapping[str, object], *, is_reference: bool) -> None:
        """Queue an active, empty bundle.

        Args:
            fields: `name`, `strategy` (keep_first, keep_all or manual), `excluded` and any of `description`,
                `difficulty_tier`, `competition_year`.
        """
        self._unit.run(
            """INSERT INTO packs (tenant_id, id, name, description, type, difficulty_tier, competition_year, status,
                                  is_reference, deduplication, excluded_questions)
               VALUES (%(tenant_id)s, %(id)s, %(name)s, %(description)s, 'bundle', %(tier)s, %(year)s, 'active',
                       %(is_reference)s, %(strategy)s, %(excluded)s::text[])""",
            id=pack_id,
            name=fields["name"],
            description=fields.get("description") or "",
            tier=fields.get("difficulty_tier") or "varsity",
            year=fields.get("competition_year"),
            is_reference=is_reference,
            strategy=fields["strategy"],
            excluded=fields["excluded"],
        )

    def set_sources(self, pack_id: str, source_ids: Sequence[str]) -> None:
        """Queue what a bundle is made of; InvalidInput at the unit's end where it would reach itself."""
        self._unit.run(
            "DELETE FROM pack_sources WHERE tenant_id = %(tenant_id)s AND pack_id = %(pack_id)s", pack_id=pack_id
        )
        self._unit.run(
            """INSERT INTO pack_sources (tenant_id, pack_id, source_tenant_id, source_id, position)
               SELECT %(tenant_id)s, %(pack_id)s, s.tenant_id, s.id, s.place
               FROM meant_packs(%(source_ids)s::text[]) s""",
            pack_id=pack_id,
            source_ids=list(source_ids),
        )

    def follow(self, pack_id: str, source_ids: Sequence[str]) -> None:
        """Queue other sources for a bundle by reference; Conflict at the unit's end for a pack that is none."""
        self._unit.run(
            """SELECT refuse('PT409', format('pack %%s follows no sources', %(pack_id)s::text),
                             '{"code": "no_reference_bundle"}')
               FROM packs WHERE tenant_id = %(tenant_id)s AND id = %(pack_id)s AND NOT is_reference""",
            pack_id=pack_id,
        )
        self.set_sources(pack_id, source_ids)
        self._unit.run(
            """UPDATE packs SET revision = revision + 1, updated_at = now()
               WHERE tenant_id = %(tenant_id)s AND id = %(pack_id)s""",
            pack_id=pack_id,
        )

    def copy_questions(
        self, pack_id: str, source_ids: Sequence[str], *, strategy: str, excluded: Sequence[str]
    ) -> None:
        """Queue the sources' questions into a bundle, without those that another one stands for."""
        self._unit.run(
            """INSERT INTO pack_questions (tenant_id, pack_id, question_tenant_id, question_id, position)
               SELECT %(tenant_id)s, %(pack_id)s, m.question_tenant_id, m.question_id, m.place
               FROM merged_packs(%(source_ids)s::text[], %(strategy)s, %(excluded)s::text[]) m
               WHERE m.duplicate_of IS NULL""",
            pack_id=pack_id,
            source_ids=list(source_ids),
            strategy=strategy,
            excluded=list(excluded),
        )
        self._unit.run(
            """SELECT refuse('PT400', format('source_pack_ids: together more than %%s questions', %(most)s::int),
                             '{"code": "pack_too_large"}')
               FROM pack_questions WHERE tenant_id = %(tenant_id)s AND pack_id = %(pack_id)s
               HAVING count(*) > %(most)s""",
            pack_id=pack_id,
            most=MOST_PACK_QUESTIONS,
        )

    def duplicates(
        self, source_ids: Sequence[str], *, strategy: str, excluded: Sequence[str]
    ) -> Pending[list[Duplicate]]:
        """Queue the read of the first questions that are left out, in their order."""
        return self._unit.all(
            Duplicate,
            """SELECT m.question_id, m.duplicate_of, count(*) OVER () AS skipped
               FROM merged_packs(%(source_ids)s::text[], %(strategy)s, %(excluded)s::text[]) m
               WHERE m.duplicate_of IS NOT NULL ORDER BY m.place LIMIT %(most)s -- for the tenant_id that entered""",
            source_ids=list(source_ids),
            strategy=strategy,
            excluded=list(excluded),
            most=SHOWN_DUPLICATES,
        )

    def groups(self, source_ids: Sequence[str]) -> Pending[list[DuplicateGroup]]:
        """Queue the read of the first questions that several packs ask, and where."""
        return self._unit.all(
            DuplicateGroup,
            """-- for the tenant_id that entered
               SELECT left(min(held.question_text), %(characters)s) AS question_text,
                      jsonb_agg(jsonb_build_object('question_id', held.id, 'pack_id', held.pack_id,
                                                   'pack_name', held.pack_name)
                                ORDER BY held.rank, held.place) AS occurrences
               FROM (SELECT q.id, q.text_key, q.question_text, p.id AS pack_id, p.name AS pack_name,
                            s.place AS rank, l.place
                     FROM meant_packs(%(source_ids)s::text[]) s
                     JOIN packs p ON p.tenant_id = s.tenant_id AND p.id = s.id,
                     LATERAL pack_links(s.tenant_id, s.id) l
                     JOIN questions q ON q.tenant_id = l.question_tenant_id AND q.id = l.question_id) held
               GROUP BY held.text_key HAVING count(*) > 1
               ORDER BY min(held.rank), min(held.place), held.text_key LIMIT %(most)s""",
            source_ids=list(source_ids),
            characters=_PREVIEWED_CHARACTERS,
            most=SHOWN_GROUPS,
        )

    def overlap(self, source_ids: Sequence[str]) -> Pending[Overlap]:
        """Queue the count of what some packs have in common."""
        return self._unit.one(
            Overlap,
            """-- for the tenant_id that entered
               SELECT count(*) AS total, count(DISTINCT q.text_key) AS unique_questions
               FROM meant_packs(%(source_ids)s::text[]) s, LATERAL pack_links(s.tenant_id, s.id) l
                    JOIN questions q ON q.tenant_id = l.question_tenant_id AND q.id = l.question_id""",
            source_ids=list(source_ids),
        )
