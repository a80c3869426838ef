"""The unit of work: one transaction, one Sync, row-level security under a role that cannot bypass it."""

import resource
import socket
from dataclasses import dataclass

import psycopg
import pytest

from shared.db import Database, Json, TenantEntry
from shared.errors import Conflict, InvalidInput, NotFound, Unavailable
from tests.conftest import ALPHA, ALPHA_TENANT, ALPHA_USER, BETA, BETA_TENANT


@dataclass(frozen=True, slots=True)
class Named:
    name: str


def test_results_are_readable_after_the_unit(database: Database) -> None:
    with database.unit(ALPHA) as unit:
        tenant = unit.one(Named, "SELECT name FROM tenants WHERE tenant_id = %(tenant_id)s")
        with pytest.raises(RuntimeError, match="only after"):
            _ = tenant.result
    assert tenant.result == Named("Alpha")


def test_a_tenant_sees_only_itself_even_without_a_filter(database: Database) -> None:
    with database.unit(BETA) as unit:
        names = unit.all(Named, "SELECT name FROM tenants -- cross-tenant: the point of the test")
        people = unit.value(int, "SELECT count(*) FROM users")
    assert [row.name for row in names.result] == ["Beta"]
    assert people.result == 1


def test_no_tenant_means_no_rows(database: Database) -> None:
    with database.unit(TenantEntry(None)) as unit:
        count = unit.value(int, "SELECT count(*) FROM users")
    assert count.result == 0


def test_writing_for_another_tenant_is_refused(database: Database) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), database.unit(BETA) as unit:
        unit.run("INSERT INTO tenants (tenant_id, kind, name) VALUES (%(other)s, 'team', 'x')", other=ALPHA_TENANT)


def test_the_application_role_cannot_bypass_row_level_security(database: Database) -> None:
    with database.unit(ALPHA) as unit:
        bypasses = unit.value(bool, "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        role = unit.value(str, "SELECT current_user::text")
    assert (role.result, bypasses.result) == ("unamentis_app", False)


def test_one_failing_statement_undoes_all(database: Database) -> None:
    with pytest.raises(Conflict), database.unit(ALPHA) as unit:
        unit.run("UPDATE tenants SET name = 'Changed' WHERE tenant_id = %(tenant_id)s")
        unit.run("INSERT INTO tenants (tenant_id, kind, name) VALUES (%(tenant_id)s, 'team', 'again')")
    with database.unit(ALPHA) as unit:
        tenant = unit.one(Named, "SELECT name FROM tenants WHERE tenant_id = %(tenant_id)s")
    assert tenant.result.name == "Alpha"


def test_a_raising_block_sends_nothing(database: Database) -> None:
    with pytest.raises(LookupError), database.unit(ALPHA) as unit:
        unit.run("UPDATE tenants SET name = 'Changed' WHERE tenant_id = %(tenant_id)s")
        raise LookupError
    with database.unit(ALPHA) as unit:
        tenant = unit.one(Named, "SELECT name FROM tenants WHERE tenant_id = %(tenant_id)s")
    assert tenant.result.name == "Alpha"


def test_a_promised_row_that_is_missing_is_not_found(database: Database) -> None:
    with pytest.raises(NotFound, match="no such person"), database.unit(ALPHA) as unit:
        unit.one(Named, "SELECT display_name AS name FROM users WHERE false", missing="no such person")


@pytest.mark.parametrize(("value", "column"), [("a\x00b", "display_name"), ("not-a-uuid", "id")])
def test_values_no_column_can_hold_are_invalid_input(database: Database, value: str, column: str) -> None:
    with pytest.raises(InvalidInput), database.unit(ALPHA) as unit:
        unit.run(f"SELECT 1 FROM users WHERE tenant_id = %(tenant_id)s AND {column} = %(value)s", value=value)  # type: ignore[arg-type]  # noqa: S608


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ("a\x00b", InvalidInput),
        ("\ud800", InvalidInput),
        (object(), psycopg.ProgrammingError),
        (Json(object()), TypeError),
    ],
    ids=["NUL", "half a surrogate pair", "no type of the database's", "no JSON"],
)
def test_a_value_the_driver_refuses_undoes_all(database: Database, value: object, error: type[Exception]) -> None:
    with pytest.raises(error), database.unit(ALPHA) as unit:
        unit.run("UPDATE tenants SET name = 'Changed' WHERE tenant_id = %(tenant_id)s")
        unit.run("UPDATE tenants SET name = name || %(value)s::text WHERE tenant_id = %(tenant_id)s", value=value)
    with database.unit(ALPHA) as unit:
        tenant = unit.one(Named, "SELECT name FROM tenants WHERE tenant_id = %(tenant_id)s")
    assert tenant.result.name == "Alpha"


def test_a_process_with_very_many_descriptors_keeps_its_connection(database_url: str) -> None:
    holders: list[socket.socket] = []
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(2048, hard) if hard > 0 else 2048, hard))
    try:
        holders += [socket.socket() for _ in range(1100)]
        database = Database(database_url)
        pids: set[int] = set()
        for _ in range(2):
            with database.unit(ALPHA) as unit:
                pid = unit.value(int, "SELECT pg_backend_pid()")
            pids.add(pid.result)
        assert len(pids) == 1
        database.close()
    finally:
        for holder in holders:
            holder.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_connection_the_server_dropped_is_replaced_without_an_error(database: Database, database_url: str) -> None:
    with database.unit(ALPHA) as unit:
        pid = unit.value(int, "SELECT pg_backend_pid()")
    with psycopg.connect(database_url) as admin:
        admin.execute("SELECT pg_terminate_backend(%s, 1000)", (pid.result,))
    with database.unit(ALPHA) as unit:
        tenant = unit.one(Named, "SELECT name FROM tenants WHERE tenant_id = %(tenant_id)s")
    assert tenant.result.name == "Alpha"


def test_the_tenant_is_gone_after_the_unit(database_url: str) -> None:
    database = Database(database_url)
    for entry, expected in ((ALPHA, ALPHA_TENANT), (TenantEntry(BETA_TENANT), BETA_TENANT), (TenantEntry(None), None)):
        with database.unit(entry) as unit:
            tenant = unit.value(str, "SELECT app_tenant()::text")
            user = unit.value(str, "SELECT app_user()::text")
        assert tenant.result == expected
        assert user.result == (ALPHA_USER if entry is ALPHA else None)
    database.close()


def test_an_unreachable_server_is_unavailable() -> None:
    with pytest.raises(Unavailable), Database("postgresql://nobody@127.0.0.1:1/none").unit(ALPHA) as unit:
        unit.run("SELECT 1")


def test_a_statement_works_after_any_number_of_refused_units(database_url: str) -> None:
    database = Database(database_url)
    for refused in (False, False, False, False, True, True, False):
        try:
            with database.unit(ALPHA) as unit:
                if refused:
                    unit.run("SELECT refuse('PT409', 'no')")
                name = unit.one(Named, "SELECT name FROM tenants WHERE tenant_id = %(tenant_id)s")
        except Conflict:
            assert refused
        else:
            assert name.result == Named("Alpha")
    database.close()
