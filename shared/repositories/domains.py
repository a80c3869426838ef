"""The domains questions belong to."""

from collections.abc import Sequence
from typing import Any

import msgspec

from shared.db import Json, Pending, Unit


class QuestionDomain(msgspec.Struct, frozen=True):
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
                      SELECT FROM question_domains near WHERE near.tenant_id = ANY(%(readable)s::uuid[])
                                    AND near.id = d.id AND is_nearer(near.tenant_id, d.tenant_id)))
               ORDER BY d.position, d.id""",
        )

    def get(self, domain_id: str) -> Pending[QuestionDomain]:
        """Queue the read of one domain."""
        return self._unit.one(
            QuestionDomain,
            """SELECT d.id, d.name, d.icon_name, d.weight, d.subcategories FROM question_domains d
               WHERE d.tenant_id = ANY(%(readable)s::uuid[]) AND d.id = %(domain_id)s
               ORDER BY d.tenant_id = %(tenant_id)s DESC, d.tenant_id DESC LIMIT 1""",
            domain_id=domain_id,
            missing=f"domain {domain_id} not found",
        )

    def add(self, domain_id: str, *, name: str, icon_name: str, weight: float, subcategories: Sequence[str]) -> None:
        """Queue a new domain of the tenant's own, the last in order; Conflict at the unit's end where it has it."""
        self._unit.run(
            """INSERT INTO question_domains (tenant_id, id, name, icon_name, weight, subcategories, position)
               SELECT %(tenant_id)s, %(id)s, %(name)s, %(icon_name)s, %(weight)s, %(subcategories)s,
                      1 + coalesce(max(d.position), 0)
               FROM question_domains d WHERE d.tenant_id = ANY(%(readable)s::uuid[])""",
            id=domain_id,
            name=name,
            icon_name=icon_name,
            weight=weight,
            subcategories=list(subcategories),
        )

    def add_subcategory(self, domain_id: str, name: str) -> None:
        """Queue a subcategory for a domain; one of the tenant's own takes the place of a shared domain."""
        self._unit.run(
            """INSERT INTO question_domains AS stored
                   (tenant_id, id, name, icon_name, weight, subcategories, position)
               SELECT %(tenant_id)s, d.id, d.name, d.icon_name, d.weight,
                      array_remove(d.subcategories, %(name)s) || %(name)s::text, d.position
               FROM question_domains d WHERE d.tenant_id = ANY(%(readable)s::uuid[]) AND d.id = %(domain_id)s
               ORDER BY d.tenant_id = %(tenant_id)s DESC, d.tenant_id DESC LIMIT 1
               ON CONFLICT (tenant_id, id) DO UPDATE SET subcategories = excluded.subcategories""",
            domain_id=domain_id,
            name=name,
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
