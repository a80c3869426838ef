"""The application role logs in with a password the server knows only by its verifier."""

from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from shared.db import Database
from shared.db.app_login import allow_app_login
from shared.errors import InvalidInput, Unavailable
from tests.conftest import ALPHA


@pytest.fixture(autouse=True)
def app_role_without_login(postgres_url: str) -> Iterator[None]:
    """Roles belong to the whole server: put this one back as it was."""
    yield
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("ALTER ROLE unamentis_app NOLOGIN PASSWORD NULL")


def as_app(database_url: str) -> str:
    """Return the URL of the same database, logging in as the application role."""
    parts = urlsplit(database_url)
    return urlunsplit(parts._replace(netloc=f"unamentis_app:p%40ss%2Fw%C3%B6rd@{parts.hostname}:{parts.port}"))


def test_the_role_logs_in_and_stays_bound(database_url: str) -> None:
    allow_app_login(database_url, as_app(database_url))
    with psycopg.connect(database_url) as connection:
        row = connection.execute(
            "SELECT rolcanlogin, rolsuper, rolbypassrls, rolpassword FROM pg_authid WHERE rolname = 'unamentis_app'"
        ).fetchone()
    assert row is not None
    assert row[:3] == (True, False, False)
    assert str(row[3]).startswith("SCRAM-SHA-256$")
    database = Database(as_app(database_url))
    with database.unit(ALPHA) as unit:
        tenants = unit.value(int, "SELECT count(*) FROM tenants -- cross-tenant: the point of the test")
    database.close()
    assert tenants.result == 1


@pytest.mark.parametrize(
    "app_url",
    ["nonsense", "postgresql://owner:pw@host/db", "postgresql://unamentis_app@host/db", "postgresql://:@/", ""],
)
def test_another_url_is_refused(database_url: str, app_url: str) -> None:
    with pytest.raises(InvalidInput, match="the application's database URL") as refused:
        allow_app_login(database_url, app_url)
    assert "pw" not in refused.value.message


def test_an_unreachable_server_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        allow_app_login("postgresql://nobody@127.0.0.1:1/none", "postgresql://unamentis_app:pw@host/db")
