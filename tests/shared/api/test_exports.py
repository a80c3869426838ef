"""Asking for a tenant's data: its owners and administrators may, others may not, and a link needs no credential."""

import asyncio
import json

import psycopg
import pytest
from msgspec import structs

from core.housekeeping.export_routes import export_routes
from core.housekeeping.tenant_export import TenantExport
from shared.api import Context, Service
from shared.db import Database, TenantEntry
from shared.ids import new_id
from shared.storage.objects import open_objects
from tests.conftest import ALPHA_TENANT, BETA_TENANT
from tests.fakes.jobs import RecordedJob, an_order
from tests.support.admins import add_admin_session
from tests.support.api import Answer, ApiClient
from tests.support.identity import SECRET, add_access_token
from tests.support.people import add_person
from tests.support.services import all_routes


@pytest.fixture
def owner(database: Database) -> TenantEntry:
    return add_person(database, ALPHA_TENANT, "owner")


def asked(context: Context, token: str, path: str = "/api/auth/tenant/exports", service: str = "auth") -> Answer:
    return ApiClient(Service(all_routes()[service], context), token).post(path)


@pytest.mark.parametrize("role", ["learner", "teacher", "admin"])
def test_who_does_not_own_the_tenant_gets_nothing(context: Context, database: Database, role: str) -> None:
    token = add_access_token(database, add_person(database, ALPHA_TENANT, role))
    answer = asked(context, token)
    assert (answer.status, answer.body["code"]) == (403, "forbidden")
    with database.unit(TenantEntry(ALPHA_TENANT)) as unit:
        jobs = unit.value(int, "SELECT count(*) FROM jobs WHERE tenant_id = %(tenant_id)s")
    assert jobs.result == 0


def test_an_owner_asks_waits_and_fetches(
    context: Context, database: Database, database_url: str, owner: TenantEntry
) -> None:
    token = add_access_token(database, owner)
    made = asked(context, token)
    assert (made.status, made.body["status"]) == (202, "queued")
    client = ApiClient(Service(all_routes()["auth"], context), token)
    here = f"/api/auth/tenant/exports/{made.body['id']}"
    assert "parts" not in client.get(here).body
    store = open_objects("memory://")
    order = structs.replace(an_order(ALPHA_TENANT, "tenant_export", {}), id=made.body["id"])
    result = asyncio.run(TenantExport(database, store).run(RecordedJob(order)))
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "UPDATE jobs SET status = 'completed', progress = 1, result = %s WHERE id = %s",
            (json.dumps(dict(result)), made.body["id"]),
        )
        noted = connection.execute("SELECT actor_id::text FROM audit_log WHERE action = 'tenant_exported'").fetchall()
    assert noted == [(owner.user_id,)]
    done = client.get(here).body
    assert (done["status"], done["rows"]["users"]) == ("completed", 2)
    media = ApiClient(Service(export_routes(store, SECRET), context))
    address, _, part = done["parts"][0]["url"].partition("?part=")
    fetched = media.get(address, query={"part": part})
    assert (fetched.status, len(fetched.raw)) == (200, done["parts"][0]["size"])
    assert fetched.headers["content-type"] == "application/zip"
    assert media.get(address, query={"part": part[:-2] + "AA"}).status == 404


def test_an_owner_of_another_tenant_finds_nothing(context: Context, database: Database, owner: TenantEntry) -> None:
    made = asked(context, add_access_token(database, owner))
    stranger = add_access_token(database, add_person(database, BETA_TENANT, "owner"))
    client = ApiClient(Service(all_routes()["auth"], context), stranger)
    theirs, nobodys = made.body["id"], new_id()
    answers = [client.get(f"/api/auth/tenant/exports/{export}") for export in (theirs, nobodys)]
    assert [answer.status for answer in answers] == [404, 404]
    assert answers[0].body["message"].replace(theirs, "") == answers[1].body["message"].replace(nobodys, "")


def test_an_administrator_asks_for_a_tenant_and_support_does_not(context: Context, database_url: str) -> None:
    path = f"/api/admin/tenants/{ALPHA_TENANT}/exports"
    made = asked(context, add_admin_session(database_url), path, "admin")
    assert made.status == 202, made.body
    support = add_admin_session(database_url, "support@school.example", role="support")
    assert asked(context, support, path, "admin").status == 403
    reading = ApiClient(Service(all_routes()["admin"], context), support).get(f"{path}/{made.body['id']}")
    assert (reading.status, reading.body["code"]) == (403, "role_too_low")
    with psycopg.connect(database_url) as connection:
        noted = connection.execute("SELECT administrator FROM audit_log WHERE action = 'tenant_exported'").fetchall()
    assert noted == [("root@school.example",)]
