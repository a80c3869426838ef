"""What the database's own catalogue says of our tables."""

from collections.abc import Mapping
from graphlib import TopologicalSorter
from typing import Any, Final

import msgspec
import psycopg
from psycopg import sql

# What the runner keeps itself; the manifest of a backup has it in another form.
_NOT_COPIED: Final = "schema_migrations"


class Table(msgspec.Struct, frozen=True):
    """A table whose rows outlive a crash.

    Attributes:
        columns: all but those that are generated from others.
        order: what orders the rows of its primary key the same on every server, as SQL.
    """

    name: str
    columns: tuple[str, ...]
    order: sql.Composed

    @property
    def selection(self) -> sql.Composed:
        """The statement that reads all its rows in order."""
        columns = sql.SQL(", ").join(map(sql.Identifier, self.columns))
        return sql.SQL("SELECT {} FROM public.{} ORDER BY {}").format(columns, sql.Identifier(self.name), self.order)

    @property
    def target(self) -> sql.Composed:
        """Name and columns, as COPY wants them."""
        columns = sql.SQL(", ").join(map(sql.Identifier, self.columns))
        return sql.SQL("public.{} ({})").format(sql.Identifier(self.name), columns)


def tables(connection: "psycopg.Connection[Any]") -> list[Table]:
    """Return the tables in an order in which they can be filled: what others refer to comes first."""
    rows = connection.execute(
        """SELECT c.relname,
                  ARRAY(SELECT a.attname::text FROM pg_attribute a
                        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
                        ORDER BY a.attnum),
                  ARRAY(SELECT a.attname::text FROM pg_index i
                        CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k (attnum, rank)
                        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
                        WHERE i.indrelid = c.oid AND i.indisprimary ORDER BY k.rank),
                  ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attcollation <> 0),
                  ARRAY(SELECT r.relname::text FROM pg_constraint k JOIN pg_class r ON r.oid = k.confrelid
                        WHERE k.conrelid = c.oid AND k.contype = 'f' AND r.oid <> c.oid)
           FROM pg_class c
           WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
             AND c.relpersistence = 'p' AND c.relname <> %s
           ORDER BY c.relname""",
        (_NOT_COPIED,),
    ).fetchall()
    found = {name: Table(name, tuple(columns), _order(key, texts)) for name, columns, key, texts, _ in rows}
    parents: Mapping[str, list[str]] = {name: list(others) for name, *_, others in rows}
    return [found[name] for name in TopologicalSorter(parents).static_order() if name in found]


def _order(key: list[str], texts: list[str]) -> sql.Composed:
    """Order by bytes, because what comes first in a language differs from server to server."""
    return sql.SQL(", ").join(
        sql.SQL('{} COLLATE "C"' if name in texts else "{}").format(sql.Identifier(name)) for name in key
    )


def sequences(connection: "psycopg.Connection[Any]") -> dict[str, str]:
    """Return by `table.column` the sequences that number rows, by their names in SQL."""
    rows = connection.execute(
        """SELECT c.relname || '.' || a.attname, pg_get_serial_sequence(quote_ident(c.relname), a.attname)
           FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
           WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relpersistence = 'p'
             AND a.attnum > 0 AND NOT a.attisdropped
             AND pg_get_serial_sequence(quote_ident(c.relname), a.attname) IS NOT NULL"""
    ).fetchall()
    return dict(rows)


def unreadable(connection: "psycopg.Connection[Any]") -> list[str]:
    """Return the tables of which this login would not see every row under the setting `app.backup`.

    A superuser sees everything; everybody else owns a table and is let through by its policy `backup`.
    """
    rows = connection.execute(
        """SELECT c.relname FROM pg_class c
           WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relpersistence = 'p'
             AND NOT (SELECT r.rolsuper OR r.rolbypassrls FROM pg_roles r WHERE r.rolname = current_user)
             AND NOT (pg_has_role(c.relowner, 'USAGE') AND (NOT c.relforcerowsecurity OR EXISTS (
                      SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'backup'
                                                AND c.relowner = ANY (p.polroles))))
           ORDER BY 1"""
    ).fetchall()
    return [name for (name,) in rows]
