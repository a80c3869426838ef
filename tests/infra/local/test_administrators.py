"""The command line of whoever owns the database: administrators and beta tokens."""

import base64
import os
import re
import subprocess
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
from admin_api.routes import routes as admin_routes
from auth_api.routes import routes as auth_routes

from infra.local.administrators import running_database
from infra.local.postgres import EmbeddedPostgres, lock_folder
from infra.local.state import DataFolder
from shared.api import Context, Service
from shared.auth.totp import STEP_S, code_at
from tests.conftest import ALPHA_TENANT, ALPHA_USER
from tests.support.api import ApiClient
from tests.support.identity import SECRET
from tests.support.installation import run as command

NAME = "root@school.example"


def run(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    secret = base64.b64encode(SECRET).decode()
    return command(*arguments, DATABASE_URL=url, UNAMENTIS_SECRET=secret)


def told(url: str, *arguments: str) -> str:
    done = run(url, *arguments)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


def test_the_first_administrator_signs_in_with_what_was_printed(database_url: str, context: Context) -> None:
    printed = told(database_url, "admin", "add", NAME)
    password = re.search(r"password +(\S+)", printed)
    link = re.search(r"otpauth://\S+", printed)
    assert password
    assert link
    key = base64.b32decode(parse_qs(urlsplit(link[0]).query)["secret"][0])
    client = ApiClient(Service(admin_routes, context))
    body = {"email": NAME, "password": password[1], "code": code_at(key, int(time.time()) // STEP_S)}
    opened = client.post("/api/admin/session", body)
    assert opened.status == 201, opened.body
    assert f"{NAME}  superadmin of everything  password and code" in told(database_url, "admin", "list")
    told(database_url, "admin", "disable", NAME.upper())
    assert client.using(opened.body["token"]).get("/api/admin/session").status == 401
    assert "disabled" in told(database_url, "admin", "list")


def test_what_makes_no_administrator(database_url: str) -> None:
    assert "There is none" in told(database_url, "admin", "list")
    for arguments, complaint in (
        (("admin", "add", "nobody"), "an e-mail address such as"),
        (("admin", "add", NAME, "--tenant", ALPHA_TENANT), "a superadmin administers all tenants"),
        (("admin", "disable", NAME), "no administrator of this name"),
        (("token", "list"), "tenant not found"),
        (("token", "mint", "--tenant", ALPHA_TENANT), "user not found"),
    ):
        done = run(database_url, *arguments)
        assert done.returncode == 1
        assert complaint in done.stderr
        assert done.stderr.count("\n") == 1


def test_a_tokens_life(database_url: str, context: Context) -> None:
    here = ("--tenant", ALPHA_TENANT)
    token = told(
        database_url, "token", "mint", "--user", ALPHA_USER, "--label", "Class 4b", "--days", "2", *here
    ).strip()
    client = ApiClient(Service(auth_routes, context), token)
    assert client.get("/api/auth/me").status == 200
    listed = told(database_url, "token", "list", *here)
    assert "Class 4b" in listed
    assert token not in listed
    token_id = listed.split()[0]
    assert "Class 4c" in told(database_url, "token", "label", token_id, "Class 4c", *here)
    limited = told(database_url, "token", "limit", token_id, "--per-minute", "7", "--for-ever", *here)
    assert "7/min  does not expire" in limited
    fresh = told(database_url, "token", "rotate", token_id, *here).strip()
    assert client.get("/api/auth/me").status == 401
    assert client.using(fresh).get("/api/auth/me").status == 200
    assert "revoked" in told(database_url, "token", "revoke", token_id, *here)
    assert client.using(fresh).get("/api/auth/me").status == 401


def test_the_embedded_database_of_a_running_server_is_found(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    assert running_database(folder) is None
    lock = lock_folder(tmp_path)
    with EmbeddedPostgres(folder.postgres, durable=False) as server:
        assert running_database(folder) == server.url
        with psycopg.connect(server.url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    os.close(lock)
    assert running_database(folder) is None


def test_a_database_of_ones_own_needs_its_servers_secret(tmp_path: Path, database_url: str) -> None:
    done = command("admin", "list", "--data-dir", tmp_path, "--database-url", database_url)
    assert (done.returncode, done.stdout) == (1, "")
    assert "UNAMENTIS_SECRET must be set" in done.stderr
