"""Question packs, as their readers see them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from shared.db import Pending, Unit
from shared.domain.knowledge import PackCell, PackStats


class Pack(msgspec.Struct, frozen=True):
    """A pack; `cells` count its questions by what they agree in.

    Attributes:
        revision: moves with every change of its own fields.
        is_reference: a bundle that follows its sources.
    """

    id: str
    name: str
    description: str
    type: str
    difficulty_tier: str
    competition_year: int | None
    status: str
    revision: int
    is_reference: bool
    created_at: datetime
    updated_at: datetime
    cells: list[dict[str, Any]]

    @property
    def stats(self) -> PackStats:
        """What the pack's questions add up to."""
        return PackStats.of(msgspec.convert(self.cells, list[PackCell]))


class PackContent(Pack, frozen=True):
    """A pack, the ids of its questions, in its order, and those of the packs a bundle was made of."""

    question_ids: list[str]
    source_pack_ids: list[str]


class PackFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which packs; None takes all. `search` is text found literally in name or description, in any case."""

    type: str | None = None
    status: str | None = None
    search: str | None = None


_COLUMNS: Final = """SELECT p.id, p.name, p.description, p.type, p.difficulty_tier, p.competition_year, p.status,
    p.revision, p.is_reference, p.created_at, p.updated_at, shown_cells(p) AS cells
"""
_ONE: Final = """,
    ARRAY(SELECT l.question_id FROM pack_links(p.tenant_id, p.id) l ORDER BY l.place, l.question_id) AS question_ids,
    ARRAY(SELECT s.source_id FROM pack_sources s WHERE s.tenant_id = p.tenant_id AND s.pack_id = p.id
          ORDER BY s.position) AS source_pack_ids
    FROM packs p WHERE p.tenant_id = ANY(%(readable)s::uuid[]) AND p.id = %(pack_id)s
    ORDER BY p.tenant_id = %(tenant_id)s DESC, p.tenant_id DESC LIMIT 1
"""
_FILTERED: Final = """
    FROM packs p
    WHERE p.tenant_id = ANY(%(readable)s::uuid[])
      AND (p.tenant_id = %(tenant_id)s OR NOT EXISTS (
           SELECT FROM packs near WHERE near.tenant_id = ANY(%(readable)s::uuid[]) AND near.id = p.id
                                    AND is_nearer(near.tenant_id, p.tenant_id)))
      AND (%(type)s::text IS NULL OR p.type = %(type)s)
      AND (%(status)s::text IS NULL OR p.status = %(status)s)
      AND (%(search)s::text IS NULL OR strpos(lower(p.name || E'\\n' || p.description), lower(%(search)s)) > 0)
"""


class PackRepository:
    """Packs as the unit's tenant sees them: its own and the public ones it does not shadow."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def page(self, wanted: PackFilter, *, limit: int, offset: int) -> Pending[list[Pack]]:
        """Queue the read of one page of packs, by name."""
        order = " ORDER BY p.name, p.id LIMIT %(limit)s OFFSET %(offset)s"
        return self._unit.all(Pack, _COLUMNS + _FILTERED + order, limit=limit, offset=offset, **_params(wanted))

    def count(self, wanted: PackFilter) -> Pending[int]:
        """Queue the count of all packs a filter takes."""
        return self._unit.value(int, "SELECT count(*)" + _FILTERED, **_params(wanted))

    def get(self, pack_id: str) -> Pending[PackContent]:
        """Queue the read of one pack; another tenant's is NotFound, as if it did not exist."""
        return self._unit.one(PackContent, _COLUMNS + _ONE, pack_id=pack_id, missing=f"pack {pack_id} not found")

    def require(self, pack_id: str) -> None:
        """Queue the check that a pack can be read; NotFound at the unit's end where it cannot."""
        self._unit.run(
            """SELECT refuse('PT404', format('pack %%s not found', %(pack_id)s::text))
               WHERE NOT EXISTS (
                   SELECT FROM packs WHERE tenant_id = ANY(%(readable)s::uuid[]) AND id = %(pack_id)s)""",
            pack_id=pack_id,
        )

    def store(self, pack: Mapping[str, Any], question_ids: Sequence[str]) -> None:
        """Queue the upsert of a pack that holds exactly these questions of its own tenant, in this order.

        `updated_at` and `revision` move only when the pack's own fields change.
        """
        self._unit.run(
            """INSERT INTO packs AS stored
                    (tenant_id, id, name, description, type, difficulty_tier, competition_year, status)
               VALUES (%(tenant_id)s, %(id)s, %(name)s, %(description)s, %(type)s, %(difficulty_tier)s,
                       %(competition_year)s, %(status)s)
               ON CONFLICT (tenant_id, id) DO UPDATE SET
                    name = excluded.name, description = excluded.description, type = excluded.type,
                    difficulty_tier = excluded.difficulty_tier, competition_year = excluded.competition_year,
                    status = excluded.status, updated_at = now(), revision = stored.revision + 1
               WHERE (stored.name, stored.description, stored.type, stored.difficulty_tier, stored.competition_year,
                      stored.status)
                   IS DISTINCT FROM (excluded.name, excluded.description, excluded.type, excluded.difficulty_tier,
                      excluded.competition_year, excluded.status)""",
            id=pack["id"],
            name=pack["name"],
            description=pack.get("description") or "",
            type=pack.get("type") or "custom",
            difficulty_tier=pack.get("difficulty_tier") or "varsity",
            competition_year=pack.get("competition_year"),
            status=pack.get("status") or "draft",
        )
        self._unit.run(
            """DELETE FROM pack_questions
               WHERE tenant_id = %(tenant_id)s AND pack_id = %(pack_id)s
                 AND NOT question_id = ANY(%(question_ids)s::text[])""",
            pack_id=pack["id"],
            question_ids=list(question_ids),
        )
        self._unit.run(
            """INSERT INTO pack_questions (tenant_id, pack_id, question_tenant_id, question_id, position)
               SELECT %(tenant_id)s, %(pack_id)s, %(tenant_id)s, held.id, held.position
               FROM unnest(%(question_ids)s::text[]) WITH ORDINALITY AS held(id, position)
               ON CONFLICT (tenant_id, pack_id, question_id) DO UPDATE SET
                    question_tenant_id = excluded.question_tenant_id, position = excluded.position""",
            pack_id=pack["id"],
            question_ids=list(question_ids),
        )


def _params(wanted: PackFilter) -> dict[str, object]:
    return {"type": wanted.type, "status": wanted.status, "search": wanted.search}
