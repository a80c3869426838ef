"""A repeated POST has one effect and one answer."""

import base64
import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import psycopg
import pytest

from shared.api import Access, Context, Request, Routes, Service
from shared.api.idempotency import LONGEST_KEY
from shared.db import Database
from shared.errors import NotFound
from tests.conftest import ALPHA, BETA
from tests.support.api import ApiClient
from tests.support.identity import add_beta_token, context_for
from tests.support.services import all_routes, operation


@dataclass(slots=True)
class Ledger:
    """A service whose POST counts one usage of a metric, and may die before it answers."""

    routes: Routes = field(default_factory=lambda: Routes("ledger"))
    fails: bool = False

    def __post_init__(self) -> None:
        self.routes.post("/count", access=Access.CLIENT, status=201)(self.count)
        self.routes.post("/refuse", access=Access.CLIENT)(self.refuse)

    def count(self, request: Request, body: dict[str, int]) -> dict[str, int]:
        with request.unit() as unit:
            total = unit.value(
                int,
                """INSERT INTO usage_counters AS c (tenant_id, day, metric, quantity)
                   VALUES (%(tenant_id)s, current_date, 'counted', %(by)s)
                   ON CONFLICT ON CONSTRAINT usage_counters_pkey DO UPDATE SET quantity = c.quantity + %(by)s
                   RETURNING quantity""",
                by=body["by"],
            )
        if self.fails:
            raise MemoryError
        return {"total": total.result}

    def refuse(self, request: Request) -> None:
        with request.unit() as unit:
            unit.run("SELECT 1")
        raise NotFound("nothing here")


@pytest.fixture
def context(database_url: str) -> Iterator[Context]:
    made = context_for(database_url, database_pool=8)
    yield made
    made.database.close()


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def client(context: Context, database: Database, ledger: Ledger) -> ApiClient:
    return ApiClient(Service(ledger.routes, context), token=add_beta_token(database, ALPHA))


KEY = {"Idempotency-Key": "key-1"}


def test_a_repetition_gets_the_first_answer(client: ApiClient) -> None:
    first = client.post("/count", {"by": 1}, headers=KEY)
    second = client.post("/count", {"by": 1}, headers=KEY)
    assert (first.status, first.body) == (second.status, second.body) == (201, {"total": 1})
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"


def test_without_a_key_every_request_counts(client: ApiClient) -> None:
    assert [client.post("/count", {"by": 1}).body["total"] for _ in range(2)] == [1, 2]


def test_another_body_under_the_same_key_is_unprocessable(client: ApiClient) -> None:
    client.post("/count", {"by": 1}, headers=KEY)
    answer = client.post("/count", {"by": 2}, headers=KEY)
    assert (answer.status, answer.body["code"]) == (422, "idempotency_key_reused")


def test_another_query_under_the_same_key_is_unprocessable(client: ApiClient) -> None:
    """As a dry run and the real one are."""
    client.post("/count", {"by": 1}, headers=KEY, query={"dry_run": "true", "name": "x"})
    again = client.post("/count", {"by": 1}, headers=KEY, query={"name": "x", "dry_run": "true"})
    assert (again.status, again.body) == (201, {"total": 1})
    for query in ({"dry_run": "false", "name": "x"}, {"dry_run": "true"}, {}):
        answer = client.post("/count", {"by": 1}, headers=KEY, query=query)
        assert (answer.status, answer.body["code"]) == (422, "idempotency_key_reused")


def test_keys_of_another_tenant_are_others(client: ApiClient, database: Database) -> None:
    client.post("/count", {"by": 1}, headers=KEY)
    stranger = client.using(add_beta_token(database, BETA))
    assert stranger.post("/count", {"by": 5}, headers=KEY).body == {"total": 5}


def test_a_refused_request_may_be_repeated(client: ApiClient) -> None:
    answers = [client.post("/refuse", headers=KEY) for _ in range(2)]
    assert [(a.status, a.body["code"]) for a in answers] == [(404, "not_found")] * 2


