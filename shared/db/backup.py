"""Copies every row to a backup's place: one snapshot, table by table, in parts of bounded size."""

import hashlib
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

import psycopg
from psycopg import IsolationLevel, sql

from shared.clock import utc_now
from shared.db.catalogue import Table, sequences, tables, unreadable
from shared.db.connection import connect
from shared.db.errors import from_psycopg
from shared.domain.backup import MANIFEST, Manifest, Part, TableCopy
from shared.errors import Conflict, Forbidden
from shared.storage.backups import BackupPlace

PART_BYTES: Final = 4_000_000
# Fast, and text shrinks well already: level 6 takes three times as long for a tenth less.
_LEVEL: Final = 1
_GZIP: Final = 31  # zlib's name for a gzip header around a full window
# The text form of a value must not depend on the server's configuration.
_TEXT_FORM: Final = (
    "datestyle = 'ISO'",
    "intervalstyle = 'postgres'",
    "bytea_output = 'hex'",
    "extra_float_digits = 1",
)


def back_up(owner_url: str, place: BackupPlace, *, made_at: datetime | None = None) -> Manifest:
    """Copy the whole database to a place, as of one moment, while others go on working; return what was copied.

    Not copied: what is lost at a crash anyway (unlogged tables), and the password of the application's login.
    Raises: Forbidden: the login would not see every row. Conflict: nothing was ever migrated here.
        Unavailable: the database or the place does not answer, or is full.
    """
    with connect(owner_url, role=None) as connection, _snapshot(connection):
        migrations = _migrations(connection)
        copies = tuple(_copy(connection, table, place) for table in tables(connection))
        manifest = Manifest(
            made_at=made_at or utc_now(),
            server=connection.execute("SHOW server_version").fetchall()[0][0],
            migrations=migrations,
            sequences={column: _last_value(connection, name) for column, name in sequences(connection).items()},
            tables=copies,
        )
    place.put(MANIFEST, manifest.encoded())
    return manifest


def text_form(connection: "psycopg.Connection[Any]") -> None:
    """Have values written the same way on every server, for the rest of the transaction, however long it takes."""
    for setting in (*_TEXT_FORM, "statement_timeout = 0", "idle_in_transaction_session_timeout = 0"):
        connection.execute(sql.SQL("SET LOCAL " + setting))
    connection.execute("SELECT set_config('app.backup', 'on', true)")


def rows_of(connection: "psycopg.Connection[Any]", table: Table) -> Iterator[bytes]:
    """Yield a table's rows in PostgreSQL's text format, ordered by primary key: the bytes checksums are made of."""
    with connection.cursor().copy(sql.SQL("COPY ({}) TO STDOUT").format(table.selection)) as copy:
        for data in copy:
            yield bytes(data)


@contextmanager
def _snapshot(connection: "psycopg.Connection[Any]") -> Generator[None]:
    connection.isolation_level = IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    try:
        with connection.transaction():
            text_form(connection)
            yield
    except psycopg.Error as error:
        raise from_psycopg(error) from error


def _migrations(connection: "psycopg.Connection[Any]") -> dict[int, str]:
    if connection.execute("SELECT to_regclass('public.schema_migrations')").fetchone() == (None,):
        raise Conflict("there is nothing to back up: this database was never migrated")
    if hidden := unreadable(connection):
        raise Forbidden(
            f"this login does not see every row of {len(hidden)} tables, such as {hidden[0]}: use the owner's"
        )
    return dict(connection.execute("SELECT version, checksum FROM schema_migrations ORDER BY version").fetchall())


def _last_value(connection: "psycopg.Connection[Any]", sequence: str) -> int:
    value = connection.execute("SELECT coalesce(pg_sequence_last_value(%s::regclass), 0)", (sequence,)).fetchall()
    return int(value[0][0])


def _copy(connection: "psycopg.Connection[Any]", table: Table, place: BackupPlace) -> TableCopy:
    digest, rows = hashlib.sha256(), 0
    cutter = _Cutter(table.name, place)
    for data in rows_of(connection, table):
        digest.update(data)
        # In this format a line break ends a row and is nowhere else.
        rows += data.count(b"\n")
        cutter.write(data)
    return TableCopy(
        name=table.name, columns=table.columns, rows=rows, sha256=digest.hexdigest(), parts=cutter.finish()
    )


class _Cutter:
    """Compresses a table's bytes and puts them away whenever a part is full."""

    def __init__(self, table: str, place: BackupPlace) -> None:
        self._table = table
        self._place = place
        self._parts: list[Part] = []
        self._begin()

    def _begin(self) -> None:
        self._compressor = zlib.compressobj(_LEVEL, wbits=_GZIP)
        self._buffer = bytearray()
        self._holds_something = False

    def write(self, data: bytes) -> None:
        self._buffer += self._compressor.compress(data)
        self._holds_something = True
        if len(self._buffer) >= PART_BYTES:
            self._put()

    def finish(self) -> tuple[Part, ...]:
        if self._holds_something:
            self._put()
        return tuple(self._parts)

    def _put(self) -> None:
        data = bytes(self._buffer + self._compressor.flush())
        part = Part(
            name=f"{self._table}.{len(self._parts):06}.gz", size=len(data), sha256=hashlib.sha256(data).hexdigest()
        )
        self._place.put(part.name, data)
        self._parts.append(part)
        self._begin()
