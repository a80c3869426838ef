"""Leaving: a copy of everything, and nothing left behind."""

import re

import psycopg
import pytest

from shared.api import Context
from shared.db import Database
from tests.conftest import ALPHA, ALPHA_TENANT, ALPHA_USER
from tests.support.accounts import EMAIL, PASSWORD, logged_in, registered
from tests.support.api import ApiClient
from tests.support.identity import add_access_token, add_beta_token
from tests.support.people import add_person
from tests.support.walk import MARK, give_everything

# Secrets with an end, and marks of requests: they tell a person nothing about themselves.
NOT_EXPORTED = {"ws_tickets", "idempotency_keys", "one_time_tokens", "reservations", "feature_settings"}


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
    assert about - NOT_EXPORTED == about & set(client.using(alpha_token).get("/api/auth/me/export").body)
