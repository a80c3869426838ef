"""Who may write a tenant's content."""

from shared.db import Unit


def require_author(unit: Unit, *, trusted: bool) -> None:
    """Queue the check that the caller teaches in the unit's tenant; Forbidden at its end otherwise.

    Args:
        trusted: a caller of a trusted network without accounts, where everybody writes.
    """
    unit.run("SELECT require_author(%(trusted)s) -- for the tenant_id that entered", trusted=trusted)


def require_importer(unit: Unit, *, trusted: bool) -> None:
    """Queue the check that the caller may bring courses into the unit's tenant; Forbidden at its end otherwise.

    Args:
        trusted: a caller of a trusted network without accounts, or an administrator.
    """
    unit.run("SELECT require_importer(%(trusted)s) -- for the tenant_id that entered", trusted=trusted)
