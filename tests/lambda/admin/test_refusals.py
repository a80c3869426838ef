"""Attempts of known people to administer beyond their rights are in the audit log; nobody can fill it with them."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from admin_api.routes import routes

from shared.api import Service
from shared.auth.admins import PREFIX
from shared.auth.passwords import hash_password
from shared.db import PUBLIC_TENANT
from shared.ids import new_id
from tests.conftest import ALPHA_TENANT, BETA_TENANT
from tests.support.admins import add_admin, code_now
from tests.support.api import ApiClient
from tests.support.identity import context_for
from tests.support.key_server import KeyServer, key_server

NAME = "root@school.example"
PASSWORD = "violet-harbour-97"
AUDIENCE = "the-application"


def refusals(root: ApiClient) -> list[tuple[str, str, str, str, int]]:
    """Who tried what in the log, the oldest first: administrator, operation, target, reason, attempts."""
    entries = root.get("/api/admin/audit", query={"action": "admin_refused"}).body["entries"]
    assert {entry["tenant_id"] for entry in entries} <= {PUBLIC_TENANT}
    return [
        (
            entry["administrator"],
            entry["details"]["operation"],
            entry["subject"],
            entry["details"]["reason"],
            entry["details"]["attempts"],
        )
        for entry in reversed(entries)
    ]


def test_too_low_a_role_and_another_tenant_are_noted(root: ApiClient, operator: ApiClient, support: ApiClient) -> None:
    assert support.post("/api/admin/tenants", {"kind": "team", "name": "Mine"}).status == 403
    assert operator.get(f"/api/admin/tenants/{BETA_TENANT}").status == 404
    assert operator.put("/api/admin/budget", {"day_micro_usd": 0}).status == 403
    assert operator.get(f"/api/admin/tenants/{ALPHA_TENANT}/members").status == 200
    assert operator.delete(f"/api/admin/users/{new_id()}").status == 404  # noted as any deed is
    assert refusals(root) == [
        ("support@school.example", "POST /api/admin/tenants", "", "role_too_low", 1),
        ("op@school.example", "GET /api/admin/tenants/{tenant_id}", BETA_TENANT, "not_found", 1),
        ("op@school.example", "PUT /api/admin/budget", "", "role_too_low", 1),
    ]


def test_a_deed_its_object_does_not_allow_is_noted_without_a_change(root: ApiClient) -> None:
    """Undone with everything it did, and noted all the same."""
    path = f"/api/admin/tenants/{ALPHA_TENANT}"
    refused = root.delete(path, json={"name": "Another"})
    assert (refused.status, refused.body["code"]) == (409, "name_differs")
    entries = root.get("/api/admin/audit", query={"tenant_id": ALPHA_TENANT}).body["entries"]
    assert [entry["action"] for entry in entries] == ["DELETE /api/admin/tenants/{tenant_id}"]
    assert root.get(path).status == 200


def test_many_attempts_are_few_entries(root: ApiClient, support: ApiClient) -> None:
    for _ in range(20):
        assert support.put("/api/admin/features", {}).status == 403
    assert [attempts for *_, attempts in refusals(root)] == [1, 2, 4, 8, 16]


def test_nobodys_attempts_are_not_in_the_log(root: ApiClient, alpha_token: str, database_url: str) -> None:
    for token in (None, "x", PREFIX + "x" * 43, alpha_token):
        for path in ("/api/admin/users", f"/api/admin/tenants/{ALPHA_TENANT}"):
            assert root.using(token).get(path).status == 401
    body = {"email": "nobody@school.example", "password": PASSWORD, "code": "000000"}
    assert root.using(None).post("/api/admin/session", body).status == 401
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT count(*) FROM audit_log WHERE action = 'admin_refused'").fetchone() == (0,)


def test_an_ended_session_and_a_disabled_administrator_are_known(
    root: ApiClient, support: ApiClient, database_url: str
) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE admins SET disabled_at = now() WHERE name LIKE 'support%'")
    assert support.get("/api/admin/users").status == 401
    assert refusals(root) == [("support@school.example", "GET /api/admin/users", "", "invalid_token", 1)]


def test_wrong_passwords_and_codes_of_an_administrator(root: ApiClient, database_url: str) -> None:
    add_admin(database_url, "ada@school.example", password_hash=hash_password(PASSWORD))
    wrong_code = "111111" if code_now() != "111111" else "222222"
    for password, code in (("another-one-12", code_now()), (PASSWORD, wrong_code)):
        body = {"email": " Ada@School.Example ", "password": password, "code": code}
        refused = root.using(None).post("/api/admin/session", body)
        assert (refused.status, refused.body["code"]) == (401, "invalid_credentials")
    assert [(who, reason) for who, _, _, reason, _ in refusals(root)] == [
        ("ada@school.example", "invalid_password"),
        ("ada@school.example", "invalid_code"),
    ]


@pytest.fixture
def server() -> Iterator[KeyServer]:
    with key_server() as served:
        served.add_key("k1")
        yield served


@pytest.fixture
def behind_access(server: KeyServer, database_url: str) -> Iterator[ApiClient]:
    made = context_for(database_url, access_team=server.url.removesuffix("/certs"), access_audience=AUDIENCE)
    yield ApiClient(Service(routes, made))
    made.database.close()


def test_whoever_access_vouches_for_is_known_and_whoever_it_does_not_is_nobody(
    root: ApiClient, server: KeyServer, behind_access: ApiClient
) -> None:
    claims = {"iss": server.url.removesuffix("/certs"), "aud": [AUDIENCE], "sub": "person-1", "email": "Eve@X.example"}
    server.keys["unknown"] = server.keys["k1"]
    changes: list[tuple[dict[str, Any], str, int]] = [
        ({}, "k1", 403),
        ({"aud": ["another"]}, "k1", 401),
        ({"iss": "https://evil.example"}, "k1", 401),
        ({"exp": 1}, "k1", 401),
        ({"aud": ["another"]}, "unknown", 401),
    ]
    for change, key, status in changes:
        headers = {"cf-access-jwt-assertion": server.sign({**claims, **change}, key)}
        assert behind_access.get("/api/admin/users", headers=headers).status == status
    tampered = server.sign({**claims, "aud": ["another"]}, "k1")[:-6] + "AAAAAA"
    headers = {"cf-access-jwt-assertion": tampered}
    assert behind_access.get("/api/admin/users", headers=headers).status == 401
    assert [(who, reason, attempts) for who, _, _, reason, attempts in refusals(root)] == [
        ("eve@x.example", "not_an_administrator", 1),
        ("eve@x.example", "invalid_token", 1),
        ("eve@x.example", "invalid_token", 2),
        ("eve@x.example", "token_expired", 1),
    ]
