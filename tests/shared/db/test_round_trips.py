"""What a request costs in network round trips to the database, counted on the wire."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest
from auth_api.routes import routes as auth_routes

from shared.api import Access, Context, Routes, Service
from shared.db import Database
from tests.conftest import ALPHA, ALPHA_TENANT
from tests.support.api import ApiClient
from tests.support.identity import add_beta_token, context_for
from tests.support.people import add_person
from tests.support.process_samples import tell
from tests.support.proxy import CountingProxy
from tests.support.services import FOR_TEACHERS, all_routes, operation
from tests.support.walk import call, give_everything

SERVICES = all_routes()
SOURCES = "/sources"
OTHERWISE = {
    # An order names its curriculum, which tells how much of it is spoken; a variant names the clip's owner.
    "GET /api/deployments/{deployment_id}": (200, 2),
    "GET /api/deployments/{deployment_id}/cache": (200, 2),
    "GET /api/tts/pregen/variants/{variant_id}/audio": (200, 2),
    "GET /api/providers/elevenlabs/voices": (404, 1),
}
# For the tenant's owners: undoing and counting once more take what they take.
REFUSED = "GET /api/auth/tenant/exports/{export_id}"
WARM_UP = 8  # more than the executions after which the driver would prepare a statement


@pytest.fixture
def proxy(database_url: str) -> Iterator[CountingProxy]:
    parts = urlsplit(database_url)
    with CountingProxy(str(parts.hostname), int(parts.port or 5432)) as running:
        yield running


@pytest.fixture
def context(proxy: CountingProxy, database_url: str) -> Iterator[Context]:
    made = context_for(proxy.url(database_url))
    yield made
    made.database.close()


@pytest.mark.parametrize("kind", ["alpha_access_token", "alpha_token"])
@pytest.mark.parametrize("warm_up", [1, WARM_UP], ids=["plain", "prepared"])
def test_an_authenticated_limited_metered_get_takes_one(
    request: pytest.FixtureRequest, context: Context, proxy: CountingProxy, database_url: str, kind: str, warm_up: int
) -> None:
    client = ApiClient(Service(auth_routes, context), request.getfixturevalue(kind))
    for _ in range(warm_up):
        assert client.get("/api/auth/me").status == 200
    before = proxy.round_trips
    answer = client.get("/api/auth/me")
    assert proxy.round_trips - before == 1
    assert answer.body["name"] == "Alpha Learner"
    assert int(answer.headers["x-ratelimit-remaining"]) < int(answer.headers["x-ratelimit-limit"])
    with psycopg.connect(database_url) as connection:
        metered = connection.execute("SELECT quantity FROM usage_counters WHERE metric = 'requests'").fetchone()
    assert metered == (warm_up + 1,)


@pytest.mark.parametrize("routes", SERVICES.values(), ids=SERVICES.keys())
def test_every_get_takes_one(context: Context, proxy: CountingProxy, alpha_token: str, routes: Routes) -> None:
    ids = give_everything(context, ALPHA, alpha_token)
    tell(context.database)
    teaches = routes.name in FOR_TEACHERS
    token = add_beta_token(context.database, add_person(context.database, ALPHA_TENANT, "teacher")) if teaches else None
    client = ApiClient(Service(routes, context), token or alpha_token)
    found: dict[str, tuple[int, int]] = {}
    for route in routes.routes:
        # Administrators' reads are counted beside their service: they come with another kind of token.
        if route.method == "GET" and route.access in {Access.CLIENT, Access.ACCOUNT}:
            before = proxy.round_trips
            answer = call(client, route, ids)
            found[operation(route)] = (answer.status, proxy.round_trips - before)
    if REFUSED in found:
        assert found.pop(REFUSED)[0] == 403
    # A source is opened from what its tenant has set, and reads for itself then.
    wanted = {name: OTHERWISE.get(name, (200, 2 if SOURCES in name else 1)) for name in found}
    assert {name: what for name, what in found.items() if what != wanted[name]} == {}


def test_a_refresh_takes_one(context: Context, proxy: CountingProxy) -> None:
    client = ApiClient(Service(auth_routes, context))
    body = client.post("/api/auth/register", {"email": "ada@school.example", "password": "violet-harbour-97"}).body
    before = proxy.round_trips
    assert client.post("/api/auth/refresh", {"refresh_token": body["refresh_token"]}).status == 200
    assert proxy.round_trips - before == 1


def test_many_statements_take_one(context: Context, proxy: CountingProxy) -> None:
    with context.database.unit(ALPHA) as unit:
        unit.run("SELECT 1")
    before = proxy.round_trips
    with context.database.unit(ALPHA) as unit:
        answers = [unit.value(str, "SELECT repeat('x', 200) || %(n)s", n=n) for n in range(30)]
    assert answers[29].result == "x" * 200 + "29"
    assert proxy.round_trips - before == 1


def test_the_proxy_counts_what_one_by_one_costs(proxy: CountingProxy, database_url: str) -> None:
    with psycopg.connect(proxy.url(database_url), autocommit=True) as connection:
        before = proxy.round_trips
        with connection.transaction():
            connection.execute("SELECT 1")
            connection.execute("SELECT 2")
        assert proxy.round_trips - before == 4


def test_the_proxy_lets_go_of_its_connections(database_url: str) -> None:
    parts = urlsplit(database_url)
    with CountingProxy(str(parts.hostname), int(parts.port or 5432)) as proxy:
        database = Database(proxy.url(database_url))
        with database.unit(ALPHA) as unit:
            unit.run("SELECT 1")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(proxy.url(database_url), connect_timeout=2)
    database.close()
