"""Register, sign in, stay signed in, sign out: what every client reads, and every refusal."""

import re
from typing import Any

import psycopg
import pytest
from argon2 import PasswordHasher
from auth_api.routes import routes

from shared.api import Service
from shared.auth.access_tokens import AccessClaims, AccessTokens
from shared.auth.refresh_tokens import RefreshToken
from tests.conftest import ALPHA_TENANT, ALPHA_USER
from tests.support.api import Answer, ApiClient
from tests.support.identity import SECRET, context_for, settings_for

EMAIL = "ada@school.example"
PASSWORD = "violet-harbour-97"


def registered(client: ApiClient, email: str = EMAIL, **more: object) -> dict[str, Any]:
    answer = client.post("/api/auth/register", {"email": email, "password": PASSWORD, "name": "Ada L.", **more})
    assert answer.status == 201, answer.body
    return answer.body


def logged_in(client: ApiClient, **more: object) -> Answer:
    return client.post("/api/auth/login", {"email": EMAIL, "password": PASSWORD, **more})


def execute(database_url: str, sql: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(sql.encode())


def count(database_url: str, sql: str) -> int:
    with psycopg.connect(database_url) as connection:
        row = connection.execute(sql.encode()).fetchone()
    assert row is not None
    return row[0]


def test_one_body_of_register_serves_every_client(client: ApiClient) -> None:
    body = registered(client)
    assert body["token_type"] == "Bearer"
    assert body["expires_in"] == 900
    assert type(body["expires_in"]) is int
    assert body["tokens"] == {k: body[k] for k in ("access_token", "refresh_token", "token_type", "expires_in")}
    assert body["user"]["display_name"] == body["name"] == "Ada L."
    assert body["user"]["email"] == body["email"] == EMAIL
    assert body["user"]["role"] == "user"
    assert body["user"]["email_verified"] is False
    assert body["user"]["id"] == body["id"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", body["created_at"])
    assert set(body["device"]) == {"id"}
    assert re.fullmatch(r"[A-Za-z0-9_-]+", body["refresh_token"])


def test_register_makes_an_individual_tenant_with_an_owner(client: ApiClient, database_url: str) -> None:
    user_id = registered(client)["id"]
    with psycopg.connect(database_url) as connection:
        row = connection.execute(
            """SELECT t.kind, m.role, u.email, a.action FROM users u JOIN tenants t USING (tenant_id)
               JOIN memberships m ON m.user_id = u.id AND m.tenant_id = u.tenant_id
               JOIN audit_log a ON a.tenant_id = u.tenant_id WHERE u.id = %s""",
            (user_id,),
        ).fetchall()
    assert row == [("individual", "owner", EMAIL, "registered")]


def test_me_is_the_account_in_both_forms(client: ApiClient) -> None:
    body = registered(client)
    answer = client.using(body["access_token"]).get("/api/auth/me")
    assert answer.status == 200
    assert answer.body["user"] == body["user"]
    assert {k: answer.body[k] for k in ("id", "email", "name", "created_at")} == {
        k: body[k] for k in ("id", "email", "name", "created_at")
    }
    assert "updated_at" in answer.body
    assert None not in [*answer.body.values(), *answer.body["user"].values()]


def test_a_beta_token_has_an_account_too(client: ApiClient, alpha_token: str) -> None:
    answer = client.using(alpha_token).get("/api/auth/me")
    assert (answer.status, answer.body["id"], answer.body["name"]) == (200, ALPHA_USER, "Alpha Learner")


def test_login_finds_the_account_whatever_the_address_looks_like(client: ApiClient) -> None:
    user_id = registered(client)["id"]
    for spelling in ("ADA@School.Example", "  ada@school.example ", "ada@school.example"):
        answer = client.post("/api/auth/login", {"email": spelling, "password": PASSWORD})
        assert (answer.status, answer.body["id"]) == (200, user_id)


def test_wrong_password_and_unknown_address_are_told_alike(client: ApiClient) -> None:
    registered(client)
    wrong = client.post("/api/auth/login", {"email": EMAIL, "password": "another-harbour-97"})
    unknown = client.post("/api/auth/login", {"email": "nobody@school.example", "password": PASSWORD})
    without_password = client.post("/api/auth/login", {"email": "learner@alpha.example", "password": PASSWORD})
    assert wrong.status == unknown.status == without_password.status == 401
    assert wrong.body == unknown.body == without_password.body
    assert wrong.body["code"] == "invalid_credentials"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "invalid_json"),
        (b'{"email":"a@b.example","password":"x\\ud800"}', "invalid_json"),
        ({}, "missing_credentials"),
        ({"email": EMAIL}, "missing_credentials"),
        ({"password": PASSWORD}, "missing_credentials"),
        ({"email": None, "password": None}, "missing_credentials"),
        ({"email": "", "password": ""}, "missing_credentials"),
        ({"email": 5, "password": PASSWORD}, "invalid_input"),
        ({"email": EMAIL, "password": ["x"]}, "invalid_input"),
        ([], "invalid_input"),
        ({"email": "not-an-address", "password": PASSWORD}, "invalid_email"),
        ({"email": "a@b", "password": PASSWORD}, "invalid_email"),
        ({"email": "a\x00@b.example", "password": PASSWORD}, "invalid_input"),
        ({"email": EMAIL, "password": PASSWORD, "device": "phone"}, "invalid_input"),
        ({"email": EMAIL, "password": PASSWORD, "device": {"name": "x" * 201}}, "invalid_input"),
    ],
)
@pytest.mark.parametrize("operation", ["register", "login"])
def test_bad_bodies_name_what_is_wrong(client: ApiClient, operation: str, body: object, code: str) -> None:
    sent = {"body": body} if isinstance(body, bytes) else {"json": body}
    answer = client.post(f"/api/auth/{operation}", **sent)
    assert (answer.status, answer.body["code"]) == (400, code)
    assert answer.body["error"] == answer.body["message"]


