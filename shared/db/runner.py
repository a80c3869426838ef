"""Applies migrations: plain SQL files, in order, once each."""

import hashlib
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import msgspec
import psycopg

from shared.db.connection import APP_ROLE, connect
from shared.errors import Conflict, Forbidden

MIGRATIONS = Path(__file__).parent / "migrations"
# Any constant of our own: whoever migrates this database takes this lock.
_LOCK_KEY = 8_766_001


class Migration(msgspec.Struct, frozen=True):
    """One file: `0001_name.sql`."""

    version: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the text, so that a changed file is noticed."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrations(folder: Path = MIGRATIONS) -> list[Migration]:
    """Return the migrations of a folder in order."""
    found: list[Migration] = []
    for path in sorted(folder.glob("*.sql")):
        version, _, name = path.stem.partition("_")
        found.append(Migration(int(version), name, path.read_text(encoding="utf-8")))
    return found


def migrate(url: str, *, folder: Path = MIGRATIONS) -> list[int]:
    """Bring the database up to date as its owner and return the versions applied now.

    Two processes may call this at once: the second waits and finds nothing to do.
    Raises: Conflict: an applied migration's file has changed. Unavailable: the database does not answer.
        Forbidden: the login may not make roles or tables.
    """
    with connect(url, role=None) as connection, rights_told(), exclusively(connection):
        return apply_all(connection, migrations(folder))


def apply_all(connection: "psycopg.Connection[Any]", wanted: Sequence[Migration]) -> list[int]:
    """Apply those of the migrations that were not applied yet and return their versions.

    Raises: Conflict: an applied one has changed.
    """
    _make_app_role(connection)
    applied = _applied(connection)
    return [m.version for m in wanted if _apply(connection, m, applied.get(m.version))]


@contextmanager
def exclusively(connection: "psycopg.Connection[Any]") -> Generator[None]:
    """Keep others from migrating this database meanwhile, however long it takes."""
    connection.execute("SET statement_timeout = 0")
    connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK_KEY,))
    try:
        yield
    finally:
        if not connection.closed:
            connection.execute("SELECT pg_advisory_unlock(%s)", (_LOCK_KEY,))


@contextmanager
def rights_told() -> Generator[None]:
    """Say what the login needs where it may not make roles or tables.

    Raises: Forbidden: it may not.
    """
    try:
        yield
    except psycopg.errors.InsufficientPrivilege as exc:
        raise Forbidden(
            f"the database's login may not migrate it, {exc.diag.message_primary}: it needs CREATEROLE, the role "
            f"{APP_ROLE} with ADMIN option where that exists, and the ownership of the database"
        ) from exc


def _make_app_role(connection: "psycopg.Connection[Any]") -> None:
    # Roles belong to the whole server, so another database's migration may be making it at this moment.
    connection.execute(
        f"""DO $$ BEGIN
            CREATE ROLE {APP_ROLE} NOLOGIN NOSUPERUSER NOBYPASSRLS;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"""
    )
    connection.execute(f"GRANT {APP_ROLE} TO CURRENT_USER")


def _applied(connection: "psycopg.Connection[Any]") -> dict[int, str]:
    connection.execute(
        """CREATE TABLE IF NOT EXISTS schema_migrations (
            version int PRIMARY KEY, name text NOT NULL, checksum text NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT now())"""
    )
    return dict(connection.execute("SELECT version, checksum FROM schema_migrations").fetchall())


def _apply(connection: "psycopg.Connection[Any]", migration: Migration, checksum: str | None) -> bool:
    if checksum == migration.checksum:
        return False
    if checksum is not None:
        raise Conflict(f"migration {migration.version} was changed after it had been applied")
    with connection.transaction():
        connection.execute(cast("Any", migration.sql))
        connection.execute(
            "INSERT INTO schema_migrations (version, name, checksum) VALUES (%s, %s, %s)",
            (migration.version, migration.name, migration.checksum),
        )
    return True
