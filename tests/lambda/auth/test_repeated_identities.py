"""Signing in with Apple or Google that is sent twice by mistake happens once, and makes one account."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from auth_api.routes import routes

from shared.api import Context, Service
from tests.support.api import Answer, ApiClient
from tests.support.key_server import KeyServer
from tests.support.providers import Vendor, configured

KEY = {"Idempotency-Key": "with-google-1"}


@pytest.fixture
def client(generous: Context, server: KeyServer) -> ApiClient:
    return ApiClient(Service(routes, configured(generous, server)))


def sign_in(client: ApiClient, body: dict[str, str], key: str = "with-google-1") -> Answer:
    return client.post("/api/auth/google", body, headers={"Idempotency-Key": key})


def count(database_url: str, table: str) -> int:
    with psycopg.connect(database_url) as connection:
        row = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()  # noqa: S608  our own names
    assert row is not None
    return row[0]


@pytest.mark.parametrize("has_account", [False, True])
def test_the_first_answer_comes_again(
    client: ApiClient,
    google: Vendor,
    database_url: str,
    has_account: bool,
) -> None:
    if has_account:
        assert client.post("/api/auth/google", google.sign_in()).status == 200
    before = count(database_url, "auth_sessions")
    body = google.sign_in()
    first, second = sign_in(client, body), sign_in(client, body)
    assert (first.status, second.status) == (200, 200)
    assert first.body == second.body
    assert client.post("/api/auth/refresh", {"refresh_token": second.body["refresh_token"]}).status == 200
    assert count(database_url, "identities") == 1
    assert count(database_url, "auth_sessions") == before + 1


def test_another_token_is_another_request(client: ApiClient, google: Vendor) -> None:
    sign_in(client, google.sign_in())
    refused = sign_in(client, google.sign_in())
    assert (refused.status, refused.body["code"]) == (422, "idempotency_key_reused")
    assert sign_in(client, google.sign_in(), "with-google-2").status == 200


def test_without_the_key_a_token_still_signs_in_once(client: ApiClient, google: Vendor) -> None:
    body = google.sign_in()
    assert sign_in(client, body).status == 200
    for key in ("", "another"):
        refused = sign_in(client, body, key)
        assert (refused.status, refused.body["code"]) == (401, "invalid_credentials")


def test_whoever_was_locked_meanwhile_does_not_get_the_answer(
    client: ApiClient, google: Vendor, database_url: str
) -> None:
    body = google.sign_in()
    assert sign_in(client, body).status == 200
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE users SET is_locked = true")
    assert sign_in(client, body).body["code"] == "account_locked"


@pytest.mark.parametrize("has_account", [False, True])
def test_many_at_once_are_one(
    client: ApiClient,
    google: Vendor,
    database_url: str,
    has_account: bool,
) -> None:
    if has_account:
        assert client.post("/api/auth/google", google.sign_in()).status == 200
    body = google.sign_in()
    with ThreadPoolExecutor(8) as pool:
        calls = [pool.submit(sign_in, client, body) for _ in range(8)]
    answers = [call.result() for call in calls]
    good = [answer.body for answer in answers if answer.status == 200]
    assert good
    assert all(body == good[0] for body in good)
    assert {answer.status for answer in answers if answer.status != 200} <= {409}
    assert sign_in(client, body).body == good[0]
    assert count(database_url, "identities") == 1
