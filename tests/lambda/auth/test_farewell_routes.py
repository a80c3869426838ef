"""Leaving: a copy of everything, and nothing left behind."""

import re
from pathlib import Path

import psycopg
import pytest

from shared.api import Context, Service
from shared.db import Database, TenantEntry
from shared.errors import Unavailable
from shared.ids import new_id
from shared.repositories.own_data import LEFT_OUT
from shared.repositories.tenants import TenantRepository
from shared.storage.objects import open_objects
from shared.tenant_removal import Clearance
from tests.conftest import ALPHA, ALPHA_TENANT, ALPHA_USER
from tests.support.accounts import EMAIL, PASSWORD, logged_in, registered
from tests.support.api import ApiClient
from tests.support.identity import add_access_token, add_beta_token
from tests.support.people import add_person
from tests.support.services import all_routes
from tests.support.walk import MARK, give_everything

# What stays when somebody leaves, under an id that names nobody; answers to repeated requests go without a reference,
# and a tenant's jobs are nobody's then.
UNREFERENCED = {"usage_events", "idempotency_keys", "jobs"}


def rows(database_url: str, sql: str, *values: object) -> list[tuple[object, ...]]:
    with psycopg.connect(database_url) as connection:
        return connection.execute(sql.encode(), values).fetchall()


def age(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE auth_sessions SET created_at = created_at - interval '6 minutes'")


def test_the_password_removes_the_account_and_its_tenant(client: ApiClient, database_url: str) -> None:
    body = registered(client)
    age(database_url)
    answer = client.using(body["access_token"]).call("DELETE", "/api/auth/me", json={"password": PASSWORD})
    assert answer.status == 200
    assert client.using(body["access_token"]).get("/api/auth/me").status == 401
    assert logged_in(client).status == 401
    assert rows(database_url, "SELECT 1 FROM users WHERE email = %s", EMAIL) == []
    assert rows(database_url, "SELECT 1 FROM tenants WHERE kind = 'individual'") == []
    assert rows(database_url, "SELECT 1 FROM mail_outbox WHERE address = %s", EMAIL) == []
    assert rows(database_url, "SELECT action, subject FROM audit_log") == [("account_removed", body["id"])]
    assert registered(client)["id"] != body["id"]


def test_a_fresh_sign_in_is_proof_enough(client: ApiClient) -> None:
    ada = client.using(registered(client)["access_token"])
    assert ada.delete("/api/auth/me").status == 200
    assert ada.get("/api/auth/me").status == 401


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [(None, 403, "recent_sign_in_needed"), ({"password": "wrong"}, 401, "invalid_password")],
)
def test_without_proof_nobody_is_removed(
    client: ApiClient, database_url: str, body: object, status: int, code: str
) -> None:
    ada = client.using(registered(client)["access_token"])
    age(database_url)
    answer = ada.call("DELETE", "/api/auth/me", json=body)
    assert (answer.status, answer.body["code"]) == (status, code)
    assert ada.get("/api/auth/me").status == 200


def test_a_beta_token_does_not_remove_its_person(client: ApiClient, alpha_token: str) -> None:
    assert client.using(alpha_token).delete("/api/auth/me").body["code"] == "recent_sign_in_needed"


def test_the_only_owner_of_others_stays(client: ApiClient, database: Database) -> None:
    owner = add_person(database, ALPHA_TENANT, "owner")
    token = add_access_token(database, owner)
    refused = client.using(token).delete("/api/auth/me")
    assert (refused.status, refused.body["code"]) == (409, "sole_owner")
    assert client.using(token).get("/api/auth/me").status == 200
    add_person(database, ALPHA_TENANT, "owner")
    assert client.using(token).delete("/api/auth/me").status == 200
    assert client.using(add_access_token(database, ALPHA)).get("/api/auth/me").status == 200


