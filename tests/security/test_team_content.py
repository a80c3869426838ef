"""A team reads its own content, its organisation's and the public one; another team's, never."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from shared.api import Context, Service
from shared.db import PUBLIC_TENANT, Database, TenantEntry
from shared.ids import new_id
from shared.repositories.content import store_curriculum, store_domains, store_pack
from shared.repositories.tenants import TenantRepository
from tests.conftest import ALPHA_TENANT, BETA_TENANT, BETA_USER
from tests.support.api import ApiClient
from tests.support.identity import add_access_token
from tests.support.packs import a_pack, a_question
from tests.support.services import all_routes
from tests.support.umcf import a_document, a_topic

SERVICES = all_routes()


@dataclass(frozen=True)
class School:
    """An organisation (ALPHA) with two teams; each of the three, the public tenant and BETA have content."""

    context: Context
    token: str
    red: str
    blue: str

    def client(self, service: str, tenant_id: str) -> ApiClient:
        """Beta's learner, who is in both teams and in the organisation, working in one of them."""
        return ApiClient(Service(SERVICES[service], self.context), self.token, {"x-tenant-id": tenant_id})

    def ids(self, service: str, path: str, key: str, tenant_id: str, **query: str) -> list[str]:
        answer = self.client(service, tenant_id).get(path, query={"limit": "100", **query})
        assert answer.status == 200, answer.body
        return sorted(item["id"] for item in answer.body[key])

    def title(self, curriculum_id: str, tenant_id: str) -> str | None:
        answer = self.client("curriculum", tenant_id).get(f"/api/curricula/{curriculum_id}")
        body: Any = answer.body
        return body["title"] if answer.status == 200 else None


def fill(database: Database, tenant_id: str, name: str) -> None:
    """Give a tenant content of its own, and things everybody has by the same ids, in its own words."""
    with database.unit(TenantEntry(tenant_id)) as unit:
        store_domains(unit, [{"id": f"{name}-science", "name": f"Science of {name}", "weight": 1.0}])
        for kind in (name, "common"):
            question = a_question(f"{kind}-question", question_text=f"What is photosynthesis to {name}?")
            store_pack(unit, a_pack(f"{kind}-pack", question, name=f"Pack of {name}"))
            topic = a_topic(f"{kind}-topic", title=f"Topic of {name}")
            store_curriculum(unit, a_document(f"{kind}-light", topic, title=f"Zebras of {name}"), {})


@pytest.fixture
def school(context: Context, database: Database) -> School:
    red, blue = new_id(), new_id()
    for team in (red, blue):
        with database.unit(TenantEntry(team)) as unit:
            TenantRepository(unit).found("team", "Team", parent_id=ALPHA_TENANT)
            TenantRepository(unit).enrol(BETA_USER, "learner")
    with database.unit(TenantEntry(ALPHA_TENANT)) as unit:
        TenantRepository(unit).enrol(BETA_USER, "learner")
    owners = ((red, "red"), (blue, "blue"), (ALPHA_TENANT, "organisation"), (BETA_TENANT, "beta"))
    for tenant_id, name in (*owners, (PUBLIC_TENANT, "public")):
        fill(database, tenant_id, name)
    return School(context, add_access_token(database, TenantEntry(BETA_TENANT, BETA_USER)), red, blue)


Ids = Callable[[School, str], list[str]]
LISTS: dict[str, tuple[str, Ids]] = {
    "packs": ("pack", lambda s, t: s.ids("kb", "/api/kb/packs", "packs", t)),
    "questions": ("question", lambda s, t: s.ids("kb", "/api/kb/questions", "questions", t)),
    "found questions": (
        "question",
        lambda s, t: s.ids("kb", "/api/kb/questions", "questions", t, search="photosynthesis"),
    ),
    "curricula": ("light", lambda s, t: s.ids("curriculum", "/api/curricula", "curricula", t)),
    "found curricula": ("light", lambda s, t: s.ids("curriculum", "/api/curricula", "curricula", t, search="zebras")),
}