def test_a_field_of_the_wrong_type_is_named(client: ApiClient) -> None:
    answer = client.post("/api/auth/register", {"email": EMAIL, "password": PASSWORD, "device": {"model": 3}})
    assert answer.body["details"] == {"device.model": "Expected str | null, got int"}


@pytest.mark.parametrize(
    "password", ["short-1", "password123", "P@ssw0rd!!", "aaaaaaaaaaaa", "ada-ada-ada", "12345678qwer"]
)
def test_weak_passwords_come_back_with_suggestions(client: ApiClient, password: str) -> None:
    answer = client.post("/api/auth/register", {"email": EMAIL, "password": password})
    assert (answer.status, answer.body["code"]) == (400, "weak_password")
    assert answer.body["details"]["suggestions"] in answer.body["message"]


def test_a_taken_address_is_a_conflict_and_makes_nothing(client: ApiClient, database_url: str) -> None:
    registered(client)
    tenants = count(database_url, "SELECT count(*) FROM tenants")
    answer = client.post("/api/auth/register", {"email": EMAIL.upper(), "password": PASSWORD})
    assert (answer.status, answer.body["code"]) == (409, "email_exists")
    assert count(database_url, "SELECT count(*) FROM tenants") == tenants


def test_nulls_from_android_count_as_absent(client: ApiClient) -> None:
    body = registered(client, name=None, display_name=None, device=None, device_name=None)
    assert body["name"] == "ada"


@pytest.mark.parametrize(
    ("column", "code"), [("is_active = false", "account_inactive"), ("is_locked = true", "account_locked")]
)
def test_a_disabled_account_cannot_go_on(client: ApiClient, database_url: str, column: str, code: str) -> None:
    body = registered(client)
    execute(database_url, f"UPDATE users SET {column} WHERE email = '{EMAIL}'")  # noqa: S608  our own constants
    wrong = client.post("/api/auth/login", {"email": EMAIL, "password": "another-harbour-97"})
    assert wrong.body["code"] == "invalid_credentials"
    assert (logged_in(client).status, logged_in(client).body["code"]) == (403, code)
    refreshed = client.post("/api/auth/refresh", {"refresh_token": body["refresh_token"]})
    assert (refreshed.status, refreshed.body["code"]) == (403, code)
    assert client.using(body["access_token"]).get("/api/auth/me").status == 401


