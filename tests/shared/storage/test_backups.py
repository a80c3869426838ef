"""Places of backups: every kind keeps pieces, and old backups leave a store."""

import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.domain.backup import MANIFEST
from shared.errors import AppError, Conflict, InvalidInput, NotFound, Unavailable
from shared.storage.backups import (
    BackupFile,
    BackupPlace,
    StoredBackup,
    backup_name,
    finished_backups,
    remove_old_backups,
)
from shared.storage.objects import Objects, open_objects


@pytest.fixture(params=["store", "file"])
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[BackupPlace, Callable[[], BackupPlace]]]:
    """A place to write to, and how it is closed and opened for reading."""
    if request.param == "store":
        store = open_objects(f"file://{tmp_path / 'objects'}")
        yield StoredBackup(store, "20261130T093000Z"), lambda: StoredBackup(store, "20261130T093000Z")
        return
    writing = BackupFile.writing(tmp_path / "backup.tar").__enter__()
    opened: list[BackupFile] = []

    def read() -> BackupPlace:
        writing.__exit__(None, None, None)
        opened.append(BackupFile.reading(tmp_path / "backup.tar"))
        return opened[0]

    yield writing, read
    for file in opened:
        file.__exit__(None, None, None)


def test_what_was_put_is_got(places: tuple[BackupPlace, Callable[[], BackupPlace]]) -> None:
    place, read = places
    pieces = {"turns.000000.gz": b"\x00\x01" * 5_000, "turns.000001.gz": b"", MANIFEST: b"{}"}
    for name, data in pieces.items():
        place.put(name, data)
    kept = read()
    assert {name: kept.get(name) for name in pieces} == pieces
    with pytest.raises(NotFound):
        kept.get("users.000000.gz")


def test_a_file_has_its_name_once_it_is_whole_and_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "backup.tar"
    with pytest.raises(ZeroDivisionError), BackupFile.writing(path) as file:
        file.put(MANIFEST, b"{}")
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []
    with BackupFile.writing(path) as file:
        file.put(MANIFEST, b"{}")
    assert [entry.name for entry in tmp_path.iterdir()] == ["backup.tar"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def _nothing(path: Path) -> None:
    assert not path.exists()


def _text(path: Path) -> None:
    path.write_text("no tar at all" * 100)


@pytest.mark.parametrize(("make", "error"), [(_nothing, NotFound), (_text, InvalidInput)])
def test_a_file_that_is_no_backup(tmp_path: Path, make: Callable[[Path], None], error: type[AppError]) -> None:
    make(tmp_path / "backup.tar")
    with pytest.raises(error):
        BackupFile.reading(tmp_path / "backup.tar")


def test_a_cut_file_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "backup.tar"
    with BackupFile.writing(path) as file:
        file.put("turns.000000.gz", b"x" * 100_000)
    with path.open("r+b") as raw:
        raw.truncate(50_000)
    with BackupFile.reading(path) as file, pytest.raises(InvalidInput, match="damaged"):
        file.get("turns.000000.gz")


def test_nothing_is_written_over(tmp_path: Path) -> None:
    path = tmp_path / "backup.tar"
    path.touch()
    with pytest.raises(Conflict):
        BackupFile.writing(path)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="No such file or directory"):
        BackupFile.writing(tmp_path / "none" / "backup.tar")


def keep(store: Objects, name: str, *, whole: bool = True) -> str:
    place = StoredBackup(store, name)
    place.put("turns.000000.gz", b"x")
    if whole:
        place.put(MANIFEST, b"{}")
    return name


def test_only_the_newest_stay_and_what_is_being_made() -> None:
    store = open_objects("memory://")
    store.put("backups/readme.txt", b"not ours")
    names = [keep(store, f"2026110{day}T000000Z", whole=day != 3) for day in range(1, 8)]
    under_way = keep(store, "20261108T000000Z", whole=False)
    assert remove_old_backups(store, 2) == names[:5]
    assert finished_backups(store) == names[5:]
    assert list(store.keys(f"backups/{under_way}"))
    assert store.get("backups/readme.txt") == b"not ours"
    assert remove_old_backups(store, 2) == []


def test_without_a_whole_one_nothing_is_removed() -> None:
    store = open_objects("memory://")
    keep(store, "20261101T000000Z", whole=False)
    assert remove_old_backups(store, 1) == []
    assert finished_backups(store) == []


def test_names_sort_by_time() -> None:
    assert backup_name(datetime(2026, 11, 30, 9, 30, tzinfo=UTC)) == "20261130T093000Z"
