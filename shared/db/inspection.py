"""Looks at a database as the application meets it: version, encryption, schema, rights, clock, room."""

import time
from collections.abc import Sequence
from typing import Any

import msgspec
import psycopg
from psycopg.rows import class_row

from shared.db.connection import connect
from shared.db.errors import from_psycopg
from shared.db.runner import migrations


class DatabaseState(msgspec.Struct, frozen=True, kw_only=True):
    """What was found.

    Attributes:
        server: its version, such as "17.2"; number: 170002. encrypted: whether this connection uses TLS.
        pending: versions of ours that were not applied. unknown: applied ones that are not ours, or differ.
        bypasses: logins among the application's that row-level security does not bind.
        unprotected: tables of tenants without forced row-level security.
        skew_s: how far the server's clock is ahead of ours, give or take half of round_trip_s.
        connections, most_connections: in use now, and at most, of the whole server.
    """

    server: str
    number: int
    encrypted: bool
    pending: Sequence[int]
    unknown: Sequence[int]
    bypasses: Sequence[str]
    unprotected: Sequence[str]
    skew_s: float
    round_trip_s: float
    connections: int
    most_connections: int


class QueueState(msgspec.Struct, frozen=True):
    """How jobs do, of all tenants.

    Attributes:
        workers: processes that run jobs. slots: jobs they run at once.
        overdue: jobs that could have begun and have not. oldest_s: seconds the first of those has waited.
        failed: in the last day.
    """

    workers: int
    slots: int
    overdue: int
    oldest_s: float
    running: int
    failed: int


def inspect(url: str) -> DatabaseState:
    """Connect as the application does, and look; nothing is changed.

    Raises: Unavailable: it does not answer, or refuses this login; the cause says why. Forbidden: the login may not
        work as the application.
    """
    with connect(url) as connection:
        try:
            return _state(connection)
        except psycopg.Error as error:
            raise from_psycopg(error) from error


def inspect_queue(url: str) -> QueueState | None:
    """Look at the queue; None where the schema has none yet.

    Raises: as `inspect`.
    """
    with connect(url) as connection:
        try:
            rows = connection.cursor(row_factory=class_row(QueueState))
            return rows.execute("SELECT * FROM queue_state()").fetchone()
        except psycopg.errors.UndefinedFunction:
            return None
        except psycopg.Error as error:
            raise from_psycopg(error) from error


def _state(connection: "psycopg.Connection[Any]") -> DatabaseState:
    begin, before = time.monotonic(), time.time()
    ((theirs,),) = connection.execute("SELECT extract(epoch FROM clock_timestamp())::float8").fetchall()
    trip = time.monotonic() - begin
    pending, unknown = _migrations(connection)
    ((connections, most),) = connection.execute(
        "SELECT (SELECT count(*) FROM pg_stat_activity)::int, current_setting('max_connections')::int"
    ).fetchall()
    return DatabaseState(
        server=connection.info.parameter_status("server_version") or "",
        number=connection.info.server_version,
        encrypted=bool(connection.pgconn.ssl_in_use),
        pending=pending,
        unknown=unknown,
        bypasses=_names(
            connection,
            """SELECT DISTINCT r.rolname FROM pg_roles r
               WHERE r.rolname IN (current_user, session_user) AND (r.rolsuper OR r.rolbypassrls)""",
        ),
        unprotected=_names(
            connection,
            """SELECT c.relname FROM pg_class c
               JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
               WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
                 AND NOT (c.relrowsecurity AND c.relforcerowsecurity) ORDER BY 1""",
        ),
        skew_s=theirs - (before + trip / 2),
        round_trip_s=trip,
        connections=connections,
        most_connections=most,
    )


def _names(connection: "psycopg.Connection[Any]", statement: str) -> list[str]:
    return [name for (name,) in connection.execute(statement.encode()).fetchall()]


def _migrations(connection: "psycopg.Connection[Any]") -> tuple[list[int], list[int]]:
    """Return the versions that are still to be applied, and those that were and are not ours."""
    ours = {migration.version: migration.checksum for migration in migrations()}
    try:
        applied = dict(connection.execute("SELECT version, checksum FROM applied_migrations()").fetchall())
    except psycopg.errors.UndefinedFunction:
        # Older than what tells.
        return list(ours), []
    pending = [version for version in ours if version not in applied]
    return pending, [version for version, checksum in applied.items() if ours.get(version) != checksum]
