"""A request comes from where the gateway saw it, or the edge says beside its secret, in both payload formats."""

import ipaddress
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, get_args

import psycopg
import pytest
from auth_api.routes import routes

from shared.api import Context, Service
from shared.auth.origin import OriginLock
from tests.support.accounts import EMAIL, PASSWORD, registered
from tests.support.api import ApiClient, Payload
from tests.support.identity import context_for

PEER = "203.0.113.7"
CLAIMED = "198.51.100.9"
SECRET = "the-edges-secret-of-this-month"
# Whatever proxies and clients are known to name an address with.
NAMES = (
    "X-Forwarded-For",
    "X-Client-Address",
    "CF-Connecting-IP",
    "CF-Connecting-IPv6",
    "True-Client-IP",
    "X-Real-IP",
    "Forwarded",
    "X-Client-IP",
)
FORGED = {name: f"for={CLAIMED}" if name == "Forwarded" else CLAIMED for name in NAMES}
PROXY = OriginLock(proxies=[ipaddress.ip_network("203.0.113.0/24")])
LOCKED = OriginLock(secrets=[SECRET])
Behind = Callable[[OriginLock], ApiClient]


@pytest.fixture(params=get_args(Payload))
def behind(request: pytest.FixtureRequest, database_url: str) -> Iterator[Behind]:
    """Make a client of a deployment with a lock."""
    made: list[Context] = []

    def client(lock: OriginLock) -> ApiClient:
        context = context_for(database_url, origin_lock=lock, registrations_per_hour=100)
        made.append(context)
        return ApiClient(Service(routes, context), address=PEER, payload=request.param)

    yield client
    for context in made:
        context.database.close()


def seen_at(client: ApiClient, headers: dict[str, str]) -> str:
    """Return the address a sign-in is kept with."""
    answer = client.post("/api/auth/login", {"email": EMAIL, "password": PASSWORD}, headers=headers)
    assert answer.status == 200, answer.body
    sessions: list[dict[str, Any]] = (
        client.using(answer.body["access_token"]).get("/api/auth/sessions", headers=headers).body["sessions"]
    )
    return next(session["ip_address"] for session in sessions if session["is_current"])


def test_a_client_that_comes_directly_names_no_address(behind: Behind) -> None:
    client = behind(OriginLock())
    registered(client)
    assert seen_at(client, FORGED) == PEER


def test_another_address_in_each_attempt_is_no_other_client(behind: Behind, database_url: str) -> None:
    client = behind(OriginLock())
    for n in range(3):
        headers = {name: value.replace(CLAIMED, f"198.51.100.{n}") for name, value in FORGED.items()}
        wrong = {"email": f"nobody{n}@school.example", "password": "a-wrong-one-97"}
        assert client.post("/api/auth/login", wrong, headers=headers).status == 401
    with psycopg.connect(database_url) as connection:
        buckets = {row[0] for row in connection.execute("SELECT key FROM rate_buckets").fetchall()}
    assert buckets == {f"login:public:{PEER}", f"public:{PEER}", f"address:{PEER}"}


def test_a_named_proxy_says_the_last_address_only_and_in_its_own_header(behind: Behind) -> None:
    client = behind(PROXY)
    registered(client)
    others = {name: value for name, value in FORGED.items() if name != "X-Forwarded-For"}
    assert seen_at(client, {**others, "X-Forwarded-For": f"192.0.2.1, {CLAIMED}, 203.0.113.8"}) == CLAIMED
    assert seen_at(client, others) == PEER
    stranger = replace(client, address="192.0.2.77")
    assert seen_at(stranger, FORGED) == "192.0.2.77"


def test_behind_the_edge_nobody_comes_round_it(behind: Behind) -> None:
    client = behind(LOCKED)
    for headers in (
        {},
        FORGED,
        {**FORGED, "X-Origin-Secret": "guessed"},
        {**FORGED, "X-Origin-Secret": f"{SECRET}, x"},
    ):
        refused = client.post("/api/auth/login", {"email": EMAIL, "password": PASSWORD}, headers=headers)
        assert (refused.status, refused.body["code"]) == (403, "origin_locked")


def test_the_edge_says_it_in_its_own_header_only(behind: Behind) -> None:
    client = behind(LOCKED)
    through = replace(client, headers={"X-Origin-Secret": SECRET, "X-Client-Address": CLAIMED})
    registered(through)
    others = {name: "192.0.2.1" for name in NAMES if name != "X-Client-Address"}
    assert seen_at(through, others) == CLAIMED
