"""The commands as somebody at a terminal meets them: each failure is one line and a status other than 0."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from infra.local.postgres import lock_folder
from infra.local.state import DataFolder, Running

ROOT = Path(__file__).resolve().parents[3]


def run(*arguments: str | Path, stdin: str | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return subprocess.run(
        [sys.executable, "-P", "-m", "infra.local.cli", *arguments],
        env=inherited | {"PYTHONPATH": str(ROOT)} | environment,
        input=stdin or "",
        capture_output=True,
        text=True,
        check=False,
    )


def assert_one_line(done: subprocess.CompletedProcess[str], told: str) -> None:
    assert done.returncode == 1, done.stderr
    assert told in done.stderr
    assert done.stderr.startswith("unamentis: ")
    assert done.stderr.count("\n") == 1


@pytest.fixture
def taken_port() -> "socket.socket":
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    return listener


def test_a_taken_port(tmp_path: Path, taken_port: socket.socket) -> None:
    with taken_port:
        number = taken_port.getsockname()[1]
        done = run("up", "--port", str(number), "--data-dir", tmp_path)
    assert_one_line(done, f"port {number} is taken: stop what listens there, or give another --port")


@pytest.mark.parametrize("text", ["many", "-1", "65536"])
def test_a_port_that_is_none(text: str) -> None:
    done = run("up", f"--port={text}")
    assert done.returncode == 2
    assert "must be a whole number from 0 to 65535" in done.stderr


def test_a_data_folder_in_use(tmp_path: Path) -> None:
    lock = lock_folder(tmp_path)
    DataFolder(tmp_path).announce(Running("http://127.0.0.1:8766", "token"))
    done = run("up", "--port", "0", "--data-dir", tmp_path)
    os.close(lock)
    assert_one_line(done, "is in use by the server at http://127.0.0.1:8766: stop that one")


def test_a_data_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert_one_line(run("up", "--port", "0", "--data-dir", tmp_path / "file"), "as data folder: File exists")


def test_a_database_that_does_not_answer(tmp_path: Path, taken_port: socket.socket) -> None:
    number = taken_port.getsockname()[1]
    taken_port.close()
    url = f"postgresql://someone:hidden-word@127.0.0.1:{number}/lessons"
    done = run("up", "--port", "0", "--data-dir", tmp_path, DATABASE_URL=url)
    assert_one_line(done, "the database at 127.0.0.1 does not answer")
    assert "hidden-word" not in done.stderr + done.stdout


def test_a_database_that_refuses_us(tmp_path: Path, postgres_url: str) -> None:
    stranger = postgres_url.replace("//postgres:", "//stranger:")
    done = run("up", "--port", "0", "--data-dir", tmp_path, "--database-url", stranger)
    assert_one_line(done, "or refuses this login")


def test_a_database_login_without_the_rights_to_migrate(tmp_path: Path, postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE ROLE powerless LOGIN PASSWORD 'powerless'")
    powerless = re.sub(r"//.*@", "//powerless:powerless@", postgres_url)
    done = run("up", "--port", "0", "--data-dir", tmp_path, "--database-url", powerless)
    assert_one_line(done, "the database's login may not migrate it, permission denied")


@pytest.mark.parametrize("url", ["mysql://localhost/lessons", "lessons", "postgresql://localhost"])
def test_a_database_url_that_is_none(tmp_path: Path, url: str) -> None:
    done = run("up", "--port", "0", "--data-dir", tmp_path, "--database-url", url)
    assert_one_line(done, "DATABASE_URL must look like postgresql://user:password@host:5432/database")


def test_asking_without_a_server(tmp_path: Path) -> None:
    done = run("ask", "Why is the sky blue?", "--data-dir", tmp_path)
    assert_one_line(done, "no server is running here: start one with ./unamentis up")


def test_asking_a_server_that_was_killed(tmp_path: Path, taken_port: socket.socket) -> None:
    number = taken_port.getsockname()[1]
    taken_port.close()
    DataFolder(tmp_path).announce(Running(f"http://127.0.0.1:{number}", "token"))
    done = run("ask", "Why is the sky blue?", "--data-dir", tmp_path)
    assert_one_line(done, f"no server answers at http://127.0.0.1:{number}: start one with ./unamentis up")


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("question.wav", b"an mp3, really", "is not a WAV file"),
        ("empty.wav", b"", "is not a WAV file"),
        ("missing.wav", None, "No such file or directory"),
        ("song.mp3", b"ID3", "is not a WAV file"),
    ],
)
def test_asking_with_what_is_no_question(tmp_path: Path, name: str, content: bytes | None, told: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    DataFolder(tmp_path).announce(Running("http://127.0.0.1:9", "token"))
    assert_one_line(run("ask", tmp_path / name, "--data-dir", tmp_path), told)


def test_reset_asks_first_and_keeps_what_is_installed(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    folder.secret()
    folder.objects.mkdir()
    (folder.objects / "clip").write_bytes(b"speech")
    (tmp_path / "boot").mkdir()
    assert_one_line(run("reset", "--data-dir", tmp_path), "give --yes")
    assert (folder.objects / "clip").exists()
    done = run("reset", "--yes", "--data-dir", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["boot", "lock"]
    assert "Nothing is stored" in run("reset", "--data-dir", tmp_path).stdout


def test_reset_does_not_pull_the_floor_from_under_a_server(tmp_path: Path) -> None:
    DataFolder(tmp_path).secret()
    lock = lock_folder(tmp_path)
    done = run("reset", "--yes", "--data-dir", tmp_path)
    os.close(lock)
    assert_one_line(done, "is in use by another server")
    assert DataFolder(tmp_path).contents() != []