def test_login_replaces_an_outdated_hash(client: ApiClient, database_url: str) -> None:
    registered(client)
    weaker = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    execute(database_url, f"UPDATE users SET password_hash = '{weaker}' WHERE email = '{EMAIL}'")  # noqa: S608
    assert logged_in(client).status == 200
    assert count(database_url, "SELECT count(*) FROM users WHERE password_hash LIKE '$argon2id$v=19$m=19456,t=2,p=1$%'")
    assert logged_in(client).status == 200


def test_the_same_fingerprint_is_the_same_device(client: ApiClient) -> None:
    first = registered(client, device={"fingerprint": "f-1", "name": "Ada's laptop", "type": "web"})
    again = logged_in(client, device={"fingerprint": "f-1"})
    other = logged_in(client, device={"fingerprint": "f-2"})
    assert first["device"] == again.body["device"] != other.body["device"]


def test_a_client_without_a_device_gets_one_that_stays(client: ApiClient) -> None:
    first = registered(client, device_name="Pixel 8")
    assert logged_in(client, device_name="Pixel 8").body["device"] == first["device"]
    assert logged_in(client, device_name="Pixel 9").body["device"] != first["device"]


def test_refresh_rotates_in_both_forms(client: ApiClient) -> None:
    body = registered(client)
    answer = client.post("/api/auth/refresh", {"refresh_token": body["refresh_token"]})
    assert answer.status == 200
    assert answer.body["refresh_token"] != body["refresh_token"]
    assert answer.body["tokens"] == {k: v for k, v in answer.body.items() if k != "tokens"}
    assert client.using(answer.body["access_token"]).get("/api/auth/me").body["id"] == body["id"]
    third = client.post("/api/auth/refresh", {"refresh_token": answer.body["refresh_token"]})
    assert third.status == 200


@pytest.mark.parametrize(
    ("token", "status", "code"),
    [
        (None, 400, "missing_token"),
        ("", 400, "missing_token"),
        ("nonsense", 401, "invalid_token"),
        ("uma_refresh_" + "A" * 86, 401, "invalid_token"),
        ("uma_refresh_" + "é" * 86, 401, "invalid_token"),
        (7, 400, "invalid_input"),
    ],
)
def test_refresh_refuses_what_is_no_token(client: ApiClient, token: object, status: int, code: str) -> None:
    answer = client.post("/api/auth/refresh", {"refresh_token": token})
    assert (answer.status, answer.body["code"]) == (status, code)


def test_a_token_with_another_tenant_in_it_is_unknown(client: ApiClient, database_url: str) -> None:
    token = RefreshToken.read(registered(client)["refresh_token"])
    forged = RefreshToken(ALPHA_TENANT, token.auth_session_id, token.secret)
    answer = client.post("/api/auth/refresh", {"refresh_token": forged.text})
    assert (answer.status, answer.body["code"]) == (401, "invalid_token")
    assert count(database_url, "SELECT count(*) FROM auth_sessions WHERE revoked_at IS NOT NULL") == 0


def test_two_tabs_in_the_grace_period_get_the_same_live_token(client: ApiClient) -> None:
    old = registered(client)["refresh_token"]
    first = client.post("/api/auth/refresh", {"refresh_token": old})
    second = client.post("/api/auth/refresh", {"refresh_token": old})
    assert second.status == 200
    assert second.body["refresh_token"] == first.body["refresh_token"]


