"""Tenants as their people see them: where somebody may work."""

import msgspec

from shared.db import Pending, Unit


class Workplace(msgspec.Struct, frozen=True):
    """A tenant the unit's user belongs to.

    Attributes:
        kind: individual, team or organisation.
        role: learner, teacher, admin or owner; whoever runs an organisation is an admin of its teams.
        parent_id: the organisation a team is part of.
    """

    tenant_id: str
    kind: str
    name: str
    role: str
    parent_id: str | None


class TenantRepository:
    """The tenants of the unit's user, and the unit's tenant."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def is_there(self) -> Pending[bool]:
        """Queue the search for the unit's tenant."""
        return self._unit.value(bool, "SELECT EXISTS (SELECT FROM tenants WHERE tenant_id = %(tenant_id)s)")

    def mine(self, *, confined: bool) -> Pending[list[Workplace]]:
        """Queue the read of every tenant the unit's user belongs to, by name.

        Args:
            confined: leave out every tenant but the unit's.
        """
        return self._unit.all(
            Workplace,
            """SELECT tenant_id, kind, name, role, parent_id FROM app_tenants()
               WHERE NOT %(confined)s OR tenant_id = %(tenant_id)s ORDER BY name, tenant_id""",
            confined=confined,
        )

    def found(self, kind: str, name: str, *, parent_id: str | None = None) -> None:
        """Queue the making of the unit's tenant.

        Args:
            kind: individual, team or organisation. parent_id: the organisation a team is part of.
        """
        self._unit.run(
            """INSERT INTO tenants (tenant_id, kind, name, parent_id)
               VALUES (%(tenant_id)s, %(kind)s, %(name)s, %(parent_id)s)""",
            kind=kind,
            name=name,
            parent_id=parent_id,
        )

    def enrol(self, user_id: str, role: str) -> None:
        """Queue a person's membership of the unit's tenant, or their new role in it."""
        self._unit.run(
            """INSERT INTO memberships (tenant_id, user_id, role) VALUES (%(tenant_id)s, %(user_id)s, %(role)s)
               ON CONFLICT (tenant_id, user_id) DO UPDATE SET role = excluded.role""",
            user_id=user_id,
            role=role,
        )
