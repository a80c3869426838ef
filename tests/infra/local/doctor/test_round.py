"""The doctor in front of real broken things: each is one line with a remedy, and the status says so."""

import base64
import json
import socket
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import psycopg
import pytest

from infra.local.doctor.round import Subject, findings
from tests.support.installation import run

SECRET = base64.b64encode(bytes(range(32))).decode()


def look(tmp_path: Path, url: str, **environ: str) -> dict[str, tuple[str, str]]:
    """Return by check the state and what was told."""
    environment = {"DATABASE_URL": url, "UNAMENTIS_SECRET": SECRET, **environ}
    found = findings(Subject(environ=environment, data_dir=tmp_path))
    return {finding.check: (finding.state, finding.told) for finding in found}


def closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def test_all_is_well(tmp_path: Path, database_url: str) -> None:
    (tmp_path / "objects").mkdir()
    found = look(tmp_path, database_url)
    states = {check: state for check, (state, _) in found.items() if check != "disk"}
    assert states == {
        "configuration": "ok",
        "database": "ok",
        "database TLS": "ok",
        "schema": "ok",
        # The tests log in as a superuser, and nothing runs beside them.
        "tenant rules": "warning",
        "clock": "ok",
        "queue": "warning",
        "storage": "ok",
        "providers": "ok",
    }
    assert list((tmp_path / "objects").rglob("*.*")) == []


def test_a_stopped_database(tmp_path: Path) -> None:
    url = f"postgresql://someone:hidden-word@127.0.0.1:{closed_port()}/lessons"
    done = run("doctor", "--json", "--data-dir", tmp_path, DATABASE_URL=url, UNAMENTIS_SECRET=SECRET)
    assert done.returncode == 1, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    assert report["ok"] is False
    (database,) = [check for check in report["checks"] if check["check"] == "database"]
    assert database["state"] == "failed"
    assert "Connection refused" in database["told"]
    assert database["remedy"] == "see docs/ops/the-database-does-not-answer.md"
    assert "hidden-word" not in done.stdout


def test_a_wrong_password(tmp_path: Path, postgres_url: str) -> None:
    url = f"postgresql://postgres:hidden-word@{postgres_url.partition('@')[2]}"
    state, told = look(tmp_path, url)["database"]
    assert (state, "password authentication failed" in told, "hidden-word" in told) == ("failed", True, False)