def test_a_tab_that_lags_behind_gets_the_end_of_the_chain(client: ApiClient) -> None:
    old = registered(client)["refresh_token"]
    newest = old
    for _ in range(3):
        newest = client.post("/api/auth/refresh", {"refresh_token": newest}).body["refresh_token"]
    late = client.post("/api/auth/refresh", {"refresh_token": old})
    assert late.body["refresh_token"] == newest


def test_reuse_after_the_grace_period_ends_the_family_and_is_written_down(client: ApiClient, database_url: str) -> None:
    body = registered(client)
    successor = client.post("/api/auth/refresh", {"refresh_token": body["refresh_token"]}).body
    execute(database_url, "UPDATE refresh_tokens SET rotated_at = rotated_at - interval '11 seconds'")
    replayed = client.post("/api/auth/refresh", {"refresh_token": body["refresh_token"]})
    assert (replayed.status, replayed.body["code"]) == (401, "token_reused")
    after = client.post("/api/auth/refresh", {"refresh_token": successor["refresh_token"]})
    assert (after.status, after.body["code"]) == (401, "invalid_token")
    assert client.using(successor["access_token"]).get("/api/auth/me").status == 401
    assert count(database_url, "SELECT count(*) FROM audit_log WHERE action = 'refresh_token_reused'") == 1


def test_an_expired_refresh_token_says_so(client: ApiClient, database_url: str) -> None:
    body = registered(client)
    execute(database_url, "UPDATE refresh_tokens SET expires_at = now() - interval '1 second'")
    answer = client.post("/api/auth/refresh", {"refresh_token": body["refresh_token"]})
    assert (answer.status, answer.body["code"]) == (401, "token_expired")


def test_logout_ends_the_sign_in(client: ApiClient) -> None:
    body = registered(client)
    assert client.using(body["access_token"]).post("/api/auth/logout").body == {"message": "signed out"}
    assert client.using(body["access_token"]).get("/api/auth/me").body["code"] == "invalid_token"
    refreshed = client.post("/api/auth/refresh", {"refresh_token": body["refresh_token"]})
    assert (refreshed.status, refreshed.body["code"]) == (401, "invalid_token")


def test_logout_of_nobody_is_fine(client: ApiClient) -> None:
    assert client.post("/api/auth/logout").status == 200


def test_logout_by_refresh_token_alone(client: ApiClient) -> None:
    body = registered(client)
    assert client.post("/api/auth/logout", {"refresh_token": body["refresh_token"]}).status == 200
    assert client.using(body["access_token"]).get("/api/auth/me").status == 401


def test_logout_with_an_expired_access_token_still_ends_the_sign_in(client: ApiClient) -> None:
    body = registered(client)
    expired = AccessTokens(SECRET, lifetime_s=-1).issue(AccessClaims(ALPHA_USER, ALPHA_TENANT, ALPHA_USER))
    alone = client.using(expired).post("/api/auth/logout")
    assert (alone.status, alone.body["code"]) == (401, "token_expired")
    assert client.using(expired).post("/api/auth/logout", {"refresh_token": body["refresh_token"]}).status == 200
    assert client.using(body["access_token"]).get("/api/auth/me").status == 401


def test_logout_with_a_bad_token_is_refused(client: ApiClient) -> None:
    body = registered(client)
    answer = client.using("garbage").post("/api/auth/logout", {"refresh_token": body["refresh_token"]})
    assert (answer.status, answer.body["code"]) == (401, "invalid_token")
    malformed = client.post("/api/auth/logout", {"refresh_token": "garbage"})
    assert (malformed.status, malformed.body["code"]) == (401, "invalid_token")


@pytest.mark.parametrize("proof", ["bearer", "refresh_token"])
def test_logout_everywhere(client: ApiClient, proof: str) -> None:
    first, second = registered(client), logged_in(client, device_name="other").body
    stranger = registered(client, "grace@school.example")
    if proof == "bearer":
        client.using(first["access_token"]).post("/api/auth/logout", {"all_devices": True})
    else:
        client.post("/api/auth/logout", {"all_devices": True, "refresh_token": first["refresh_token"]})
    assert client.using(second["access_token"]).get("/api/auth/me").status == 401
    assert client.using(stranger["access_token"]).get("/api/auth/me").status == 200


