"""Row-level security alone, without any filter of ours: each table with everything another tenant can have in it."""

from typing import LiteralString, cast

import psycopg
import pytest

from shared.api import Context
from shared.db import Database, Entry, TenantEntry
from tests.conftest import ALPHA_TENANT, BETA, BETA_TENANT
from tests.support.identity import add_access_token, add_beta_token
from tests.support.walk import give_everything

TABLES = """SELECT c.relname
            FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
            WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace AND NOT a.attisdropped
            ORDER BY 1"""


@pytest.fixture
def tables(context: Context, database: Database, database_url: str) -> list[str]:
    """The names of the tables that hold rows of tenants, all that can be are filled by BETA."""
    add_access_token(database, BETA)
    give_everything(context, BETA, add_beta_token(database, BETA))
    with psycopg.connect(database_url) as connection:
        return [name for (name,) in connection.execute(TABLES).fetchall()]


def ours(sql: str) -> LiteralString:
    """Return a statement made of our own names."""
    return cast("LiteralString", sql)


def seen(database: Database, entry: Entry, table: str) -> int:
    with database.unit(entry) as unit:
        found = unit.value(int, ours(f"SELECT count(*) FROM {table} WHERE tenant_id = '{BETA_TENANT}'"))  # noqa: S608
    return found.result


def test_nobody_sees_a_row_of_another_tenant(database: Database, tables: list[str]) -> None:
    own = {table: seen(database, BETA, table) for table in tables}
    assert sum(count > 0 for count in own.values()) >= 20
    for entry in (TenantEntry(ALPHA_TENANT), TenantEntry(None)):
        assert {table: seen(database, entry, table) for table in tables} == dict.fromkeys(tables, 0)


def test_nobody_changes_or_removes_one(database: Database, database_url: str, tables: list[str]) -> None:
    for table in tables:
        for sql, privilege in (
            (f"UPDATE {table} SET tenant_id = tenant_id WHERE tenant_id = '{BETA_TENANT}'", "UPDATE"),  # noqa: S608
            (f"DELETE FROM {table} WHERE tenant_id = '{BETA_TENANT}'", "DELETE"),  # noqa: S608
        ):
            with psycopg.connect(database_url) as connection:
                granted = connection.execute("SELECT has_table_privilege('unamentis_app', %s, %s)", (table, privilege))
                if granted.fetchone() != (True,):
                    continue
            with database.unit(TenantEntry(ALPHA_TENANT)) as unit:
                touched = unit.run(ours(sql))
            assert touched.result == 0, sql


def test_nobody_moves_a_row_into_another_tenant(database: Database, tables: list[str]) -> None:
    assert "packs" in tables
    with pytest.raises(psycopg.errors.InsufficientPrivilege), database.unit(BETA) as unit:
        unit.run(ours(f"UPDATE packs SET tenant_id = '{ALPHA_TENANT}' WHERE tenant_id = '{BETA_TENANT}'"))  # noqa: S608
