"""Rows that only time has ended: full buckets, old attempts, used-up tickets and tokens, sign-ins of long ago."""

from shared.db import Pending, Unit


class LapsedRepository:
    """What has lapsed, of all tenants."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def sweep(self, *, most: int) -> Pending[int]:
        """Queue the removal of up to `most` rows of each kind; answers how many there were, 0 while another does it."""
        # However long it takes.
        self._unit.run("SELECT set_config('statement_timeout', '0', true) -- cross-tenant: housekeeping of all tenants")
        return self._unit.value(
            int, "SELECT sweep_lapsed(%(most)s) -- cross-tenant: housekeeping of all tenants", most=most
        )
