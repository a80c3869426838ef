"""The removal of tenants: their rows at once, their objects as a duty of whoever holds the object store."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from shared.db import Json, Pending, Unit


class Removal(msgspec.Struct, frozen=True):
    """What was removed, and what was found afterwards.

    Attributes:
        reason: tenant_removed or account_removed.
        tenant: what was removed. tenants: its teams, then itself.
        rows_removed: by table; empty for what went with an account. rows_remaining: counted after it, by table.
        moved_accounts: those of people who belong to another tenant, where they now are at home.
        objects_removed: so far, by folder. objects_remaining: counted after the last round; None before the first.
        done_at: when the last round left nothing; None while it is under way.
    """

    id: str
    reason: str
    tenant: str
    tenants: Sequence[str]
    rows_removed: Mapping[str, int]
    rows_remaining: Mapping[str, int]
    moved_accounts: int
    objects_removed: Mapping[str, int]
    objects_remaining: Mapping[str, int] | None
    asked_at: datetime
    done_at: datetime | None

    @property
    def left(self) -> list[str]:
        """The tables and folders in which something was left; empty when nothing is."""
        found = {**self.rows_remaining, **(self.objects_remaining or {})}
        return [name for name, count in found.items() if count]


class Duty(msgspec.Struct, frozen=True):
    """Folders of the object store that are to be emptied."""

    id: str
    folders: Sequence[str]


class TenantRemovalRepository:
    """Removals, for units of work of an administrator."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def remove(self, removal_id: str, *, name: str | None = None) -> None:
        """Queue the removal of every row of the unit's tenant and of its teams, and the duty to remove their objects.

        Args: name: the tenant's, where whoever asks must prove to mean this one.
        Raises at the unit's end: NotFound, Forbidden, Conflict: there is no such tenant, it may not be removed, or it
            has another name (`name_differs`).
        """
        # However long it takes.
        self._unit.run("SELECT set_config('statement_timeout', '0', true) -- for the tenant_id that entered")
        sql = "SELECT admin_remove_tenant(%(removal_id)s, %(name)s) -- for the tenant_id that entered"
        self._unit.run(sql, removal_id=removal_id, name=name)

    def get(self, removal_id: str) -> Pending[Removal]:
        """Queue the read of one removal.

        Raises at the unit's end: NotFound.
        """
        return self._unit.one(
            Removal,
            """-- cross-tenant: of every tenant the administrator reaches
               SELECT id, reason, tenant, tenants::text[], rows_removed, rows_remaining, moved_accounts,
                      objects_removed, objects_remaining, asked_at, done_at
               FROM admin_removals(%(removal_id)s, NULL, 1)""",
            missing="removal not found",
            removal_id=removal_id,
        )

    def all(self, *, before: str | None, limit: int) -> Pending[list[Removal]]:
        """Queue the read of removals, the newest first, from the one behind `before`."""
        return self._unit.all(
            Removal,
            """-- cross-tenant: of every tenant the administrator reaches
               SELECT id, reason, tenant, tenants::text[], rows_removed, rows_remaining, moved_accounts,
                      objects_removed, objects_remaining, asked_at, done_at
               FROM admin_removals(NULL, %(before)s::uuid, %(most)s)""",
            before=before,
            most=limit,
        )


class RemovalDutyRepository:
    """What is still to be removed from the object store, of whatever tenant."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def take(self, *, most: int, lease_s: int) -> Pending[list[Duty]]:
        """Queue the taking of what is due; what is not settled within the lease is due again."""
        return self._unit.all(
            Duty,
            """-- cross-tenant: the tenants are gone
               SELECT id, folders FROM take_removals(%(most)s, %(lease_s)s)""",
            most=most,
            lease_s=lease_s,
        )

    def settle(self, duty: Duty, removed: Mapping[str, int], remaining: Mapping[str, int], *, again_s: int) -> None:
        """Queue what a round removed and what it counted afterwards, by folder.

        Args: again_s: seconds until the last round, when nothing was left.
        """
        self._unit.run(
            """-- cross-tenant: the tenants are gone
               SELECT settle_removal(%(duty_id)s, %(removed)s, %(remaining)s, %(again_s)s)""",
            duty_id=duty.id,
            removed=Json(dict(removed)),
            remaining=Json(dict(remaining)),
            again_s=again_s,
        )
