"""Who is an administrator, and who never is."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from admin_api.routes import routes

from shared.api import Context, Service
from shared.auth.admins import PREFIX
from shared.auth.passwords import hash_password
from shared.auth.totp import code_at, totp_key
from tests.conftest import ALPHA_TENANT
from tests.support.admins import NONCE, add_admin, code_now
from tests.support.api import Answer, ApiClient
from tests.support.identity import SECRET, context_for
from tests.support.key_server import KeyServer, key_server

NAME = "root@school.example"
PASSWORD = "violet-harbour-97"
AUDIENCE = "admin-application"
ME = "/api/admin/session"


def sign_in(client: ApiClient, code: str, password: str = PASSWORD, email: str = NAME) -> Answer:
    return client.post(ME, {"email": email, "password": password, "code": code})


@pytest.fixture
def generous(database_url: str) -> Iterator[Context]:
    made = context_for(database_url, logins_per_minute=1000)
    yield made
    made.database.close()


@pytest.fixture
def client(generous: Context, database_url: str) -> ApiClient:
    add_admin(database_url, NAME, password_hash=hash_password(PASSWORD))
    return ApiClient(Service(routes, generous))


def test_password_and_code_open_a_session_that_can_be_closed(client: ApiClient) -> None:
    opened = sign_in(client, code_now(), email=" Root@School.example ")
    assert (opened.status, opened.body["expires_in"]) == (201, 3600)
    known = client.using(opened.body["token"])
    assert known.get(ME).body == {"name": NAME, "role": "superadmin"}
    assert known.delete(ME).body == {"status": "signed_out"}
    assert (known.get(ME).status, known.get(ME).body["code"]) == (401, "invalid_token")


def test_a_code_works_once(client: ApiClient) -> None:
    code = code_now()
    assert sign_in(client, code).status == 201
    assert sign_in(client, code).status == 401


def test_whatever_is_wrong_reads_the_same(client: ApiClient) -> None:
    stale = code_at(totp_key(SECRET, NONCE), 1)
    answers = [
        sign_in(client, stale),
        sign_in(client, code_now(), password="another-harbour-97"),
        sign_in(client, code_now(), email="nobody@school.example"),
    ]
    assert {a.status for a in answers} == {401}
    assert len({a.raw for a in answers}) == 1


def test_codes_cannot_be_tried_for_ever(client: ApiClient) -> None:
    stale = code_at(totp_key(SECRET, NONCE), 1)
    statuses = [sign_in(client, stale).status for _ in range(11)]
    assert statuses == [401] * 10 + [429]


def test_passwords_cannot_be_tried_for_ever(context: Context) -> None:
    client = ApiClient(Service(routes, context))
    statuses = [sign_in(client, "123456").status for _ in range(6)]
    assert statuses == [401] * 5 + [429]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("UPDATE admins SET disabled_at = now()", "invalid_token"),
        ("UPDATE admin_sessions SET expires_at = now() - interval '1 second'", "token_expired"),
    ],
)
def test_a_session_ends(client: ApiClient, database_url: str, change: str, code: str) -> None:
    known = client.using(sign_in(client, code_now()).body["token"])
    with psycopg.connect(database_url) as connection:
        connection.execute(change.encode())
    answer = known.get(ME)
    assert (answer.status, answer.body["code"]) == (401, code)


@pytest.mark.parametrize("token", ["alpha_token", "alpha_access_token"])
def test_no_learners_credential_is_an_administrators(
    request: pytest.FixtureRequest, client: ApiClient, token: str
) -> None:
    answer = client.using(request.getfixturevalue(token)).get(ME)
    assert (answer.status, answer.body["code"]) == (401, "invalid_token")


def test_a_made_up_session(client: ApiClient) -> None:
    assert client.using(PREFIX + "x" * 43).get(ME).body["code"] == "invalid_token"
    assert client.get(ME).body["code"] == "missing_token"


@pytest.fixture
def server() -> Iterator[KeyServer]:
    with key_server() as served:
        served.add_key("k1")
        yield served


@pytest.fixture
def behind_access(server: KeyServer, database_url: str) -> Iterator[ApiClient]:
    made = context_for(database_url, access_team=server.url.removesuffix("/certs"), access_audience=AUDIENCE)
    add_admin(database_url, NAME, role="operator", tenants=[ALPHA_TENANT])
    yield ApiClient(Service(routes, made))
    made.database.close()


def assertion(server: KeyServer, **changes: Any) -> dict[str, str]:
    claims = {"iss": server.url.removesuffix("/certs"), "aud": [AUDIENCE], "sub": "person-1", "email": NAME, **changes}
    return {"cf-access-jwt-assertion": server.sign(claims, "k1")}


def test_a_verified_assertion_is_an_administrator(server: KeyServer, behind_access: ApiClient) -> None:
    answer = behind_access.get(ME, headers=assertion(server, email="Root@School.Example"))
    assert answer.body == {"name": NAME, "role": "operator", "tenants": [ALPHA_TENANT]}


def test_the_plain_header_makes_nobody(behind_access: ApiClient) -> None:
    answer = behind_access.get(ME, headers={"cf-access-authenticated-user-email": NAME})
    assert (answer.status, answer.body["code"]) == (401, "missing_token")


def test_a_verified_stranger_is_none(server: KeyServer, behind_access: ApiClient) -> None:
    answer = behind_access.get(ME, headers=assertion(server, email="else@school.example"))
    assert (answer.status, answer.body["code"]) == (403, "not_an_administrator")


def test_an_address_given_to_somebody_else_is_another_person(server: KeyServer, behind_access: ApiClient) -> None:
    assert behind_access.get(ME, headers=assertion(server)).status == 200
    assert behind_access.get(ME, headers=assertion(server, sub="person-2")).status == 403


def test_forged_assertions_are_refused(server: KeyServer, behind_access: ApiClient) -> None:
    server.keys["other"] = server.keys["k1"]
    good = assertion(server)["cf-access-jwt-assertion"]
    forged = [
        assertion(server, aud=["another"]),
        assertion(server, iss="https://evil.example"),
        assertion(server, exp=1),
        {"cf-access-jwt-assertion": server.sign({"email": NAME, "sub": "person-1"}, "other")},
        {"cf-access-jwt-assertion": good[:-6]},
        {"cf-access-jwt-assertion": "é"},
        {"cf-access-jwt-assertion": "x" * 10_000},
    ]
    for headers in forged:
        assert behind_access.get(ME, headers=headers).status == 401


def test_a_session_does_not_mend_a_bad_assertion(client: ApiClient, behind_access: ApiClient) -> None:
    add = sign_in(client, code_now())
    del add
    answer = behind_access.using(PREFIX + "x").get(ME, headers={"cf-access-jwt-assertion": "a.b.c"})
    assert answer.status == 401
    assert answer.body["code"] == "invalid_token"


def test_without_access_configured_an_assertion_is_nothing(client: ApiClient, server: KeyServer) -> None:
    answer = client.get(ME, headers=assertion(server))
    assert (answer.status, answer.body["code"]) == (401, "missing_token")
