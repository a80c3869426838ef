"""The stored clips of tenants: how many, how old, how much room they take, and away with the oldest."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

import msgspec

from shared.clock import utc_now
from shared.storage.port import ObjectStore, Stored

_FOLDER: Final = "speech"


class Shelf(msgspec.Struct, frozen=True):
    """Clips in the object store, each below its tenant's prefix. Every method blocks: call it in a thread.

    A clip's age counts from when it was made: the store does not tell when it was last heard.

    Args:
        most_bytes: room one tenant's clips may take; a sweep removes the oldest beyond it.
        lasts: clips older than this are removed by a sweep.
    """

    store: ObjectStore
    most_bytes: int = 4 * 1024 * 1024 * 1024
    lasts: timedelta = timedelta(days=90)

    def clips(self, tenant_id: str) -> list[Stored]:
        """Return a tenant's clips, oldest first."""
        return _by_age(self.store.entries(f"tenants/{tenant_id}/{_FOLDER}"))

    def expire(self, tenant_id: str) -> list[Stored]:
        """Remove a tenant's clips that are too old and return them."""
        return self._remove(self._old(self.clips(tenant_id)))

    def evict(self, tenant_id: str, *, target_bytes: int | None = None, free_bytes: int = 0) -> list[Stored]:
        """Remove a tenant's oldest clips until the rest takes `target_bytes`, or `free_bytes` are free; return them."""
        clips = self.clips(tenant_id)
        total = sum(clip.size for clip in clips)
        return self._remove(_beyond(clips, total - free_bytes if target_bytes is None else target_bytes))

    def clear(self, tenant_id: str) -> list[Stored]:
        """Remove all of a tenant's clips and return them."""
        return self._remove(self.clips(tenant_id))

    def remove(self, tenant_id: str, name: str) -> list[Stored]:
        """Remove the clip of a hash, if the tenant has it, and return it."""
        return self._remove([clip for clip in self.clips(tenant_id) if clip.key.endswith(f"/{name}.pcm")])

    def sweep(self) -> list[Stored]:
        """Remove every tenant's clips that are too old or too many and return them."""
        by_tenant: dict[str, list[Stored]] = defaultdict(list)
        for entry in self.store.entries("tenants"):
            parts = entry.key.split("/")
            if len(parts) == 4 and parts[2] == _FOLDER:
                by_tenant[parts[1]].append(entry)
        removed: list[Stored] = []
        for entries in by_tenant.values():
            clips = _by_age(entries)
            old = self._old(clips)
            removed += self._remove([*old, *_beyond(clips[len(old) :], self.most_bytes)])
        return removed

    def _old(self, clips: list[Stored]) -> list[Stored]:
        since: datetime = utc_now() - self.lasts
        return [clip for clip in clips if clip.stored_at < since]

    def _remove(self, clips: list[Stored]) -> list[Stored]:
        for clip in clips:
            self.store.delete(clip.key)
        return clips


def _by_age(entries: Iterable[Stored]) -> list[Stored]:
    return sorted(entries, key=lambda entry: (entry.stored_at, entry.key))


def _beyond(clips: list[Stored], most_bytes: int) -> list[Stored]:
    """Return the oldest clips without which the rest takes at most `most_bytes`."""
    over = sum(clip.size for clip in clips) - max(0, most_bytes)
    gone: list[Stored] = []
    for clip in clips:
        if over <= 0:
            break
        gone.append(clip)
        over -= clip.size
    return gone
