"""Guessing passwords gets slow, and makes nobody wait but who guesses."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import psycopg
import pytest
from auth_api.routes import routes

from shared.api import Context, Service
from tests.support.api import Answer, ApiClient
from tests.support.identity import context_for

ADA = {"email": "ada@school.example", "password": "violet-harbour-97"}
WRONG = {**ADA, "password": "copper-meadow-31"}
UNKNOWN = {**WRONG, "email": "nobody@school.example"}
HERE, ELSEWHERE = "203.0.113.7", "198.51.100.1"


@pytest.fixture
def ada(client: ApiClient) -> ApiClient:
    assert client.post("/api/auth/register", ADA).status == 201
    return client


def log_in(client: ApiClient, body: dict[str, str], address: str = HERE) -> Answer:
    return replace(client, address=address).post("/api/auth/login", body)


def statuses(client: ApiClient, body: dict[str, str], times: int, address: str = HERE) -> list[int]:
    return [log_in(client, body, address).status for _ in range(times)]


def let_pass(database_url: str, seconds: int) -> None:
    """Let time go by for everybody who waits."""
    with psycopg.connect(database_url) as connection:
        connection.execute(
            """UPDATE login_attempts SET last_at = last_at - make_interval(secs => %(s)s),
                                         blocked_until = blocked_until - make_interval(secs => %(s)s)""",
            {"s": seconds},
        )


@pytest.mark.parametrize("body", [WRONG, UNKNOWN], ids=["known", "unknown"])
def test_each_wrong_password_doubles_the_wait(ada: ApiClient, database_url: str, body: dict[str, str]) -> None:
    assert statuses(ada, body, 3) == [401, 401, 401]
    for wait in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900):
        refused = log_in(ada, body)
        assert (refused.status, refused.body["code"]) == (429, "rate_limit_exceeded")
        assert wait - 1 <= refused.body["retry_after"] <= wait
        assert refused.headers["retry-after"] == str(refused.body["retry_after"])
        let_pass(database_url, wait)
        assert log_in(ada, body).status == 401


def test_refusals_are_not_counted(ada: ApiClient, database_url: str) -> None:
    statuses(ada, WRONG, 3)
    assert set(statuses(ada, WRONG, 20)) == {429}
    let_pass(database_url, 1)
    assert log_in(ada, WRONG).status == 401
    assert log_in(ada, WRONG).body["retry_after"] <= 2


def test_nobody_is_locked_out_by_somebody_else(ada: ApiClient, database_url: str) -> None:
    for _ in range(8):
        log_in(ada, WRONG)
        let_pass(database_url, 1)
    assert log_in(ada, ADA).status == 429
    assert log_in(ada, ADA, ELSEWHERE).status == 200


def test_other_accounts_of_the_same_address_go_on(ada: ApiClient) -> None:
    assert ada.post("/api/auth/register", {**ADA, "email": "grace@school.example"}).status == 201
    statuses(ada, WRONG, 10)
    assert log_in(ada, {**ADA, "email": "grace@school.example"}).status == 200


def test_a_device_that_was_here_before_is_counted_by_itself(ada: ApiClient) -> None:
    known = log_in(ada, ADA).body["known_device"]
    statuses(ada, WRONG, 10)
    assert log_in(ada, ADA).status == 429
    assert log_in(ada, {**ADA, "known_device": known}).status == 200
    assert statuses(ada, {**WRONG, "known_device": known}, 4) == [401, 401, 401, 429]
    assert log_in(ada, {**ADA, "known_device": known}).status == 429


def test_a_proof_is_good_for_its_account_only(ada: ApiClient) -> None:
    grace = {**ADA, "email": "grace@school.example"}
    proof = ada.post("/api/auth/register", grace).body["known_device"]
    statuses(ada, WRONG, 3)
    for forged in (proof, "", "x", "A" * 43, "é" * 43, proof[:-1] + ("A" if proof[-1] != "A" else "B")):
        assert log_in(ada, {**ADA, "known_device": forged}).status == 429


def test_a_right_password_forgets_the_wrong_ones(ada: ApiClient) -> None:
    for _ in range(4):
        assert statuses(ada, WRONG, 2) == [401, 401]
        assert log_in(ada, ADA).status == 200


def test_a_day_forgets_too(ada: ApiClient, database_url: str) -> None:
    statuses(ada, WRONG, 3)
    let_pass(database_url, 86_401)
    assert statuses(ada, WRONG, 3) == [401, 401, 401]
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT count(*), max(failures) FROM login_attempts").fetchone() == (2, 3)


def test_an_account_tried_from_all_over_gives_each_newcomer_one_free_attempt(ada: ApiClient) -> None:
    for n in range(51):
        assert log_in(ada, WRONG, f"198.51.100.{n}").status == 401
    assert statuses(ada, WRONG, 2, "203.0.113.50") == [401, 429]
    assert log_in(ada, ADA, "203.0.113.51").status == 200


def test_of_many_attempts_at_once_three_are_heard(ada: ApiClient) -> None:
    with ThreadPoolExecutor(8) as threads:
        found = sorted(answer.status for answer in threads.map(partial(log_in, ada), [WRONG] * 24))
    assert found == [401] * 3 + [429] * 21


@pytest.fixture
def strict(database_url: str) -> Iterator[Context]:
    made = context_for(database_url, logins_per_minute=5, registrations_per_hour=100)
    yield made
    made.database.close()


@pytest.mark.usefixtures("ada")
def test_an_address_has_few_wrong_attempts_over_all_accounts_and_any_number_of_right_ones(strict: Context) -> None:
    school = ApiClient(Service(routes, strict))
    assert statuses(school, ADA, 12) == [200] * 12
    proof = log_in(school, ADA).body["known_device"]
    guesses = [log_in(school, {**WRONG, "email": f"pupil{n}@school.example"}).status for n in range(8)]
    assert guesses == [401] * 5 + [429] * 3
    assert log_in(school, ADA).status == 429
    assert log_in(school, {**ADA, "known_device": proof}).status == 200
    assert log_in(school, ADA, ELSEWHERE).status == 200


def test_nothing_about_attempts_names_anybody(ada: ApiClient, database_url: str) -> None:
    log_in(ada, WRONG)
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("SELECT login_attempts::text FROM login_attempts").fetchall()
    assert len(rows) == 2
    assert all("ada" not in row and "@" not in row for (row,) in rows)
