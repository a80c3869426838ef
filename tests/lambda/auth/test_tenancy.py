"""Where somebody may work, and the choice of it by X-Tenant-ID."""

import psycopg
import pytest
from auth_api.routes import routes as auth_routes

from shared.api import Context, Service
from shared.db import Database, TenantEntry
from shared.ids import new_id
from shared.repositories.tenants import TenantRepository
from tests.conftest import ALPHA, ALPHA_TENANT, ALPHA_USER, BETA, BETA_TENANT
from tests.support.api import Answer, ApiClient
from tests.support.identity import add_access_token, add_beta_token
from tests.support.people import add_person
from tests.support.services import all_routes

SESSIONS = all_routes()["sessions"]


def add_team(database: Database, parent_id: str | None, name: str = "Team") -> str:
    team = new_id()
    with database.unit(TenantEntry(team)) as unit:
        TenantRepository(unit).found("team", name, parent_id=parent_id)
    return team


def enrol(database: Database, tenant_id: str, user_id: str | None, role: str) -> None:
    with database.unit(TenantEntry(tenant_id)) as unit:
        TenantRepository(unit).enrol(str(user_id), role)


@pytest.fixture
def client(context: Context, alpha_access_token: str) -> ApiClient:
    return ApiClient(Service(auth_routes, context), alpha_access_token)


@pytest.fixture
def sessions(context: Context, alpha_access_token: str) -> ApiClient:
    return ApiClient(Service(SESSIONS, context), alpha_access_token)


def work_in(client: ApiClient, tenant_id: str) -> Answer:
    return client.get("/api/sessions", headers={"x-tenant-id": tenant_id})


def test_my_tenants(client: ApiClient, database: Database) -> None:
    team = add_team(database, BETA_TENANT, "Chess club")
    enrol(database, team, ALPHA_USER, "teacher")
    answer = client.get("/api/auth/tenants")
    assert answer.body == {
        "tenants": [
            {"id": ALPHA_TENANT, "kind": "organisation", "name": "Alpha", "role": "learner", "is_default": True},
            {
                "id": team,
                "kind": "team",
                "name": "Chess club",
                "role": "teacher",
                "parent_id": BETA_TENANT,
                "is_default": False,
            },
        ]
    }


def test_whoever_runs_an_organisation_runs_its_teams(context: Context, database: Database) -> None:
    team = add_team(database, ALPHA_TENANT)
    for role, found in (
        ("learner", ["Alpha"]),
        ("teacher", ["Alpha"]),
        ("admin", ["Alpha", "Team"]),
        ("owner", ["Alpha", "Team"]),
    ):
        person = add_person(database, ALPHA_TENANT, role)
        client = ApiClient(Service(auth_routes, context), add_access_token(database, person))
        assert [t["name"] for t in client.get("/api/auth/tenants").body["tenants"]] == found
        status = work_in(ApiClient(Service(SESSIONS, context), client.token), team).status
        assert status == (200 if "Team" in found else 403)


@pytest.mark.parametrize(("in_team", "expected"), [("learner", "admin"), ("owner", "owner")])
def test_of_two_roles_the_greater_counts(context: Context, database: Database, in_team: str, expected: str) -> None:
    team = add_team(database, ALPHA_TENANT)
    person = add_person(database, ALPHA_TENANT, "admin")
    enrol(database, team, person.user_id, in_team)
    client = ApiClient(Service(auth_routes, context), add_access_token(database, person))
    roles = [t["role"] for t in client.get("/api/auth/tenants").body["tenants"]]
    assert roles == ["admin", expected]
    with database.unit(TenantEntry(team, person.user_id)) as unit:
        role = unit.value(str, "SELECT app_role()")
    assert role.result == expected


def test_a_member_from_elsewhere_works_where_the_request_says(sessions: ApiClient, database: Database) -> None:
    enrol(database, BETA_TENANT, ALPHA_USER, "learner")
    here, there = {"x-tenant-id": ALPHA_TENANT}, {"x-tenant-id": BETA_TENANT.upper()}
    made = sessions.post("/api/sessions", {"curriculum_id": ""}, headers=there)
    assert made.status == 201
    path = f"/api/sessions/{made.body['id']}"
    assert sessions.get(path, headers=there).status == 200
    assert [sessions.get(path, headers=here).status, sessions.get(path).status] == [404, 404]


def test_a_strangers_tenant_reads_like_none(sessions: ApiClient, database: Database) -> None:
    add_team(database, BETA_TENANT)
    answers = [work_in(sessions, tenant) for tenant in (BETA_TENANT, new_id(), add_team(database, BETA_TENANT))]
    assert {(a.status, a.body["code"], a.raw) for a in answers} == {(403, "unknown_tenant", answers[0].raw)}


