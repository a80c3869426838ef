"""Fills a database from a backup, in one transaction: everything is as it was, or nothing has happened."""

import hashlib
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, cast

import psycopg
from psycopg import sql

from shared.db.backup import rows_of, text_form
from shared.db.catalogue import Table, sequences, tables
from shared.db.connection import connect
from shared.db.errors import from_psycopg
from shared.db.runner import MIGRATIONS, Migration, apply_all, exclusively, migrations, rights_told
from shared.domain.backup import MANIFEST, Manifest, Part, TableCopy, read_manifest
from shared.errors import Conflict, InvalidInput
from shared.storage.backups import BackupPlace

_GZIP: Final = 31

# Of ours and nobody else's: what belongs to an extension stays.
_CLEAR: Final = """DO $$
DECLARE
    one record;
BEGIN
    FOR one IN SELECT c.oid::regclass AS name FROM pg_class c
               WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
                 AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
    LOOP
        EXECUTE format('DROP TABLE IF EXISTS %s CASCADE', one.name);
    END LOOP;
    FOR one IN SELECT p.oid FROM pg_proc p
               WHERE p.pronamespace = 'public'::regnamespace
                 AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
    LOOP
        -- Some go along with one before them.
        CONTINUE WHEN NOT EXISTS (SELECT FROM pg_proc p WHERE p.oid = one.oid);
        EXECUTE format('DROP ROUTINE %s CASCADE', one.oid::regprocedure);
    END LOOP;
END $$"""


def restore(owner_url: str, place: BackupPlace, *, force: bool = False, folder: Path = MIGRATIONS) -> Manifest:
    """Fill a database from a backup and return what was restored; the schema is the one the backup was made with.

    Checksums are verified twice before anything is committed: of what was read, and of the rows that are then there.
    Args: force: remove the tables and functions that are there first, in the same transaction.
    Raises: Conflict: the database is not empty, or the backup was made by migrations that are not these.
        InvalidInput: the backup is damaged. NotFound: a piece is missing. Forbidden: the login may not make tables.
        Unavailable: the database or the place does not answer.
    """
    manifest = read_manifest(place.get(MANIFEST))
    wanted = _wanted(manifest, {migration.version: migration for migration in migrations(folder)})
    with connect(owner_url, role=None) as connection, rights_told(), exclusively(connection):
        try:
            with connection.transaction():
                text_form(connection)
                _make_room(connection, force=force)
                apply_all(connection, wanted)
                _fill(connection, manifest, place)
            connection.execute("SET statement_timeout = 0")
            connection.execute("ANALYZE")
        except psycopg.errors.InsufficientPrivilege:
            raise
        except psycopg.Error as error:
            raise from_psycopg(error) from error
    return manifest


def _wanted(manifest: Manifest, known: Mapping[int, Migration]) -> list[Migration]:
    for version, checksum in manifest.migrations.items():
        if version not in known or known[version].checksum != checksum:
            raise Conflict(
                f"the backup was made with migration {version}, which this version of UnaMentis Cloud does not have: "
                "restore it with the version that made it or a newer one"
            )
    return [known[version] for version in sorted(manifest.migrations)]


def _make_room(connection: "psycopg.Connection[Any]", *, force: bool) -> None:
    found = connection.execute(
        """SELECT count(*) FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
           AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')"""
    ).fetchall()
    if found == [(0,)]:
        return
    if not force:
        raise Conflict("the database is not empty: restore into a new one, or give --force to replace what is there")
    connection.execute(_CLEAR)


def _fill(connection: "psycopg.Connection[Any]", manifest: Manifest, place: BackupPlace) -> None:
    present = tables(connection)
    copies = {copy.name: copy for copy in manifest.tables}
    if {table.name: table.columns for table in present} != {copy.name: copy.columns for copy in manifest.tables}:
        raise InvalidInput("the backup's tables are not those of the schema it names")
    forced = _open(connection, present)
    # Migrations put rows into tables too: what the backup holds of those is newer. Tables that are not copied follow.
    names = sql.SQL(", ").join(sql.Identifier("public", table.name) for table in present)
    connection.execute(sql.SQL("TRUNCATE {} CASCADE").format(names))
    for table in present:
        _load(connection, table, copies[table.name], place)
    for column, name in sequences(connection).items():
        if last := manifest.sequences.get(column):
            connection.execute("SELECT setval(%s::regclass, %s)", (name, last))
    for table in present:
        _verify(connection, table, copies[table.name])
    _close(connection, present, forced)


def _open(connection: "psycopg.Connection[Any]", present: list[Table]) -> list[str]:
    """Let the owner write every row, without what its triggers do to new ones; return whom security was forced on."""
    rows = connection.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relforcerowsecurity"
    ).fetchall()
    forced = [name for (name,) in rows]
    for table in present:
        connection.execute(_altered(table.name, "NO FORCE ROW LEVEL SECURITY"))
        connection.execute(_altered(table.name, "DISABLE TRIGGER USER"))
    return forced


def _close(connection: "psycopg.Connection[Any]", present: list[Table], forced: list[str]) -> None:
    connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for table in present:
        connection.execute(_altered(table.name, "ENABLE TRIGGER USER"))
        if table.name in forced:
            connection.execute(_altered(table.name, "FORCE ROW LEVEL SECURITY"))


def _altered(table: str, change: str) -> sql.Composed:
    return sql.SQL("ALTER TABLE public.{} " + cast("Any", change)).format(sql.Identifier(table))


def _load(connection: "psycopg.Connection[Any]", table: Table, copied: TableCopy, place: BackupPlace) -> None:
    digest = hashlib.sha256()
    with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(table.target)) as copy:
        for part in copied.parts:
            for data in _unpacked(part, place):
                digest.update(data)
                copy.write(data)
    if digest.hexdigest() != copied.sha256:
        raise InvalidInput(f"the backup is damaged: the rows of {table.name} are not those that were copied")


def _unpacked(part: Part, place: BackupPlace) -> Iterator[bytes]:
    """Yield a part's bytes in bounded pieces, however small they were packed."""
    packed = place.get(part.name)
    if hashlib.sha256(packed).hexdigest() != part.sha256:
        raise InvalidInput(f"the backup is damaged: {part.name} is not what was stored")
    unpacker = zlib.decompressobj(wbits=_GZIP)
    rest = packed
    try:
        while rest and not unpacker.eof:
            yield unpacker.decompress(rest, 1_000_000)
            rest = unpacker.unconsumed_tail
        yield unpacker.flush()
    except zlib.error as error:
        raise InvalidInput(f"the backup is damaged: {part.name} cannot be unpacked") from error


def _verify(connection: "psycopg.Connection[Any]", table: Table, copied: TableCopy) -> None:
    digest, rows = hashlib.sha256(), 0
    for data in rows_of(connection, table):
        digest.update(data)
        rows += data.count(b"\n")
    if (rows, digest.hexdigest()) != (copied.rows, copied.sha256):
        raise InvalidInput(
            f"{table.name} has {rows} rows that differ from the {copied.rows} of the backup; nothing was changed"
        )
