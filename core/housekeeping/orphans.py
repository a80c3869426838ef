"""Removes objects that no row names any more: pictures, files for imports, what tenants leave, old exports."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from typing import Final
from uuid import UUID

from core.jobs.port import RunningJob
from shared.clock import utc_now
from shared.db import Database, Pending, TenantEntry, Unit
from shared.errors import Conflict
from shared.repositories.assets import AssetRepository
from shared.repositories.course_imports import CourseImportRepository
from shared.repositories.import_uploads import ImportUploadRepository
from shared.repositories.tenants import TenantRepository
from shared.storage.port import ObjectStore, Stored

# A picture is in the store before its row is; a backup may be restored meanwhile.
GRACE: Final = timedelta(days=2)
EXPORTS_LAST: Final = timedelta(days=7)
_BATCH: Final = 500


# Who knows which objects of a folder are wanted.
_NAMED: Final[Mapping[str, Callable[[Unit, Sequence[str]], Pending[list[str]]]]] = {
    "assets": lambda unit, keys: AssetRepository(unit).named(keys),
    "uploads": lambda unit, keys: ImportUploadRepository(unit).named(keys),
    "imports": lambda unit, keys: CourseImportRepository(unit).awaited(keys),
}


@dataclass(slots=True)
class _Count:
    objects: int = 0
    bytes: int = 0

    def add(self, gone: Sequence[Stored]) -> None:
        self.objects += len(gone)
        self.bytes += sum(entry.size for entry in gone)


@dataclass(frozen=True, slots=True)
class OrphanedObjects:
    """Looks at every object once, in batches; nothing younger than the grace is touched, and nothing it does not know.

    What is made again when needed (speech) is swept by its own rules; what a removed tenant left is a duty of its
    removal, and is found here where that duty was lost.
    """

    database: Database
    store: ObjectStore
    grace: timedelta = GRACE
    exports_last: timedelta = EXPORTS_LAST
    kind: str = field(default="orphaned_objects", init=False)

    async def run(self, job: RunningJob) -> Mapping[str, object]:
        """Remove orphans, or only count them where the payload says `dry_run`.

        Raises: Conflict: most tenants of the store are unknown here, so it is another deployment's as well.
        """
        known = await asyncio.to_thread(self._tenants)
        strangers = [tenant for tenant, is_known in known.items() if not is_known]
        if len(strangers) > max(1, len(known) // 2):
            raise Conflict(
                f"{len(strangers)} of {len(known)} tenants in the object store are unknown to this database",
                details={"remedy": "give each deployment a store or prefix of its own, or restore the right database"},
            )
        seen, gone = 0, _Count()
        entries = self.store.entries("tenants")
        while batch := await asyncio.to_thread(lambda: list(islice(entries, _BATCH))):
            orphans = await asyncio.to_thread(self._orphans, batch, known)
            if not job.order.payload.get("dry_run"):
                await asyncio.to_thread(self._remove, orphans)
            seen += len(batch)
            gone.add(orphans)
            # What was removed stays so: a run that ends early has nothing to remember.
            await job.advance(progress=0.5, stage="looking", item=f"{seen} objects")
        return {"seen": seen, "removed": gone.objects, "bytes": gone.bytes}

    def _tenants(self) -> dict[str, bool]:
        """Return for each tenant's folder whether the database knows the tenant."""
        known: dict[str, bool] = {}
        for entry in self.store.entries("tenants"):
            tenant = _tenant(entry)
            if tenant is not None and tenant not in known:
                with self.database.unit(TenantEntry(tenant)) as unit:
                    there = TenantRepository(unit).is_there()
                known[tenant] = there.result
        return known

    def _orphans(self, batch: Sequence[Stored], known: Mapping[str, bool]) -> list[Stored]:
        found: list[Stored] = []
        named: dict[tuple[str, str], list[Stored]] = {}
        now = utc_now()
        for entry in batch:
            tenant, age = _tenant(entry), now - entry.stored_at
            if tenant is None or age < self.grace or tenant not in known:
                continue
            folder = entry.key.split("/")[2]
            if not known[tenant] or (folder == "exports" and age > self.exports_last):
                found.append(entry)
            elif folder in _NAMED:
                named.setdefault((tenant, folder), []).append(entry)
        for (tenant, folder), entries in named.items():
            with self.database.unit(TenantEntry(tenant)) as unit:
                wanted = _NAMED[folder](unit, [entry.key for entry in entries])
            found += [entry for entry in entries if entry.key not in wanted.result]
        return found

    def _remove(self, orphans: Sequence[Stored]) -> None:
        for entry in orphans:
            self.store.delete(entry.key)


def _tenant(entry: Stored) -> str | None:
    """Return whose folder an object is in; None where the folder is no tenant's."""
    parts = entry.key.split("/")
    try:
        is_id = len(parts) > 3 and str(UUID(parts[1])) == parts[1]
    except ValueError:
        return None
    return parts[1] if is_id else None