def test_what_a_learner_did_goes_with_them(client: ApiClient, generous: Context, database_url: str) -> None:
    give_everything(generous, ALPHA, add_beta_token(generous.database, ALPHA))
    assert client.using(add_access_token(generous.database, ALPHA)).delete("/api/auth/me").status == 200
    for table in ("learning_sessions", "turns", "session_events", "client_metrics", "client_events", "beta_tokens"):
        assert rows(database_url, f"SELECT 1 FROM {table}") == [], table  # noqa: S608  our own names
    assert rows(database_url, "SELECT 1 FROM packs") != []


def test_the_copy_holds_everything_but_secrets(client: ApiClient, generous: Context, database_url: str) -> None:
    token = add_beta_token(generous.database, ALPHA)
    give_everything(generous, ALPHA, token)
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE users SET password_hash = 'a-secret'")
    answer = client.using(token).get("/api/auth/me/export")
    assert answer.status == 200
    assert "attachment" in answer.headers["content-disposition"]
    assert answer.body["account"]["id"] == ALPHA_USER
    assert any(MARK in turn["content"] for turn in answer.body["turns"])
    kinds = ("devices", "auth_sessions", "beta_tokens", "learning_sessions", "session_events", "client_metrics")
    assert [kind for kind in kinds if not answer.body[kind]] == []
    assert re.fullmatch(r"[\d-]{10}T[\d:]{8}Z", answer.body["turns"][0]["created_at"])
    assert client.using(token).get("/api/auth/me/export").raw == answer.raw
    assert b"_hash" not in answer.raw
    assert b"a-secret" not in answer.raw


def test_nobody_elses_data_is_in_the_copy(client: ApiClient, generous: Context) -> None:
    give_everything(generous, ALPHA, add_beta_token(generous.database, ALPHA))
    other = add_person(generous.database, ALPHA_TENANT)
    answer = client.using(add_access_token(generous.database, other)).get("/api/auth/me/export")
    assert MARK.encode() not in answer.raw
    assert ALPHA_USER.encode() not in answer.raw


def test_every_table_about_people_is_in_the_copy(client: ApiClient, alpha_token: str, database_url: str) -> None:
    about = {
        table
        for (table,) in rows(
            database_url,
            """SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'user_id'
               WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace""",
        )
    }
    about |= {"turns", "session_events", "audit_log"}
    assert about - set(LEFT_OUT) - set(client.using(alpha_token).get("/api/auth/me/export").body) == set()


def test_the_copy_reaches_into_every_tenant_of_the_person(
    client: ApiClient, generous: Context, database_url: str
) -> None:
    body = registered(client)
    with generous.database.unit(ALPHA) as unit:
        TenantRepository(unit).enrol(body["id"], "learner")
    there = {"X-Tenant-ID": ALPHA_TENANT}
    sessions = ApiClient(Service(all_routes()["sessions"], generous), body["access_token"], headers=there)
    give_everything(generous, ALPHA, add_beta_token(generous.database, ALPHA))
    assert sessions.post("/api/sessions", {"curriculum_id": "alpha-light", "topic_id": "alpha-topic"}).status == 201
    copied = client.using(body["access_token"]).get("/api/auth/me/export").body
    assert {m["tenant_id"] for m in copied["memberships"]} == {ALPHA_TENANT, home_of(database_url, body["id"])}
    assert [s["user_id"] for s in copied["learning_sessions"]] == [body["id"]]
    # There is somebody else's in the same tenant.
    assert MARK not in str(copied["turns"])


def test_every_table_about_people_follows_them(database_url: str) -> None:
    found = rows(
        database_url,
        """SELECT c.relname, EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'f'
                                     AND k.confrelid = 'users'::regclass AND k.confdeltype = 'c')
           FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'user_id'
           WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace""",
    )
    assert {table for table, follows in found if not follows} == UNREFERENCED


def home_of(database_url: str, user_id: str) -> str:
    [(home,)] = rows(database_url, "SELECT tenant_id::text FROM users WHERE id = %s", user_id)
    return str(home)


