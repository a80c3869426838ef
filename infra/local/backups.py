"""`./unamentis backup` and `restore`: the database into an object store or a file, and back."""

import contextlib
import os
import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from infra.local.administrators import running_database
from infra.local.errors import LocalError
from infra.local.prices import owner
from infra.local.state import DataFolder
from shared.clock import utc_now
from shared.db.backup import back_up
from shared.db.restore import restore
from shared.db.runner import migrate
from shared.domain.backup import Manifest
from shared.storage.backups import (
    BackupFile,
    BackupPlace,
    StoredBackup,
    backup_name,
    finished_backups,
    remove_old_backups,
)
from shared.storage.objects import Objects, open_objects


@dataclass(frozen=True, slots=True)
class Installation:
    """Whose database is meant, and where its backups are.

    Attributes:
        data_dir: the data folder. database_url: of another database's owner; None: the embedded one.
        place: a `.tar` file, or the URL of an object store; None: the installation's own store.
    """

    data_dir: Path
    database_url: str | None
    place: str | None = None

    @property
    def file(self) -> Path | None:
        """The file of a backup, where it is one."""
        if self.place is None or "://" in self.place:
            return None
        path = Path(self.place)
        if path.suffix != ".tar":
            raise LocalError(f"{self.place} must be a .tar file, or an object store such as s3://bucket/prefix")
        return path

    def store(self) -> Objects:
        """Open the object store of the backups.

        Raises: LocalError: nobody said which. InvalidInput: its URL is none.
        """
        url = self.place or os.environ.get("UNAMENTIS_OBJECTS_URL")
        if not url and self.database_url:
            raise LocalError("say where: a .tar file or an object store, or set UNAMENTIS_OBJECTS_URL")
        return open_objects(url or (self.data_dir / "objects").as_uri())

    @contextlib.contextmanager
    def owner_url(self, *, alone: bool) -> Generator[str]:
        """Provide the URL of the database's owner.

        Args: alone: no server may be using the embedded database meanwhile.
        Raises: LocalError: there is none, or it is in use.
        """
        running = None if alone or self.database_url else running_database(DataFolder(self.data_dir))
        if running:
            yield running
            return
        with owner(self.data_dir, self.database_url) as url:
            yield url


def make(installation: Installation, *, keep: int | None) -> int:
    """Back up, remove old backups, and print what was copied; return the exit status."""
    begin = time.monotonic()
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(installation.owner_url(alone=False))
        if path := installation.file:
            where = str(path)
            manifest = back_up(url, stack.enter_context(BackupFile.writing(path)))
            removed: list[str] = []
        else:
            store, moment = installation.store(), utc_now()
            where = backup_name(moment)
            manifest = back_up(url, StoredBackup(store, where), made_at=moment)
            removed = list(remove_old_backups(store, keep)) if keep else []
    show(manifest)
    print(f"Backed up to {where} in {time.monotonic() - begin:.1f} s.")
    for name in removed:
        print(f"Removed {name}.")
    return 0


def list_all(installation: Installation) -> int:
    """Print the names of all whole backups; return the exit status."""
    names = finished_backups(installation.store())
    print("\n".join(names) if names else "There is none.")
    return 0


def bring_back(installation: Installation, name: str | None, *, force: bool) -> int:
    """Restore a backup, bring the schema up to date, and print what is there; return the exit status.

    Args: name: of a stored backup; None: the newest.
    Raises: LocalError: there is no backup, or a server is using the database.
    """
    begin = time.monotonic()
    with contextlib.ExitStack() as stack:
        place, where = _place(installation, name, stack)
        url = stack.enter_context(installation.owner_url(alone=True))
        manifest = restore(url, place, force=force)
        migrate(url)
    show(manifest)
    made_at = manifest.made_at.strftime("%Y-%m-%d %H:%M UTC")
    print(f"Restored {where} of {made_at} in {time.monotonic() - begin:.1f} s; rows and checksums are the same.")
    return 0


def _place(installation: Installation, name: str | None, stack: contextlib.ExitStack) -> tuple[BackupPlace, str]:
    if path := installation.file:
        if name:
            raise LocalError("a file holds one backup: leave its name out")
        return stack.enter_context(BackupFile.reading(path)), str(path)
    store = installation.store()
    known = finished_backups(store)
    if not known:
        raise LocalError("there is no backup here")
    if name and name not in known:
        raise LocalError(f"there is no backup {name}: ./unamentis backup --list names them")
    return StoredBackup(store, name or known[-1]), name or known[-1]


def show(manifest: Manifest) -> None:
    """Print rows and checksums by table."""
    for table in sorted(manifest.tables, key=lambda table: table.name):
        if table.rows:
            print(f"{table.name:24}{table.rows:>12,} rows  {table.sha256[:16]}")
    print(f"{len(manifest.tables)} tables, {manifest.rows:,} rows, {manifest.size / 1e6:,.1f} MB compressed")
