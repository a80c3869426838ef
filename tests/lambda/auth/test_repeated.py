"""A registration that is sent twice by mistake makes one account."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.support.accounts import EMAIL, PASSWORD
from tests.support.api import Answer, ApiClient

BODY = {"email": EMAIL, "password": PASSWORD, "name": "Ada L."}
KEY = {"Idempotency-Key": "register-1"}


def register(client: ApiClient, **changes: str) -> Answer:
    return client.post("/api/auth/register", {**BODY, **changes}, headers=KEY)


def accounts(database_url: str) -> int:
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT count(*) FROM users WHERE email = %s", (EMAIL,)).fetchone()
    assert row is not None
    return row[0]


def test_the_first_answer_comes_again(client: ApiClient, database_url: str) -> None:
    first, second = register(client), register(client)
    assert (first.status, first.body) == (second.status, second.body)
    assert first.status == 201
    assert accounts(database_url) == 1
    refreshed = client.post("/api/auth/refresh", {"refresh_token": second.body["refresh_token"]})
    assert refreshed.status == 200


def test_another_password_is_another_request(client: ApiClient) -> None:
    register(client)
    refused = register(client, password="another-harbour-97")
    assert (refused.status, refused.body["code"]) == (422, "idempotency_key_reused")


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "register-2"}])
def test_without_the_key_the_address_is_taken(client: ApiClient, headers: dict[str, str]) -> None:
    register(client)
    refused = client.post("/api/auth/register", BODY, headers=headers)
    assert (refused.status, refused.body["code"]) == (409, "email_exists")


def test_an_answer_that_was_lost_is_said_to_be(client: ApiClient, database_url: str) -> None:
    register(client)
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE idempotency_keys SET status = NULL, body = NULL")
    refused = register(client)
    assert (refused.status, refused.body["code"]) == (409, "idempotency_answer_lost")


def test_many_at_once_make_one(client: ApiClient, database_url: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        calls = [pool.submit(register, client) for _ in range(8)]
    answers = [call.result() for call in calls]
    made = [answer.body for answer in answers if answer.status == 201]
    assert made
    assert all(body == made[0] for body in made)
    codes = {answer.body["code"] for answer in answers if answer.status != 201}
    assert codes <= {"email_exists", "idempotency_answer_lost"}
    assert accounts(database_url) == 1


def test_no_token_of_the_answer_is_stored(client: ApiClient, database_url: str) -> None:
    body = register(client).body
    with psycopg.connect(database_url) as connection:
        kept = str(connection.execute("SELECT k::text FROM idempotency_keys k").fetchall())
    assert body["refresh_token"] not in kept
    assert PASSWORD not in kept
