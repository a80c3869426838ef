"""Fixtures every test may use: a real PostgreSQL, a fresh migrated database per test, two tenants."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from infra.local.postgres import EmbeddedPostgres
from shared.api import Context
from shared.db import Database, TenantEntry
from shared.db.runner import migrate
from shared.ids import new_id
from tests.support.identity import add_access_token, add_beta_token, context_for

ALPHA_TENANT = "0190aaaa-0000-7000-8000-00000000000a"
BETA_TENANT = "0190bbbb-0000-7000-8000-00000000000b"
ALPHA_USER = "0190aaaa-0000-7000-8000-0000000000a1"
BETA_USER = "0190bbbb-0000-7000-8000-0000000000b1"

ALPHA = TenantEntry(ALPHA_TENANT, ALPHA_USER)
BETA = TenantEntry(BETA_TENANT, BETA_USER)


def with_database(url: str, name: str) -> str:
    """Return `url` with another database's name."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def memory() -> Path | None:
    """Return a folder in memory with room for the tests' databases, where there is one.

    Every test has a database copied for it, a thousand small files each: on a disk that costs five times the CPU.
    """
    folder = Path("/dev/shm")  # noqa: S108  a file system in memory, not a folder for temporary files
    roomy = folder.is_dir() and os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > 2 << 30
    return folder if roomy else None


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The superuser's URL of a server that lives as long as this test process."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given
        return
    folder = Path(tempfile.mkdtemp(prefix="unamentis-test-", dir=memory()))
    with EmbeddedPostgres(folder / "pg", durable=False) as server:
        yield server.url
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def template_database(postgres_url: str) -> str:
    """The name of a migrated database with two tenants, to be cloned."""
    name = f"template_{new_id().replace('-', '')}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    url = with_database(postgres_url, name)
    migrate(url)
    with psycopg.connect(url) as connection:
        for tenant, user, label in ((ALPHA_TENANT, ALPHA_USER, "Alpha"), (BETA_TENANT, BETA_USER, "Beta")):
            connection.execute("SELECT app_enter(%s, %s)", (tenant, user))
            connection.execute(
                "INSERT INTO tenants (tenant_id, kind, name) VALUES (%s, 'organisation', %s)", (tenant, label)
            )
            connection.execute(
                "INSERT INTO users (tenant_id, id, email, display_name) VALUES (%s, %s, %s, %s)",
                (tenant, user, f"learner@{label.lower()}.example", f"{label} Learner"),
            )
            connection.execute(
                "INSERT INTO memberships (tenant_id, user_id, role) VALUES (%s, %s, 'learner')", (tenant, user)
            )
    return name


@pytest.fixture
def database_url(postgres_url: str, template_database: str) -> Iterator[str]:
    """The superuser's URL of a fresh database: migrated, holding tenants ALPHA and BETA with one learner each."""
    name = f"test_{new_id().replace('-', '')}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template_database}" STRATEGY file_copy'.encode())
    yield with_database(postgres_url, name)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Units of work on the fresh database, as the application role."""
    opened = Database(database_url, pool_size=4)
    yield opened
    opened.close()


@pytest.fixture
def context(database_url: str) -> Iterator[Context]:
    """What a service works with, in token mode, on the fresh database."""
    made = context_for(database_url)
    yield made
    made.database.close()


@pytest.fixture
def alpha_token(database: Database) -> str:
    """A beta token of tenant ALPHA's learner."""
    return add_beta_token(database, ALPHA)


@pytest.fixture
def beta_token(database: Database) -> str:
    """A beta token of tenant BETA's learner."""
    return add_beta_token(database, BETA)


@pytest.fixture
def alpha_access_token(database: Database) -> str:
    """An access token of tenant ALPHA's learner, signed in."""
    return add_access_token(database, ALPHA)


@pytest.fixture
def beta_access_token(database: Database) -> str:
    """An access token of tenant BETA's learner, signed in."""
    return add_access_token(database, BETA)
