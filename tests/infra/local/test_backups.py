"""Backing up and restoring at the command line, as somebody who lost a machine does it."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from shared.ids import new_id
from tests.conftest import with_database
from tests.support.installation import run


@pytest.fixture
def empty_url(postgres_url: str) -> Iterator[str]:
    """The superuser's URL of a database with nothing in it."""
    name = f"empty_{new_id().replace('-', '')}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    yield with_database(postgres_url, name)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


def told(output: str) -> list[str]:
    """Return the lines that name a table, its rows and its checksum."""
    return [line for line in output.splitlines() if " rows  " in line]


def test_a_database_goes_into_a_file_and_comes_back_in_another(
    database_url: str, empty_url: str, tmp_path: Path
) -> None:
    file, here = tmp_path / "school.tar", ("--data-dir", tmp_path)
    made = run("backup", "--to", file, "--database-url", database_url, *here)
    assert made.returncode == 0, made.stderr
    assert any(line.split()[:3] == ["users", "2", "rows"] for line in told(made.stdout))
    back = run("restore", "--from", file, "--database-url", empty_url, *here)
    assert back.returncode == 0, back.stderr
    assert told(back.stdout) == told(made.stdout)
    assert "rows and checksums are the same" in back.stdout
    again = run("restore", "--from", file, "--database-url", empty_url, *here)
    assert (again.returncode, "not empty" in again.stderr) == (1, True)


def test_the_embedded_database_is_kept_in_its_store_and_replaced(tmp_path: Path) -> None:
    here = ("--data-dir", tmp_path)
    assert run("tenant", "create", "team", "Before", *here).returncode == 0
    made = run("backup", "--keep", "2", *here)
    assert made.returncode == 0, made.stderr
    assert run("tenant", "create", "team", "After", *here).returncode == 0
    (name,) = run("backup", "--list", *here).stdout.split()
    back = run("restore", name, "--force", *here)
    assert back.returncode == 0, back.stderr
    listed = run("tenant", "list", *here).stdout
    assert ("Before" in listed, "After" in listed) == (True, False)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("backup", "--to", "copy.zip"), "must be a .tar file"),
        (("backup", "--to", "ftp://host/x"), "the object store's URL must be"),
        (("restore", "--from", "none.tar"), "cannot be read: No such file"),
        (("restore", "--from", "memory://"), "there is no backup here"),
        (("backup", "--database-url", "postgresql://o@127.0.0.1:1/x"), "say where"),
    ],
)
def test_what_cannot_be_is_one_line(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    done = run(*arguments, "--data-dir", tmp_path, cwd=tmp_path, DATABASE_URL="postgresql://o@127.0.0.1:1/x")
    assert (done.returncode, done.stderr.count("\n"), message in done.stderr) == (1, 1, True), done.stderr
