"""As in the cloud: the schema's owner is no superuser, so forced row-level security binds our own functions too."""

from collections.abc import Iterator

import psycopg
import pytest
from admin_api.routes import routes as admin_routes
from auth_api.routes import routes

from shared.api import Context, Service
from shared.db import TenantEntry
from shared.db.runner import migrate
from shared.ids import new_id
from shared.repositories.beta_tokens import BetaTokenRepository
from shared.repositories.job_relay import RelayRepository
from shared.repositories.job_runs import JobRunRepository
from shared.repositories.jobs import JobRepository
from shared.repositories.tenant_removal import Removal, TenantRemovalRepository
from shared.repositories.tenants import TenantRepository
from shared.storage.objects import open_objects
from shared.tenant_removal import Clearance
from tests.support.admins import add_admin_session
from tests.support.api import ApiClient
from tests.support.identity import SECRET, context_for
from tests.support.machine import at_the_machine
from tests.support.owner import owned_database

ADA = {"email": "ada@school.example", "password": "violet-harbour-97"}
GRACE = {"email": "grace@school.example", "password": "copper-meadow-31"}


@pytest.fixture
def owner_url(postgres_url: str, template_database: str) -> Iterator[str]:
    """The owner's URL of a migrated database; the template has made the roles of the server."""
    assert template_database
    with owned_database(postgres_url) as url:
        migrate(url)
        yield url


@pytest.fixture
def context(owner_url: str) -> Iterator[Context]:
    made = context_for(owner_url)
    yield made
    made.database.close()


def test_people_sign_in_refresh_and_sign_out(context: Context) -> None:
    client = ApiClient(Service(routes, context))
    ada = client.post("/api/auth/register", ADA)
    assert (ada.status, client.post("/api/auth/register", GRACE).status) == (201, 201)
    assert client.post("/api/auth/register", ADA).body["code"] == "email_exists"
    assert client.post("/api/auth/login", ADA).body["id"] == ada.body["id"]
    assert client.post("/api/auth/login", {**ADA, "password": GRACE["password"]}).status == 401
    refreshed = client.post("/api/auth/refresh", {"refresh_token": ada.body["refresh_token"]})
    signed_in = client.using(refreshed.body["access_token"])
    assert signed_in.get("/api/auth/me").body["email"] == ADA["email"]
    assert signed_in.post("/api/auth/logout").status == 200
    assert signed_in.get("/api/auth/me").status == 401


def test_a_beta_token_works_and_ends(context: Context) -> None:
    client = ApiClient(Service(routes, context))
    ada = client.post("/api/auth/register", ADA).body
    with context.database.unit(context.authenticator.caller(ada["access_token"], address="").check()) as unit:
        tenant = unit.value(str, "SELECT app_tenant()::text")
    entry = TenantEntry(tenant.result, ada["id"])
    with context.database.unit(entry) as unit:
        token = BetaTokenRepository(unit).mint(ada["id"], secret=SECRET)
        tokens = BetaTokenRepository(unit).all()
    assert client.using(token).get("/api/auth/me").body["id"] == ada["id"]
    with context.database.unit(entry) as unit:
        BetaTokenRepository(unit).revoke(tokens.result[0].id)
    assert client.using(token).get("/api/auth/me").status == 401


def test_the_owner_sees_no_tenants_rows_but_the_addresses_of_sign_in(context: Context, owner_url: str) -> None:
    client = ApiClient(Service(routes, context))
    assert client.post("/api/auth/register", ADA).status == 201
    with psycopg.connect(owner_url) as connection:
        found = {
            table: connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()  # noqa: S608  our own names
            for table in ("tenants", "memberships", "auth_sessions", "refresh_tokens", "devices", "audit_log", "users")
        }
    assert {table: count for table, count in found.items() if count != (0,)} == {"users": (1,)}


def remove(context: Context, owner_url: str, tenant_id: str) -> Removal:
    """Remove a tenant, its rows and objects, and return what became of it."""
    removal_id = new_id()
    with at_the_machine(owner_url, tenant_id) as unit:
        TenantRemovalRepository(unit).remove(removal_id)
        found = TenantRemovalRepository(unit).get(removal_id)
    assert Clearance(context.database, open_objects("memory://")).clear_due() == 0
    return found.result