def test_concurrent_repetitions_have_one_effect(client: ApiClient) -> None:
    with ThreadPoolExecutor(8) as pool:
        calls = [pool.submit(client.post, "/count", {"by": 1}, headers=KEY) for _ in range(24)]
    answers = [call.result() for call in calls]
    assert {a.status for a in answers} <= {201, 409}
    assert {a.body["code"] for a in answers if a.status == 409} <= {"idempotency_in_flight", "idempotency_answer_lost"}
    assert client.post("/count", {"by": 1}).body == {"total": 2}


def test_an_effect_whose_answer_was_lost_is_not_repeated(client: ApiClient, ledger: Ledger) -> None:
    ledger.fails = True
    assert client.post("/count", {"by": 1}, headers=KEY).status == 500
    ledger.fails = False
    answer = client.post("/count", {"by": 1}, headers=KEY)
    assert (answer.status, answer.body["code"]) == (409, "idempotency_answer_lost")
    assert client.post("/count", {"by": 1}).body == {"total": 2}


def test_what_is_kept_tells_nothing(client: ApiClient, database_url: str) -> None:
    """Neither the answer nor a request that might be guessed can be read from the database."""
    client.post("/count", {"by": 1}, headers=KEY)
    with psycopg.connect(database_url) as connection:
        [(body, fingerprint)] = connection.execute("SELECT body, fingerprint FROM idempotency_keys").fetchall()
    assert "total" not in body
    assert b"total" not in base64.b64decode(body)
    assert fingerprint != hashlib.sha256(b'POST /count\n{"by": 1}').hexdigest()


def test_an_answer_that_was_moved_or_changed_is_not_given(client: ApiClient, database_url: str) -> None:
    client.post("/count", {"by": 1}, headers=KEY)
    client.post("/count", {"by": 2}, headers={"Idempotency-Key": "key-2"})
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE idempotency_keys k SET body = (SELECT max(o.body) FROM idempotency_keys o)")
    answers = [client.post("/count", {"by": by}, headers={"Idempotency-Key": f"key-{by}"}) for by in (1, 2)]
    assert sorted((a.status, a.body.get("code")) for a in answers if a.status == 409) == [
        (409, "idempotency_answer_lost")
    ]


def test_lapsed_keys_go(client: ApiClient, database_url: str) -> None:
    client.post("/count", {"by": 1}, headers=KEY)
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE idempotency_keys SET claimed_at = now() - interval '25 hours'")
    assert client.post("/count", {"by": 2}, headers={"Idempotency-Key": "key-2"}).status == 201
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT key FROM idempotency_keys").fetchall() == [("key-2",)]


@pytest.mark.parametrize("key", ["x" * (LONGEST_KEY + 1), "a\tb", "é"])
def test_a_malformed_key_is_named(client: ApiClient, key: str) -> None:
    answer = client.post("/count", {"by": 1}, headers={"Idempotency-Key": key})
    assert answer.status == 400
    assert "Idempotency-Key" in answer.body["details"]


# Asking again is right, or costs nothing: a ticket lives for a minute, a password cannot be changed twice with the old
# one, and the rest only reads or finds what is there.
NOT_KEPT = {
    "POST /api/auth/ws-ticket",
    "POST /api/auth/password",
    "POST /api/kb/packs/preview-dedup",
    "POST /api/kb/answers/judge",
    "POST /api/modules/{module_id}/download",
    "POST /api/realtime/token",
    "POST /v1/realtime/client_secrets",
    "POST /api/kb/audio/batch",
    "POST /api/tts/pregen/extract",
    "POST /api/tts",
    *(f"POST /api/media/{what}" for what in ("diagrams/validate", "diagrams/render", "formulas/validate")),
    *(f"POST /api/media/{what}" for what in ("formulas/render", "maps/render")),
    # These say how things shall be: saying it twice changes nothing.
    "POST /api/system/unload-models",
    "POST /api/system/idle/keep-awake",
    "POST /api/system/idle/config",
    "POST /api/system/idle/cancel-keep-awake",
    "POST /api/system/idle/force-state",
}


def test_every_post_of_somebody_known_keeps_its_answer() -> None:
    posts = [
        route
        for routes in all_routes().values()
        for route in routes.routes
        if route.method == "POST" and route.access is not Access.PUBLIC
    ]
    assert {operation(route) for route in posts if not route.replayable} <= NOT_KEPT
    assert len(posts) > 30
