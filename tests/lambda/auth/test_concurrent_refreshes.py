"""Fifty refreshes of one token at once, as of tabs that wake up together: one family, nobody signed out."""

from concurrent.futures import ThreadPoolExecutor

import psycopg

from tests.support.accounts import audited, registered
from tests.support.api import Answer, ApiClient


def test_an_honest_client_stays_signed_in(client: ApiClient, database_url: str) -> None:
    body = registered(client)

    def refresh(token: str) -> Answer:
        return client.post("/api/auth/refresh", {"refresh_token": token})

    with ThreadPoolExecutor(50) as pool:
        presented: list[str] = [body["refresh_token"]] * 50
        answers = list(pool.map(refresh, presented))
    assert {answer.status for answer in answers} == {200}
    assert len({answer.body["refresh_token"] for answer in answers}) == 1
    with psycopg.connect(database_url) as connection:
        families = connection.execute("SELECT count(*), count(revoked_at) FROM auth_sessions").fetchall()
        live = connection.execute("SELECT count(*) FROM refresh_tokens WHERE rotated_at IS NULL").fetchall()
    assert (families, live) == ([(1, 0)], [(1,)])
    assert "refresh_token_reused" not in audited(database_url)
    newest = client.post("/api/auth/refresh", {"refresh_token": answers[0].body["refresh_token"]})
    assert newest.status == 200
    assert client.using(newest.body["access_token"]).get("/api/auth/me").status == 200
