"""Everything that is kept about a tenant, for those who own it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from shared.db import Json, Pending, Unit
from shared.ids import new_id
from shared.repositories.own_data import LEFT_OUT

KIND: Final = "tenant_export"
# What carries jobs tells a tenant nothing.
_WITHOUT: Final = (*LEFT_OUT, "outbox")


class Page(msgspec.Struct, frozen=True):
    """Rows of one table in the order of its key; `last_key` names the last one, None behind the end."""

    page_rows: Sequence[Mapping[str, Any]]
    last_key: Mapping[str, Any] | None


class TenantExportRepository:
    """The unit's tenant, whole."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def for_owners_only(self) -> None:
        """Queue the check that the caller owns the tenant or administers it.

        Raises at the unit's end: Forbidden.
        """
        self._unit.run("SELECT require_tenant_owner() -- for the tenant_id that entered")

    def note(self, *, address: str, request_id: str) -> None:
        """Queue an entry of the audit log: who asked for a copy."""
        self._unit.run(
            "SELECT note_tenant_export(%(entry)s, %(address)s, %(request_id)s) -- for the tenant_id that entered",
            entry=new_id(),
            address=address,
            request_id=request_id,
        )

    def tables(self) -> Pending[list[str]]:
        """Queue the names of the tables that hold something about tenants."""
        return self._unit.value(
            list[str],
            "SELECT ARRAY(SELECT export_tables(%(without)s)) -- for the tenant_id that entered",
            without=list(_WITHOUT),
        )

    def page(self, table: str, behind: Mapping[str, Any] | None, *, most: int) -> Pending[Page]:
        """Queue the read of up to `most` rows, from the one behind a key; no hash of a secret is in them."""
        return self._unit.one(
            Page,
            """-- for the tenant_id that entered
               SELECT page_rows, last_key FROM export_rows(%(table)s, %(behind)s, %(most)s)""",
            table=table,
            behind=None if behind is None else Json(dict(behind)),
            most=most,
        )
