"""The object store and the disk: can objects be written, read and removed, and is there room."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from infra.local.doctor.findings import Finding, failed, ok, warning
from shared.errors import AppError
from shared.ids import new_id
from shared.storage.objects import open_objects

_LEAST_FREE: Final = 0.05
_LEAST_FREE_BYTES: Final = 500_000_000
_LITTLE_FREE: Final = 0.15


def check(url: str) -> Iterator[Finding]:
    """Write, read and remove an object of our own below `doctor/`."""
    key, text = f"doctor/{new_id()}", b"written by unamentis doctor"
    begin = time.monotonic()
    step = "opened"
    try:
        store = open_objects(url)
        step = "written"
        store.put(key, text)
        step = "read"
        same = store.get(key) == text
        step = "removed"
        store.delete(key)
    except AppError as error:
        yield failed(
            "storage",
            f"an object cannot be {step}: {error.message}",
            "check UNAMENTIS_OBJECTS_URL, its keys and rights (get, put, delete, list), and the disk",
        )
        return
    if same:
        yield ok("storage", f"an object was written, read and removed in {(time.monotonic() - begin) * 1000:.0f} ms")
    else:
        yield failed("storage", "an object was not read as it was written", "look for a cache in front of the store")


def check_disk(folder: Path) -> Iterator[Finding]:
    """Yield how much room the disk that holds a folder has."""
    existing = next((path for path in (folder, *folder.parents) if path.exists()), Path("/"))
    usage = shutil.disk_usage(existing)
    told = f"{usage.free / 1e9:.1f} of {usage.total / 1e9:.1f} GB are free at {existing}"
    share, remedy = usage.free / usage.total, "see docs/ops/the-disk-is-full.md"
    if usage.free < _LEAST_FREE_BYTES or share < _LEAST_FREE:
        yield failed("disk", told, remedy)
    elif share < _LITTLE_FREE:
        yield warning("disk", told, remedy)
    else:
        yield ok("disk", told)