@pytest.mark.parametrize("listed", LISTS)
def test_a_list_holds_a_teams_its_organisations_and_the_public_things(school: School, listed: str) -> None:
    suffix, ids = LISTS[listed]
    for tenant_id, names in (
        (school.red, ("common", "organisation", "public", "red")),
        (school.blue, ("blue", "common", "organisation", "public")),
        (ALPHA_TENANT, ("common", "organisation", "public")),
        (BETA_TENANT, ("beta", "common", "public")),
    ):
        assert ids(school, tenant_id) == [f"{name}-{suffix}" for name in names]


def test_totals_count_what_is_listed(school: School) -> None:
    for path, query in (
        ("/api/kb/questions", {}),
        ("/api/kb/questions", {"search": "photosynthesis"}),
        ("/api/kb/packs", {}),
    ):
        assert school.client("kb", school.red).get(path, query=query).body["total"] == 4
    for query in ({}, {"search": "zebras"}):
        assert school.client("curriculum", school.red).get("/api/curricula", query=query).body["total"] == 4


def test_one_thing_is_the_nearest_of_its_id_and_another_teams_does_not_exist(school: School) -> None:
    assert school.title("red-light", school.red) == "Zebras of red"
    assert school.title("organisation-light", school.red) == "Zebras of organisation"
    assert school.title("public-light", school.red) == "Zebras of public"
    assert school.title("blue-light", school.red) is None
    assert school.title("beta-light", school.red) is None
    assert school.title("red-light", ALPHA_TENANT) is None
    assert school.title("common-light", school.red) == "Zebras of red"
    with psycopg.connect(school.context.settings.database_url) as connection:
        connection.execute("DELETE FROM curricula WHERE tenant_id = %s", (school.red,))
    assert school.title("common-light", school.red) == "Zebras of organisation"
    with psycopg.connect(school.context.settings.database_url) as connection:
        connection.execute("DELETE FROM curricula WHERE tenant_id = %s", (ALPHA_TENANT,))
    assert school.title("common-light", school.red) == "Zebras of public"


def test_a_session_is_about_the_nearest_topic(school: School) -> None:
    sessions = school.client("sessions", school.red)
    made = sessions.post("/api/sessions", {"curriculum_id": "organisation-light", "topic_id": "organisation-topic"})
    assert (made.status, made.body["topic_title"]) == (201, "Topic of organisation"), made.body
    made = sessions.post("/api/sessions", {"curriculum_id": "common-light", "topic_id": "common-topic"})
    assert made.body["topic_title"] == "Topic of red"
    for strange in ("blue", "beta"):
        refused = sessions.post("/api/sessions", {"curriculum_id": f"{strange}-light", "topic_id": f"{strange}-topic"})
        assert refused.status == 404


def test_row_level_security_says_the_same_without_any_filter(school: School, database: Database) -> None:
    for table in ("packs", "questions", "question_domains", "curricula", "topics", "feature_settings"):
        with database.unit(TenantEntry(school.red)) as unit:
            found = unit.value(
                list[str],
                f"SELECT coalesce(array_agg(DISTINCT tenant_id::text), '{{}}') FROM {table}",  # noqa: S608  our own names
            )
        assert set(found.result) <= {school.red, ALPHA_TENANT, PUBLIC_TENANT}, table
    # What a learner did is no content: not even the organisation's is a team's.
    with database.unit(TenantEntry(school.red)) as unit:
        people = unit.value(int, "SELECT count(*) FROM users")
        members = unit.value(int, "SELECT count(*) FROM memberships WHERE tenant_id <> app_tenant()")
    assert (people.result, members.result) == (0, 0)


def test_a_team_changes_nothing_of_its_organisation(school: School, database: Database) -> None:
    for table in ("packs", "questions", "curricula"):
        with database.unit(TenantEntry(school.red)) as unit:
            touched = unit.run(f"DELETE FROM {table} WHERE tenant_id <> app_tenant()")  # noqa: S608  our own names
        assert touched.result == 0
    for method, path, body in (
        ("PATCH", "/api/kb/packs/organisation-pack", {"name": "Taken over"}),
        ("DELETE", "/api/kb/packs/organisation-pack", None),
    ):
        assert school.client("kb", school.red).call(method, path, json=body).status in {403, 404, 405, 409}
    assert (
        school.client("kb", ALPHA_TENANT).get("/api/kb/packs/organisation-pack").body["name"] == "Pack of organisation"
    )
