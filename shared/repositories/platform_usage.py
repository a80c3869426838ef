"""Usage of the platform itself: requests, from the counters that every request adds to, and storage."""

from datetime import date

import msgspec

from shared.db import Pending, Unit


class Counter(msgspec.Struct, frozen=True):
    """A tenant's day (UTC) whose requests are not all metered yet."""

    tenant_id: str
    day: date


class StorageDay(msgspec.Struct, frozen=True):
    """A day (UTC) whose storage is to be measured now, by whoever got this."""

    day: date


class PlatformUsageRepository:
    """What the unit's tenant used of the platform, and where there is something to meter."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def unmetered(self) -> Pending[list[Counter]]:
        """Queue the search for counters that have grown since they were metered, of every tenant."""
        return self._unit.all(
            Counter, "SELECT tenant_id, day FROM counters_to_meter() -- cross-tenant: housekeeping of all tenants"
        )

    def meter_requests(self, day: date) -> None:
        """Queue the metering of what the unit's tenant has requested on a day since the last time."""
        self._unit.run("SELECT meter_requests(%(day)s) -- for the tenant_id that entered", day=day)

    def meter_storage(self, day: date, stored_bytes: int) -> None:
        """Queue the metering of what the unit's tenant stores, for the whole of a day; once for each day."""
        self._unit.run(
            "SELECT meter_storage(%(day)s, %(stored)s) -- for the tenant_id that entered", day=day, stored=stored_bytes
        )

    def claim_day(self, lease_s: int) -> Pending[StorageDay | None]:
        """Queue the claim to measure today's storage; answers None when that is done, or another process does it."""
        return self._unit.maybe(
            StorageDay,
            """-- cross-tenant: housekeeping of all tenants
               SELECT day FROM claim_storage_day(%(lease_s)s) AS day WHERE day IS NOT NULL""",
            lease_s=lease_s,
        )

    def finish_day(self, day: date) -> None:
        """Queue the mark that a day's storage is measured."""
        self._unit.run("SELECT finish_storage_day(%(day)s) -- cross-tenant: housekeeping of all tenants", day=day)