def test_the_choice_ends_with_the_membership(sessions: ApiClient, database: Database, database_url: str) -> None:
    enrol(database, BETA_TENANT, ALPHA_USER, "learner")
    assert work_in(sessions, BETA_TENANT).status == 200
    with psycopg.connect(database_url) as connection:
        connection.execute("DELETE FROM memberships WHERE tenant_id = %s", (BETA_TENANT,))
    assert work_in(sessions, BETA_TENANT).status == 403


def test_a_name_that_is_no_id_is_refused_behind_the_credential(sessions: ApiClient) -> None:
    answer = work_in(sessions, "beta")
    assert (answer.status, answer.body["details"]) == (400, {"X-Tenant-ID": "the id of a tenant"})
    assert work_in(sessions.using("garbage"), "beta").status == 401


def test_a_beta_token_never_leaves_its_tenant(context: Context, database: Database) -> None:
    enrol(database, BETA_TENANT, ALPHA_USER, "owner")
    token = add_beta_token(database, ALPHA)
    assert work_in(ApiClient(Service(SESSIONS, context), token), BETA_TENANT).status == 403
    mine = ApiClient(Service(auth_routes, context), token).get("/api/auth/tenants").body["tenants"]
    assert [t["id"] for t in mine] == [ALPHA_TENANT]


def test_a_token_for_a_guest_is_good_in_the_tenant_that_made_it(context: Context, database: Database) -> None:
    enrol(database, BETA_TENANT, ALPHA_USER, "learner")
    token = add_beta_token(database, TenantEntry(BETA_TENANT, ALPHA_USER))
    client = ApiClient(Service(SESSIONS, context), token)
    assert client.get("/api/sessions").status == 200
    assert work_in(client, ALPHA_TENANT).status == 403


def test_an_account_stays_the_persons_own(client: ApiClient, database: Database) -> None:
    enrol(database, BETA_TENANT, ALPHA_USER, "admin")
    answer = client.get("/api/auth/me", headers={"x-tenant-id": BETA_TENANT})
    assert (answer.status, answer.body["name"]) == (200, "Alpha Learner")
    assert client.get("/api/auth/me", headers={"x-tenant-id": new_id()}).status == 200


def test_a_teacher_of_a_team_sees_its_learners_sessions_only(context: Context, database: Database) -> None:
    team, other = add_team(database, ALPHA_TENANT), add_team(database, ALPHA_TENANT, "Other")
    teacher, learner = (add_person(database, ALPHA_TENANT) for _ in range(2))
    enrol(database, team, teacher.user_id, "teacher")
    made: dict[str, str] = {}
    learners = ApiClient(Service(SESSIONS, context), add_access_token(database, learner))
    for tenant in (team, other):
        enrol(database, tenant, learner.user_id, "learner")
        made[tenant] = learners.post("/api/sessions", {"curriculum_id": ""}, headers={"x-tenant-id": tenant}).body["id"]
    made[ALPHA_TENANT] = learners.post("/api/sessions", {"curriculum_id": ""}).body["id"]
    teachers = ApiClient(Service(SESSIONS, context), add_access_token(database, teacher))
    seen = {t: teachers.get(f"/api/sessions/{i}", headers={"x-tenant-id": t}).status for t, i in made.items()}
    assert seen == {team: 200, other: 403, ALPHA_TENANT: 404}


def test_the_administrator_of_an_organisation_sees_its_teams_sessions(context: Context, database: Database) -> None:
    team = add_team(database, ALPHA_TENANT)
    enrol(database, team, BETA.user_id, "learner")
    there = {"x-tenant-id": team}
    learner = ApiClient(Service(SESSIONS, context), add_access_token(database, BETA))
    made = learner.post("/api/sessions", {"curriculum_id": ""}, headers=there).body["id"]
    for role, status in (("admin", 200), ("learner", 403)):
        person = add_access_token(database, add_person(database, ALPHA_TENANT, role))
        assert learner.using(person).get(f"/api/sessions/{made}", headers=there).status == status


def test_only_an_organisation_has_teams_and_only_of_one_level(database: Database) -> None:
    team = add_team(database, ALPHA_TENANT)
    for parent, kind in ((team, "team"), (new_id(), "team"), (ALPHA_TENANT, "individual")):
        with pytest.raises(psycopg.IntegrityError), database.unit(TenantEntry(new_id())) as unit:
            TenantRepository(unit).found(kind, "Too deep", parent_id=parent)


def test_a_teacher_cannot_read_accounts_of_guests(database: Database) -> None:
    enrol(database, BETA_TENANT, ALPHA_USER, "learner")
    with database.unit(TenantEntry(BETA_TENANT, BETA.user_id)) as unit:
        people = unit.value(int, "SELECT count(*) FROM users")
        elsewhere = unit.value(int, "SELECT count(*) FROM memberships WHERE tenant_id <> %(tenant_id)s")
    assert (people.result, elsewhere.result) == (1, 0)
