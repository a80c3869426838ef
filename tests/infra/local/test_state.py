import stat
from pathlib import Path

import pytest

from infra.local.errors import LocalError
from infra.local.state import LARGEST_LOG_BYTES, DataFolder, Running, write_private


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    made = DataFolder(tmp_path / "data")
    made.make()
    return made


def test_secrets_are_made_once_and_differ(folder: DataFolder) -> None:
    assert folder.secret() == folder.secret()
    assert folder.database_password() == folder.database_password()
    assert folder.secret() != folder.database_password()


def test_everything_private_is_readable_by_our_user_only(folder: DataFolder) -> None:
    folder.secret()
    folder.database_password()
    folder.announce(Running("http://127.0.0.1:1", "token"))
    folder.open_log().close()
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.contents()} == {0o600}


def test_a_server_is_known_while_it_runs(folder: DataFolder) -> None:
    assert folder.running() is None
    folder.announce(Running("http://127.0.0.1:1", "token"))
    assert folder.running() == Running("http://127.0.0.1:1", "token")
    folder.withdraw()
    folder.withdraw()
    assert folder.running() is None


@pytest.mark.parametrize("content", ["", "{", '{"url": 7}'])
def test_a_damaged_note_is_no_server(folder: DataFolder, content: str) -> None:
    write_private(folder.path / "running.json", content)
    assert folder.running() is None


def test_the_log_goes_on_until_it_is_large(folder: DataFolder) -> None:
    for line in ("first", "second"):
        with folder.open_log() as log:
            log.write(f"{line}\n")
    path = folder.path / "server.log"
    assert path.read_text() == "first\nsecond\n"
    with path.open("r+b") as log:
        log.truncate(LARGEST_LOG_BYTES + 1)
    folder.open_log().close()
    assert path.stat().st_size == 0


def test_a_folder_that_cannot_be_made_gives_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LocalError, match="as data folder: Not a directory"):
        DataFolder(tmp_path / "file" / "data").make()
