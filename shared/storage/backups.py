"""Where backups are kept: below `backups/` of an object store, or in one file."""

import io
import os
import re
import tarfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Protocol, Self

from shared.domain.backup import MANIFEST
from shared.errors import Conflict, InvalidInput, NotFound, Unavailable
from shared.storage.port import ObjectStore

FOLDER: Final = "backups"
_NAME: Final = re.compile(r"\d{8}T\d{6}Z")


class BackupPlace(Protocol):
    """Named pieces of one backup."""

    def put(self, name: str, data: bytes) -> None:
        """Keep a piece.

        Raises: Unavailable: the place does not answer or is full.
        """
        ...

    def get(self, name: str) -> bytes:
        """Return a piece.

        Raises: NotFound: there is none of this name. Unavailable: the place does not answer.
        """
        ...


class StoredBackup:
    """One backup in an object store.

    Args: name: see `backup_name`.
    """

    def __init__(self, store: ObjectStore, name: str) -> None:
        self._store = store
        self._folder = f"{FOLDER}/{name}"

    def put(self, name: str, data: bytes) -> None:
        """Keep a piece as an object."""
        self._store.put(f"{self._folder}/{name}", data)

    def get(self, name: str) -> bytes:
        """Return a piece."""
        return self._store.get(f"{self._folder}/{name}")


class BackupFile:
    """One backup in a tar file, which only its owner may read; it has its name once it is whole.

    Use `with BackupFile.writing(path)` or `with BackupFile.reading(path)`.
    """

    def __init__(self, path: Path, file: BinaryIO, archive: tarfile.TarFile, *, unfinished: Path | None = None) -> None:
        self._path = path
        self._file = file
        self._archive = archive
        self._unfinished = unfinished

    @classmethod
    def writing(cls, path: Path) -> Self:
        """Begin a file.

        Raises: Conflict: it is there already. Unavailable: it cannot be made.
        """
        if path.exists():
            raise Conflict(f"{path} is there already")
        unfinished = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            file = os.fdopen(os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "w+b")
        except OSError as error:
            raise Unavailable(f"{path} cannot be written: {error.strerror}") from error
        archive = tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115  closed by __exit__
        return cls(path, file, archive, unfinished=unfinished)

    @classmethod
    def reading(cls, path: Path) -> Self:
        """Open a file.

        Raises: NotFound: there is none. InvalidInput: it is no backup.
        """
        try:
            file = path.open("rb")
        except OSError as error:
            raise NotFound(f"{path} cannot be read: {error.strerror}") from error
        try:
            return cls(path, file, tarfile.open(fileobj=file, mode="r:"))
        except (OSError, tarfile.TarError) as error:
            file.close()
            raise InvalidInput(f"{path} is no backup: {error}") from error

    def put(self, name: str, data: bytes) -> None:
        """Append a piece."""
        member = tarfile.TarInfo(name)
        member.size, member.mode = len(data), 0o600
        try:
            self._archive.addfile(member, io.BytesIO(data))
        except OSError as error:
            raise Unavailable(f"{self._path} cannot be written: {error.strerror}") from error

    def get(self, name: str) -> bytes:
        """Return a piece."""
        try:
            piece = self._archive.extractfile(name)
            if piece is not None:
                return piece.read()
        except KeyError:
            pass
        except (OSError, tarfile.TarError) as error:
            raise InvalidInput(f"{self._path} is damaged: {error}") from error
        raise NotFound(f"{self._path} holds no {name}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._archive.close()
            if self._unfinished is not None and error is None:
                self._file.flush()
                os.fsync(self._file.fileno())
                self._unfinished.rename(self._path)
        except OSError as failure:
            raise Unavailable(f"{self._path} cannot be written: {failure.strerror}") from failure
        finally:
            self._file.close()
            if self._unfinished is not None:
                self._unfinished.unlink(missing_ok=True)


def backup_name(moment: datetime) -> str:
    """Return what a backup of this moment is called: `20261130T093000Z`; names sort by time."""
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def finished_backups(store: ObjectStore) -> list[str]:
    """Return the names of the whole backups in a store, the oldest first.

    Raises: Unavailable: the store does not answer.
    """
    return [name for name, keys in _pieces(store).items() if f"{FOLDER}/{name}/{MANIFEST}" in keys]


def remove_old_backups(store: ObjectStore, keep: int) -> Sequence[str]:
    """Remove whole backups beyond the newest `keep`, and unfinished ones older than those; return their names.

    Raises: Unavailable: the store does not answer.
    """
    pieces = _pieces(store)
    whole = [name for name, keys in pieces.items() if f"{FOLDER}/{name}/{MANIFEST}" in keys]
    if not whole:
        return []
    oldest_kept, newest = whole[-keep:][0], whole[-1]
    # One that is being made now is newer than every whole one.
    gone = [name for name in pieces if name < oldest_kept or (name not in whole and name < newest)]
    for name in gone:
        # The manifest goes first: what is half removed is no backup.
        for key in sorted(pieces[name], key=lambda key: not key.endswith(MANIFEST)):
            store.delete(key)
    return gone


def _pieces(store: ObjectStore) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for key in store.keys(FOLDER):
        name = key.split("/")[1]
        if _NAME.fullmatch(name):
            found.setdefault(name, set()).add(key)
    return dict(sorted(found.items()))