def test_the_objects_of_ones_own_tenant_go_too(
    client: ApiClient, generous: Context, database_url: str, tmp_path: Path
) -> None:
    store = open_objects(tmp_path.as_uri())
    body = registered(client)
    home = home_of(database_url, body["id"])
    for key in (f"tenants/{home}/speech/a.pcm", f"tenants/{home}/assets/b", f"tenants/{ALPHA_TENANT}/speech/a.pcm"):
        store.put(key, b"1")
    assert client.using(body["access_token"]).delete("/api/auth/me").status == 200
    # The rows are gone, and the duty is there whatever happens to whoever should do it.
    assert rows(database_url, "SELECT 1 FROM tenants WHERE tenant_id = %s", home) == []
    broken = tmp_path / "tenants"
    broken.rename(tmp_path / "away")
    broken.write_text("a file where the folder should be")
    with pytest.raises(Unavailable):
        Clearance(generous.database, store).clear_due()
    broken.unlink()
    (tmp_path / "away").rename(broken)
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE removal_duties SET due_at = now()")
    assert Clearance(generous.database, store).clear_due() == 2
    assert list(store.keys("")) == [f"tenants/{ALPHA_TENANT}/speech/a.pcm"]
    [(reason, folders)] = rows(database_url, "SELECT reason, folders FROM removal_duties")
    assert (reason, folders) == ("account_removed", [f"tenants/{home}"])


def test_what_was_said_to_a_learner_is_removed_from_the_cache_of_their_school(
    client: ApiClient, generous: Context, database_url: str, tmp_path: Path
) -> None:
    store = open_objects(tmp_path.as_uri())
    for key in ("speech/a.pcm", "assets/b"):
        store.put(f"tenants/{ALPHA_TENANT}/{key}", b"1")
    nobody_special = add_person(generous.database, ALPHA_TENANT)
    give_everything(generous, ALPHA, add_beta_token(generous.database, ALPHA))
    assert client.using(add_access_token(generous.database, nobody_special)).delete("/api/auth/me").status == 200
    assert rows(database_url, "SELECT 1 FROM removal_duties") == []
    assert client.using(add_access_token(generous.database, ALPHA)).delete("/api/auth/me").status == 200
    Clearance(generous.database, store).clear_due()
    assert list(store.keys("")) == [f"tenants/{ALPHA_TENANT}/assets/b"]


def test_a_team_with_others_keeps_the_organisations_only_owner(client: ApiClient, generous: Context) -> None:
    organisation, team = TenantEntry(new_id()), TenantEntry(new_id())
    body = registered(client)
    with generous.database.unit(organisation) as unit:
        TenantRepository(unit).found("organisation", "School")
        TenantRepository(unit).enrol(body["id"], "owner")
    with generous.database.unit(team) as unit:
        TenantRepository(unit).found("team", "Class", parent_id=organisation.tenant_id)
        TenantRepository(unit).enrol(ALPHA_USER, "learner")
    refused = client.using(body["access_token"]).delete("/api/auth/me")
    assert (refused.status, refused.body["code"]) == (409, "sole_owner")
    with generous.database.unit(TenantEntry(team.tenant_id, ALPHA_USER)) as unit:
        unit.run("DELETE FROM memberships WHERE tenant_id = %(tenant_id)s")
    assert client.using(body["access_token"]).delete("/api/auth/me").status == 200


def test_whoever_is_at_home_there_by_chance_stays(client: ApiClient, generous: Context, database_url: str) -> None:
    """An account whose home is the tenant that goes, and who only belongs elsewhere, moves instead of going along."""
    body = registered(client)
    home = home_of(database_url, body["id"])
    guest = add_person(generous.database, home)
    with generous.database.unit(ALPHA) as unit:
        TenantRepository(unit).enrol(str(guest.user_id), "learner")
    with generous.database.unit(TenantEntry(home, guest.user_id)) as unit:
        unit.run("DELETE FROM memberships WHERE tenant_id = %(tenant_id)s AND user_id = app_user()")
    assert client.using(body["access_token"]).delete("/api/auth/me").status == 200
    assert home_of(database_url, str(guest.user_id)) == ALPHA_TENANT