def test_logout_of_one_device_leaves_the_others(client: ApiClient) -> None:
    first, second = registered(client), logged_in(client, device_name="other").body
    client.using(first["access_token"]).post("/api/auth/logout")
    assert client.using(second["access_token"]).get("/api/auth/me").status == 200


def test_somebody_elses_refresh_token_does_not_end_their_sign_ins_in_another_name(client: ApiClient) -> None:
    ada, grace = registered(client), registered(client, "grace@school.example")
    client.using(ada["access_token"]).post(
        "/api/auth/logout", {"refresh_token": grace["refresh_token"], "all_devices": True}
    )
    assert client.using(grace["access_token"]).get("/api/auth/me").status == 200
    assert client.using(ada["access_token"]).get("/api/auth/me").status == 401


def test_the_public_keys_are_published(client: ApiClient) -> None:
    answer = client.get("/.well-known/jwks.json")
    assert answer.status == 200
    assert answer.body["keys"][0]["crv"] == "Ed25519"
    assert "d" not in answer.body["keys"][0]
    assert answer.headers["cache-control"] == "public, max-age=300"


@pytest.mark.parametrize(("operation", "allowed"), [("login", 5), ("register", 3), ("refresh", 60)])
def test_an_address_may_try_only_so_often(database_url: str, operation: str, allowed: int) -> None:
    context = context_for(database_url)
    client = ApiClient(Service(routes, context))
    bodies: dict[str, dict[str, str]] = {
        "login": {"password": "x"},
        "register": {"email": "learner@alpha.example", "password": PASSWORD},
        "refresh": {"refresh_token": "uma_refresh_" + "A" * 86},
    }
    answers: list[Answer] = []
    # The bucket fills while they try: on a slow machine some more than it holds come through.
    while len(answers) <= 3 * allowed and not (answers and answers[-1].status == 429):
        body = {"email": f"nobody{len(answers)}@school.example", **bodies[operation]}
        answers.append(client.post(f"/api/auth/{operation}", body))
    assert len(answers) > allowed
    assert {answer.status for answer in answers[:-1]} <= {401, 409}
    assert (answers[-1].status, answers[-1].body["code"]) == (429, "rate_limit_exceeded")
    assert int(answers[-1].headers["retry-after"]) == answers[-1].body["retry_after"] > 0
    elsewhere = ApiClient(client.service, address="203.0.113.8").post(f"/api/auth/{operation}", bodies[operation])
    assert elsewhere.status != 429
    context.database.close()


def test_a_body_that_is_refused_costs_no_registration(database_url: str) -> None:
    context = context_for(database_url)
    client = ApiClient(Service(routes, context))
    for _ in range(5):
        assert client.post("/api/auth/register", {"email": EMAIL, "password": "short"}).status == 400
    assert client.post("/api/auth/register", {"email": EMAIL, "password": PASSWORD}).status == 201
    context.database.close()


def test_no_secret_is_stored_as_it_is(client: ApiClient, database_url: str) -> None:
    body = registered(client)
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            """SELECT t::text FROM users t UNION ALL SELECT t::text FROM refresh_tokens t
               UNION ALL SELECT t::text FROM auth_sessions t UNION ALL SELECT t::text FROM audit_log t"""
        ).fetchall()
    stored = "\n".join(row[0] for row in rows)
    assert PASSWORD not in stored
    assert body["refresh_token"].removeprefix("uma_refresh_")[43:] not in stored
    assert EMAIL in stored


def test_the_default_settings_are_the_contract(database_url: str) -> None:
    settings = settings_for(database_url)
    assert (settings.logins_per_minute, settings.refreshes_per_minute, settings.registrations_per_hour) == (5, 60, 3)
    assert settings.access_token_s == 900
