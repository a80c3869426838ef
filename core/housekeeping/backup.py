"""Copies the database into the object store and lets go of the oldest copies."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from core.jobs.port import RunningJob
from shared.clock import utc_now
from shared.db.backup import back_up
from shared.domain.backup import Manifest
from shared.storage.backups import StoredBackup, backup_name, remove_old_backups
from shared.storage.port import ObjectStore


@dataclass(frozen=True, slots=True)
class Backup:
    """A run that ends early leaves an unfinished copy, which the next whole one removes.

    Attributes:
        owner_url: of the database's owner, who sees every row. keep: whole copies that stay.
    """

    owner_url: str = field(repr=False)
    store: ObjectStore
    keep: int
    kind: str = field(default="backup", init=False)

    async def run(self, job: RunningJob) -> Mapping[str, object]:
        """Make one copy."""
        begin, moment = time.monotonic(), utc_now()
        name = backup_name(moment)
        await job.advance(progress=0, stage="copying", item=name)
        manifest = await asyncio.to_thread(self._copy, name)
        await job.advance(progress=0.9, stage="removing old copies", item=name)
        removed = await asyncio.to_thread(remove_old_backups, self.store, self.keep)
        return {
            "name": name,
            "rows": manifest.rows,
            "bytes": manifest.size,
            "removed": list(removed),
            "seconds": round(time.monotonic() - begin, 1),
        }

    def _copy(self, name: str) -> Manifest:
        return back_up(self.owner_url, StoredBackup(self.store, name))
