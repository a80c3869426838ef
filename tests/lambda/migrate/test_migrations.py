"""The migration function on a real, empty database."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from migrate_api.migrations import Migrations

from shared.db.runner import MIGRATIONS, migrations
from shared.errors import InvalidInput, Unavailable
from shared.ids import new_id
from tests.conftest import with_database

ALL = [migration.version for migration in migrations(MIGRATIONS)]


@pytest.fixture
def empty_database(postgres_url: str) -> Iterator[str]:
    """The owner's URL of a database without any table."""
    name = f"empty_{new_id().replace('-', '')}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    yield with_database(postgres_url, name)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@pytest.fixture
def app_role_without_login(postgres_url: str) -> Iterator[None]:
    """Roles belong to the whole server: put this one back as it was."""
    yield
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("ALTER ROLE unamentis_app NOLOGIN PASSWORD NULL")


class CloudFormation:
    """Takes what a custom resource is told, as S3 does behind a signed URL."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self.content_types: list[str | None] = []
        cloud = self

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                cloud.content_types.append(self.headers["Content-Type"])
                cloud.told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class names it so
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/outcome?signature=s"

    def event(self, kind: str, **properties: str) -> dict[str, Any]:
        return {
            "RequestType": kind,
            "ResponseURL": self.url,
            "StackId": "stack",
            "RequestId": "request",
            "LogicalResourceId": "Schema",
            "ResourceProperties": properties,
        }


@pytest.fixture
def cloudformation() -> Iterator[CloudFormation]:
    cloud = CloudFormation()
    thread = threading.Thread(target=cloud.server.serve_forever, args=(0.01,))
    thread.start()
    yield cloud
    cloud.server.shutdown()
    thread.join()
    cloud.server.server_close()


def tables(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    assert row is not None
    return int(row[0])


def test_an_empty_database_gets_every_migration_once(empty_database: str) -> None:
    function = Migrations(empty_database, None)
    assert function.handle({}) == {"applied": ALL}
    assert tables(empty_database) > 20
    with psycopg.connect(empty_database) as connection:
        assert connection.execute("SELECT count(*) >= 3 FROM curricula").fetchone() == (True,)
    assert function.handle({}) == {"applied": []}


@pytest.mark.usefixtures("template_database")
def test_an_owner_who_is_no_superuser_migrates_too(postgres_url: str) -> None:
    name = f"owner_{new_id().replace('-', '')}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN CREATEROLE PASSWORD 'secret'".encode())
        # As on RDS, where the owner has made these roles itself.
        connection.execute(
            f"GRANT unamentis_app, unamentis_search, unamentis_directory TO {name} WITH ADMIN OPTION".encode()
        )
        connection.execute(f'CREATE DATABASE "{name}" OWNER {name}'.encode())
    parts = urlsplit(with_database(postgres_url, name))
    owner_url = urlunsplit(parts._replace(netloc=f"{name}:secret@{parts.hostname}:{parts.port}"))
    assert Migrations(owner_url, None).handle({}) == {"applied": ALL}
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())
        connection.execute(f"DROP ROLE {name}".encode())


def test_cloudformation_is_told_what_was_applied(empty_database: str, cloudformation: CloudFormation) -> None:
    function = Migrations(empty_database, None)
    assert function.handle(cloudformation.event("Create")) == {"applied": ALL}
    function.handle(cloudformation.event("Update"))
    assert [told["Status"] for told in cloudformation.told] == ["SUCCESS", "SUCCESS"]
    assert [told["Data"]["Applied"] for told in cloudformation.told] == [",".join(map(str, ALL)), ""]
    assert [told["RequestId"] for told in cloudformation.told] == ["request", "request"]
    assert cloudformation.content_types == ["", ""]


def test_a_stack_that_goes_away_takes_nothing_back(empty_database: str, cloudformation: CloudFormation) -> None:
    Migrations(empty_database, None).handle({})
    before = tables(empty_database)
    Migrations("postgresql://nobody@127.0.0.1:1/none", None).handle(cloudformation.event("Delete"))
    assert cloudformation.told[0]["Status"] == "SUCCESS"
    assert tables(empty_database) == before


def test_cloudformation_is_told_of_a_failure_without_a_secret(cloudformation: CloudFormation) -> None:
    Migrations("postgresql://owner:hidden@127.0.0.1:1/none", None).handle(cloudformation.event("Create"))
    (told,) = cloudformation.told
    assert (told["Status"], told["Reason"]) == ("FAILED", "the database does not answer; try again")
    assert "hidden" not in json.dumps(told)


def test_cloudformation_is_told_of_a_broken_schema_too(empty_database: str, cloudformation: CloudFormation) -> None:
    with psycopg.connect(empty_database) as connection:
        connection.execute("CREATE TABLE tenants (id int)")
    Migrations(empty_database, None).handle(cloudformation.event("Create"))
    assert cloudformation.told[0]["Reason"] == "the migration failed: DuplicateTable"


def test_everybody_else_gets_a_failure_raised() -> None:
    with pytest.raises(Unavailable):
        Migrations("postgresql://nobody@127.0.0.1:1/none", None).handle({})


@pytest.mark.usefixtures("app_role_without_login")
def test_the_application_role_logs_in_when_asked(empty_database: str) -> None:
    app_url = "postgresql://unamentis_app:secret@db.example/unamentis"
    assert Migrations(empty_database, app_url).handle({"app_login": True}) == {"applied": ALL}
    with psycopg.connect(empty_database) as connection:
        row = connection.execute("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'unamentis_app'").fetchone()
    assert row == (True,)


def test_a_login_needs_the_applications_url(empty_database: str) -> None:
    with pytest.raises(InvalidInput, match="DATABASE_URL must be set"):
        Migrations(empty_database, None).handle({"app_login": True})


def test_a_response_url_of_another_kind_is_refused(empty_database: str) -> None:
    event = {"RequestType": "Delete", "ResponseURL": "file:///tmp/x"}
    with pytest.raises(InvalidInput, match="ResponseURL"):
        Migrations(empty_database, None).handle(event)