def test_a_schema_of_another_version(tmp_path: Path, database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("INSERT INTO schema_migrations (version, name, checksum) VALUES (9999, 'later', 'x')")
    assert look(tmp_path, database_url)["schema"] == (
        "failed",
        "1 applied migrations are not of this version, such as 9999",
    )
    with psycopg.connect(database_url) as connection:
        connection.execute("DELETE FROM schema_migrations WHERE version = 90")
    assert look(tmp_path, database_url)["schema"] == ("failed", "1 migrations are not applied, from 90 on")


def test_a_database_without_a_schema(tmp_path: Path, postgres_url: str, template_database: str) -> None:
    assert template_database
    state, told = look(tmp_path, postgres_url)["schema"]
    assert (state, told.endswith("migrations are not applied, from 1 on")) == ("failed", True)


def test_a_table_whose_rows_everybody_sees(tmp_path: Path, database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("ALTER TABLE turns NO FORCE ROW LEVEL SECURITY")
    assert look(tmp_path, database_url)["tenant rules"] == (
        "failed",
        "row-level security is not forced on turns",
    )


def test_a_job_that_nobody_runs(tmp_path: Path, database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("SELECT app_enter(public_tenant(), NULL)")
        connection.execute(
            """WITH job AS (INSERT INTO jobs (tenant_id, id, kind) VALUES (public_tenant(), gen_random_uuid(), 'x')
                            RETURNING tenant_id, id)
               INSERT INTO outbox (tenant_id, job_id, priority, due_at)
               SELECT tenant_id, id, 0, now() - interval '10 minutes' FROM job"""
        )
    state, told = look(tmp_path, database_url)["queue"]
    assert (state, told) == ("failed", "1 jobs wait, the first for 600 s; no process runs jobs")


def test_a_folder_that_cannot_be_written(tmp_path: Path, database_url: str) -> None:
    folder = tmp_path / "closed"
    if sys.platform == "linux":
        folder = Path("/proc/unamentis")  # root too is refused there
    else:
        folder.mkdir(mode=0o500)
        folder = folder / "objects"
    state, told = look(tmp_path, database_url, UNAMENTIS_OBJECTS_URL=folder.as_uri())["storage"]
    assert (state, told.startswith("an object cannot be opened")) == ("failed", True)


@pytest.fixture
def vendor() -> Iterator[str]:
    """The base URL of an OpenAI-compatible server that knows one key."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.path == "/v1/models" and self.headers.get("Authorization") == "Bearer right"
            self.send_response(200 if known else 401)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]  says nothing
            return

    server = HTTPServer(("127.0.0.1", 0), Answers)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(("key", "state"), [("right", "ok"), ("wrong", "failed")])
def test_a_vendor_that_knows_its_keys(tmp_path: Path, vendor: str, key: str, state: str) -> None:
    speech = {"UNAMENTIS_TTS": "compatible", "UNAMENTIS_TTS_URL": vendor, "UNAMENTIS_TTS_KEY": key}
    found = look(tmp_path, f"postgresql://x@127.0.0.1:{closed_port()}/x", **speech)
    assert found["compatible tts"][0] == state
    assert key not in found["compatible tts"][1]


def test_a_vendor_that_is_not_there(tmp_path: Path) -> None:
    nowhere = f"http://127.0.0.1:{closed_port()}/v1"
    speech = {"UNAMENTIS_STT": "offline,compatible", "UNAMENTIS_STT_URL": nowhere}
    found = look(tmp_path, f"postgresql://x@127.0.0.1:{closed_port()}/x", **speech)
    assert found["compatible stt"] == ("failed", "127.0.0.1 does not answer (ConnectError)")


@pytest.mark.parametrize(
    ("environ", "state", "message"),
    [
        ({"UNAMENTIS_SECRET": "short"}, "failed", "UNAMENTIS_SECRET must be base64"),
        ({"UNAMENTIS_LLM": "groq"}, "failed", "UNAMENTIS_LLM must be one of"),
        ({"UNAMENTIS_STT": "groq"}, "failed", "GROQ_API_KEY is needed"),
        ({"UNAMENTIS_HOST": "0.0.0.0"}, "warning", "did not come through the edge"),  # noqa: S104  what is warned of
        (
            {
                "UNAMENTIS_HOST": "0.0.0.0",  # noqa: S104
                "UNAMENTIS_ORIGIN_SECRETS": "x",
                "UNAMENTIS_AUTH_MODE": "open",
                "UNAMENTIS_OPEN_TENANT": "t",
                "UNAMENTIS_OPEN_USER": "u",
            },
            "failed",
            "would let everybody in who reaches it",
        ),
    ],
)
def test_settings_that_are_wrong(tmp_path: Path, environ: dict[str, str], state: str, message: str) -> None:
    found = look(tmp_path, f"postgresql://x@127.0.0.1:{closed_port()}/x", **environ)
    assert found["configuration"][0] == state
    assert message in found["configuration"][1]


def test_a_machine_where_nothing_runs(tmp_path: Path) -> None:
    done = run("doctor", "--data-dir", tmp_path / "none")
    assert done.returncode == 0, done.stdout
    assert "warning  installation" in done.stdout
    assert not (tmp_path / "none").exists()


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    address = f"https://localhost:{closed_port()}"
    found = findings(Subject(environ={"UNAMENTIS_SECRET": SECRET}, data_dir=tmp_path, url=address))
    states = {finding.check: finding.state for finding in found}
    assert (states["server"], states["certificate"]) == ("failed", "failed")
