"""Fifty refreshes of one token at once, as of tabs that wake up together: one family, nobody signed out."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from auth_api.routes import routes

from shared.api import Service
from tests.support.accounts import audited, registered
from tests.support.api import Answer, ApiClient
from tests.support.identity import context_for

AT_ONCE = 50


@pytest.fixture
def client(database_url: str) -> Iterator[ApiClient]:
    """A client whose requests have a connection each, so that they really meet in the database."""
    made = context_for(database_url, refreshes_per_minute=100_000, database_pool=AT_ONCE)
    yield ApiClient(Service(routes, made))
    made.database.close()


def refreshed(client: ApiClient, token: str) -> list[Answer]:
    """Exchange one token fifty times at once."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        calls = [pool.submit(client.post, "/api/auth/refresh", {"refresh_token": token}) for _ in range(AT_ONCE)]
    return [call.result() for call in calls]


def families(database_url: str) -> tuple[int, int, int]:
    """Return how many families there are, how many of them revoked, and how many tokens that were not rotated."""
    with psycopg.connect(database_url) as connection:
        row = connection.execute(
            """SELECT (SELECT count(*) FROM auth_sessions), (SELECT count(revoked_at) FROM auth_sessions),
                      (SELECT count(*) FROM refresh_tokens WHERE rotated_at IS NULL)"""
        ).fetchone()
    assert row is not None
    return row


def test_an_honest_client_stays_signed_in(client: ApiClient, database_url: str) -> None:
    answers = refreshed(client, registered(client)["refresh_token"])
    assert {answer.status for answer in answers} == {200}
    assert len({answer.body["refresh_token"] for answer in answers}) == 1
    assert families(database_url) == (1, 0, 1)
    assert "refresh_token_reused" not in audited(database_url)
    newest = client.post("/api/auth/refresh", {"refresh_token": answers[0].body["refresh_token"]})
    assert newest.status == 200
    assert client.using(newest.body["access_token"]).get("/api/auth/me").status == 200


def test_a_replay_after_the_grace_ends_the_family_and_is_written_down_once(
    client: ApiClient, database_url: str
) -> None:
    stolen = registered(client)["refresh_token"]
    live = refreshed(client, stolen)[0].body
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE refresh_tokens SET rotated_at = rotated_at - interval '11 seconds'")
    answers = refreshed(client, stolen)
    assert {answer.status for answer in answers} == {401}
    # The first one tells; to the others the family is gone.
    codes = sorted(answer.body["code"] for answer in answers)
    assert codes == ["invalid_token"] * (AT_ONCE - 1) + ["token_reused"]
    assert families(database_url)[:2] == (1, 1)
    assert audited(database_url).count("refresh_token_reused") == 1
    assert client.post("/api/auth/refresh", {"refresh_token": live["refresh_token"]}).body["code"] == "invalid_token"
    assert client.using(live["access_token"]).get("/api/auth/me").status == 401