def test_a_tenant_is_removed_and_its_people_go_on_where_else_they_belong(context: Context, owner_url: str) -> None:
    client = ApiClient(Service(routes, context))
    ada, grace = (client.post("/api/auth/register", who).body for who in (ADA, GRACE))
    home, other = (
        context.authenticator.caller(who["access_token"], address="").tenant_id or "" for who in (ada, grace)
    )
    with context.database.unit(TenantEntry(home)) as unit:
        TenantRepository(unit).enrol(grace["id"], "learner")
    team = new_id()
    with context.database.unit(TenantEntry(team)) as unit:
        TenantRepository(unit).found("team", "Standing by itself")
        TenantRepository(unit).enrol(ada["id"], "learner")
    done = remove(context, owner_url, home)
    assert (done.left, done.moved_accounts, done.rows_removed["memberships"]) == ([], 1, 2)
    assert client.using(ada["access_token"]).get("/api/auth/me").status == 401
    assert client.using(grace["access_token"]).get("/api/auth/me").status == 200
    again = client.post("/api/auth/login", ADA).body
    assert [t["id"] for t in client.using(again["access_token"]).get("/api/auth/tenants").body["tenants"]] == [team]
    done = remove(context, owner_url, other)
    assert (done.left, done.moved_accounts, done.rows_removed["users"]) == ([], 0, 1)


def test_administrators_work_across_tenants(context: Context, owner_url: str) -> None:
    learners = ApiClient(Service(routes, context))
    ada = learners.post("/api/auth/register", ADA).body["id"]
    root = ApiClient(Service(admin_routes, context), add_admin_session(owner_url))
    assert [user["id"] for user in root.get("/api/admin/users").body["users"]] == [ada]
    tenant = root.post("/api/admin/tenants", {"kind": "organisation", "name": "Gamma"}).body["id"]
    here = f"/api/admin/tenants/{tenant}"
    assert root.put(f"{here}/members/{ada}", {"role": "owner"}).status == 200
    assert [member["user_id"] for member in root.get(f"{here}/members").body["members"]] == [ada]
    minted = root.post(f"{here}/tokens", {"user_id": ada})
    assert (minted.status, root.put(f"{here}/budget", {"day_micro_usd": 5}).status) == (201, 200)
    assert root.put(f"{here}/features", {"speech": "text"}).status == 200
    assert root.put("/api/admin/budget", {"day_micro_usd": 5}).status == 200
    assert root.post(f"/api/admin/users/{ada}/lock").status == 200
    assert root.get("/api/admin/usage").body["usage"] == []
    made = root.post("/api/admin/users", {"email": "new@school.example", "password": GRACE["password"]})
    assert made.status == 201, made.body
    assert root.delete(f"/api/admin/users/{made.body['user']['id']}").status == 200
    noted = {entry["action"] for entry in root.get("/api/admin/audit", query={"limit": "1000"}).body["entries"]}
    assert {"users.update", "account_removed", "memberships.insert", "beta_tokens.insert", "budgets.insert"} <= noted


def test_jobs_of_all_tenants_are_carried_and_run(context: Context) -> None:
    client = ApiClient(Service(routes, context))
    orders: dict[str, TenantEntry] = {}
    for person in (ADA, GRACE):
        signed_in = client.post("/api/auth/register", person).body
        with context.database.unit(context.authenticator.caller(signed_in["access_token"], address="").check()) as unit:
            tenant = unit.value(str, "SELECT app_tenant()::text")
            job = JobRepository(unit).add(new_id(), "count", {})
        orders[job.result] = TenantEntry(tenant.result, signed_in["id"])
    everybody, worker = TenantEntry(None), new_id()
    with context.database.unit(everybody) as unit:
        relay = RelayRepository(unit)
        report = relay.report(worker, slots=4, lease_s=30)
        taken = relay.take(most_out=10, most_each=5, lease_s=30)
    assert (report.result.capacity, report.result.waiting) == (4, True)
    assert {one.job_id: one.tenant_id for one in taken.result} == {
        job_id: entry.tenant_id for job_id, entry in orders.items()
    }
    with context.database.unit(everybody) as unit:
        RelayRepository(unit).mark(taken.result)
        lost = RelayRepository(unit).recover(silence_s=0)
        again = RelayRepository(unit).take(most_out=10, most_each=5, lease_s=30)
    assert (lost.result, len(again.result)) == (0, 0)  # it was sent in this very moment
    for job_id, entry in orders.items():
        run_id = new_id()
        with context.database.unit(entry) as unit:
            begun = JobRunRepository(unit).begin(job_id, run_id, lease_s=30, most=8)
        with context.database.unit(everybody) as unit:
            beats = JobRunRepository(unit).beat([run_id, new_id()], lease_s=30)
        assert (begun.result.verdict, [beat.run for beat in beats.result]) == ("run", [run_id])
        with context.database.unit(entry) as unit:
            JobRunRepository(unit).complete(job_id, run_id, {"done": True})
            found = JobRepository(unit).get(job_id)
        assert found.result.status == "completed"
