"""The removal of a tenant's rows, whatever tables hold them; for units of work of an administrator."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.db import Pending, Unit


@dataclass(frozen=True, slots=True)
class Erased:
    """What was removed and what is left, by table.

    Attributes:
        tenants: the teams, then the tenant. moved: accounts that are at home in another tenant now.
    """

    tenants: Sequence[str]
    removed: Mapping[str, int]
    remaining: Mapping[str, int]
    moved: int


class TenantRemovalRepository:
    """The unit's tenant and its teams."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def family(self) -> Pending[list[str]]:
        """Queue the read of the ids of the tenant's teams, and its own.

        Raises at the unit's end: Forbidden: the unit is no administrator's who may remove it.
        """
        return self._unit.value(
            list[str], "SELECT coalesce(admin_tenant_family(), '{}')::text[] -- for the tenant_id that entered"
        )

    def erase(self) -> Pending[Erased]:
        """Queue the removal of everything, and the count of what is left.

        Raises at the unit's end: NotFound, Forbidden, Conflict: there is no such tenant, or it may not be removed.
        """
        # However long it takes.
        self._unit.run("SELECT set_config('statement_timeout', '0', true) -- for the tenant_id that entered")
        return self._unit.one(
            Erased,
            """SELECT e.* FROM jsonb_to_record(admin_erase_tenant()) -- for the tenant_id that entered
                   AS e (tenants text[], removed jsonb, remaining jsonb, moved bigint)""",
        )
