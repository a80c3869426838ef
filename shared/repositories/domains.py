"""The domains questions belong to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shared.db import Json, Pending, Unit


@dataclass(frozen=True, slots=True)
class QuestionDomain:
    """A field of knowledge; `weight` is its share of a competition, 0 to 1."""

    id: str
    name: str
    icon_name: str
    weight: float
    subcategories: list[str]


class QuestionDomainRepository:
    """Domains as the unit's tenant sees them."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def all(self) -> Pending[list[QuestionDomain]]:
        """Queue the read of every domain, in order."""
        return self._unit.all(
            QuestionDomain,
            """SELECT d.id, d.name, d.icon_name, d.weight, d.subcategories FROM question_domains d
               WHERE d.tenant_id = ANY(%(readable)s::uuid[])
                 AND (d.tenant_id = %(tenant_id)s OR NOT EXISTS (
                      SELECT FROM question_domains own WHERE own.tenant_id = %(tenant_id)s AND own.id = d.id))
               ORDER BY d.position, d.id""",
        )

    def store(self, domains: Sequence[dict[str, Any]]) -> None:
        """Queue the upsert of domains, `{"id", "name", "weight", "icon_name"?, "subcategories"?}`, in this order."""
        self._unit.run(
            """INSERT INTO question_domains (tenant_id, id, name, icon_name, weight, subcategories, position)
               SELECT %(tenant_id)s, d.id, d.name, coalesce(d.icon_name, ''), d.weight,
                      coalesce(d.subcategories, '{}'), d.position
               FROM jsonb_to_recordset(%(domains)s) AS d(
                    id text, name text, icon_name text, weight float8, subcategories text[], position int)
               ON CONFLICT (tenant_id, id) DO UPDATE SET
                    name = excluded.name, icon_name = excluded.icon_name, weight = excluded.weight,
                    subcategories = excluded.subcategories, position = excluded.position""",
            domains=Json([{**domain, "position": position} for position, domain in enumerate(domains)]),
        )
