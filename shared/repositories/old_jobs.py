"""Jobs that ended long ago."""

from shared.db import Database, TenantEntry


def forget_jobs(database: Database, days: int) -> int:
    """Delete jobs that ended longer ago, in every tenant, and return how many there were.

    Raises: Unavailable: the database is away.
    """
    with database.unit(TenantEntry(None)) as unit:
        gone = unit.value(
            int, "SELECT forget_jobs(make_interval(days => %(days)s)) -- cross-tenant: housekeeping", days=days
        )
    return gone.result
