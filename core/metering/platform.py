"""Meters what tenants use of the platform itself: their requests and what they store."""

from collections import Counter
from typing import Final
from uuid import UUID

import msgspec

from core.metering.warnings import tell_operators
from shared.db import PUBLIC_TENANT, Database, TenantEntry
from shared.repositories.metering import MeteringRepository
from shared.repositories.platform_usage import PlatformUsageRepository
from shared.storage.port import ObjectStore

_FOLDER: Final = "tenants"
# Longer than reading the names of everything that is stored takes.
_LEASE_S: Final = 1_800


class PlatformMeter(msgspec.Struct, frozen=True):
    """Any number of processes may meter at once: each request and each day's storage is counted once."""

    database: Database
    store: ObjectStore

    def meter(self) -> None:
        """Meter the requests since the last time, and today's storage if that is not done yet; announce what it cost.

        Raises: Unavailable: the database or the store does not answer; another time finds what is left.
        """
        self._meter_requests()
        self._meter_storage()
        with self.database.unit(TenantEntry(PUBLIC_TENANT)) as unit:
            passed = MeteringRepository(unit).announce_deployment()
        tell_operators(passed.result)

    def _meter_requests(self) -> None:
        with self.database.unit(TenantEntry(PUBLIC_TENANT)) as unit:
            found = PlatformUsageRepository(unit).unmetered()
        for counter in found.result:
            with self.database.unit(TenantEntry(counter.tenant_id)) as unit:
                PlatformUsageRepository(unit).meter_requests(counter.day)
            self._announce(counter.tenant_id)

    def _meter_storage(self) -> None:
        with self.database.unit(TenantEntry(PUBLIC_TENANT)) as unit:
            claimed = PlatformUsageRepository(unit).claim_day(_LEASE_S)
        if claimed.result is None:
            return
        day = claimed.result.day
        for tenant_id, stored in self._stored().items():
            with self.database.unit(TenantEntry(tenant_id)) as unit:
                PlatformUsageRepository(unit).meter_storage(day, stored)
            self._announce(tenant_id)
        with self.database.unit(TenantEntry(PUBLIC_TENANT)) as unit:
            PlatformUsageRepository(unit).finish_day(day)

    def _announce(self, tenant_id: str) -> None:
        """Announce shares of the budget that were passed; in a transaction of its own, which locks another day."""
        with self.database.unit(TenantEntry(tenant_id)) as unit:
            MeteringRepository(unit).announce()

    def _stored(self) -> dict[str, int]:
        """Return how many bytes each tenant's objects have."""
        sizes: Counter[str] = Counter()
        for entry in self.store.entries(_FOLDER):
            owner = entry.key.split("/")[1]
            if _is_id(owner):
                sizes[owner] += entry.size
        return dict(sizes)


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
