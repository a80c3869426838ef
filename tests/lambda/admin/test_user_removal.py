"""An account that an administrator removes leaves as little as one that leaves by itself."""

from pathlib import Path

import psycopg
import pytest

from shared.api import Context
from shared.db import Database, TenantEntry
from shared.ids import new_id
from shared.repositories.mail_outbox import MailOutbox
from shared.repositories.tenants import TenantRepository
from shared.storage.objects import open_objects
from shared.tenant_removal import Clearance
from tests.conftest import ALPHA, ALPHA_TENANT
from tests.support.api import ApiClient
from tests.support.people import add_person


def owner_of_a_tenant(database: Database) -> TenantEntry:
    """Return somebody who is alone in a tenant."""
    tenant = TenantEntry(new_id())
    with database.unit(tenant) as unit:
        TenantRepository(unit).found("individual", "Somebody's")
    return add_person(database, str(tenant.tenant_id), "owner")


def test_their_own_tenant_goes_with_rows_and_objects(
    root: ApiClient, context: Context, database_url: str, tmp_path: Path
) -> None:
    store = open_objects(tmp_path.as_uri())
    somebody = owner_of_a_tenant(context.database)
    store.put(f"tenants/{somebody.tenant_id}/speech/a.pcm", b"1")
    assert root.delete(f"/api/admin/users/{somebody.user_id}").status == 200
    with psycopg.connect(database_url) as connection:
        left = connection.execute("SELECT 1 FROM tenants WHERE tenant_id = %s", (somebody.tenant_id,)).fetchall()
        noted = connection.execute("SELECT action, subject, administrator FROM audit_log").fetchall()
    assert left == []
    assert ("account_removed", somebody.user_id, "root@school.example") in noted
    assert Clearance(context.database, store).clear_due() == 1
    assert list(store.keys("")) == []


def test_nothing_that_names_them_stays(root: ApiClient, database: Database, database_url: str) -> None:
    """Whoever an administrator made, in a school of others or in a tenant of their own, and removed."""
    with database.unit(ALPHA) as unit:
        MailOutbox(unit).ask("verify_email", "zoe1@school.example")
    for n, place in enumerate(({"tenant_id": ALPHA_TENANT}, {})):
        new = {
            "email": f"zoe{n}@school.example",
            "password": "violet-harbour-97",
            "display_name": "Zoe Zanzibar",
            **place,
        }
        made = root.post("/api/admin/users", new)
        assert made.status == 201, made.body
        user_id = made.body["user"]["id"]
        assert root.post(f"/api/admin/users/{user_id}/lock").status == 200
        assert root.delete(f"/api/admin/users/{user_id}").status == 200
    with psycopg.connect(database_url) as connection:
        tables = connection.execute(
            "SELECT c.oid::regclass::text FROM pg_class c WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        ).fetchall()
        for (table,) in tables:
            rows = connection.execute(f"SELECT t::text FROM {table} t".encode()).fetchall()  # noqa: S608  our own names
            assert [row for row in rows if "zoe" in str(row).lower()] == [], table


def test_the_only_owner_of_others_stays(root: ApiClient, database: Database) -> None:
    owner = add_person(database, ALPHA_TENANT, "owner")
    refused = root.delete(f"/api/admin/users/{owner.user_id}")
    assert (refused.status, refused.body["code"]) == (409, "sole_owner")
    add_person(database, ALPHA_TENANT, "owner")
    assert root.delete(f"/api/admin/users/{owner.user_id}").status == 200


def test_who_administers_one_tenant_removes_no_other(operator: ApiClient, database: Database) -> None:
    """Somebody of ALPHA who is alone in a tenant of their own is not that administrator's to remove."""
    somebody = add_person(database, ALPHA_TENANT)
    other = TenantEntry(new_id())
    with database.unit(other) as unit:
        TenantRepository(unit).found("team", "Choir")
        TenantRepository(unit).enrol(str(somebody.user_id), "owner")
    refused = operator.delete(f"/api/admin/users/{somebody.user_id}")
    assert (refused.status, refused.body["code"]) == (409, "sole_owner")
    with database.unit(TenantEntry(other.tenant_id, somebody.user_id)) as unit:
        TenantRepository(unit).enrol(str(ALPHA.user_id), "owner")
    assert operator.delete(f"/api/admin/users/{somebody.user_id}").status == 200


@pytest.mark.parametrize("known", ["nobody", "no id"])
def test_nobody(root: ApiClient, known: str) -> None:
    wanted = new_id() if known == "nobody" else "x"
    assert root.delete(f"/api/admin/users/{wanted}").status == 404
