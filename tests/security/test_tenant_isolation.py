"""A stranger's token on every route of every service: another tenant's things are as if they did not exist.

The walk finds routes by itself. It fails for a path parameter it has no id for, and for a body it cannot make.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import psycopg
import pytest
from msgspec import structs

from shared.api import Access, Context, Request, Routes, Service
from shared.api.routes import Route
from tests.conftest import ALPHA, ALPHA_TENANT, ALPHA_USER, BETA, BETA_TENANT
from tests.support.api import Answer, ApiClient
from tests.support.identity import add_beta_token
from tests.support.people import add_person
from tests.support.services import FOR_TEACHERS, all_routes, operation
from tests.support.walk import MARK, NOBODYS, call, give_everything

_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_UPTIME = re.compile(r'"(uptime|uptime_seconds)":\d+')
_TICKET = re.compile(r"(?:uma_ticket|ek)_[\w-]{54}")
# Administrators are walked in test_administration.py: their tenants are what they reach.
SERVICES = {name: routes for name, routes in all_routes().items() if name != "admin"}
# As ISO 8601 and as epoch seconds.
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ|\b1[6-9]\d{8}(?:\.\d+)?\b")


@dataclass(frozen=True, slots=True)
class Parties:
    """A service with one client of each tenant; ALPHA has one of everything.

    Attributes:
        theirs: the id of each of ALPHA's things, by the name of the path parameter it fits.
    """

    routes: Sequence[Route]
    alpha: ApiClient
    beta: ApiClient
    theirs: dict[str, str]


def meet(routes: Routes, context: Context) -> Parties:
    """Return both tenants at one service, which never refuses for asking too often."""
    context = structs.replace(context, settings=structs.replace(context.settings, logins_per_minute=1000))
    database = context.database
    ours, strangers = ALPHA, BETA
    if routes.name in FOR_TEACHERS:
        ours, strangers = (add_person(database, tenant, "teacher") for tenant in (ALPHA_TENANT, BETA_TENANT))
    alpha = ApiClient(Service(routes, context), add_beta_token(database, ours))
    beta = alpha.using(add_beta_token(database, strangers))
    return Parties(routes.routes, alpha, beta, give_everything(context, ALPHA, alpha.token))


@pytest.fixture
def parties(request: pytest.FixtureRequest, context: Context) -> Parties:
    return meet(request.param, context)


def told(answer: Answer, *asked: dict[str, str]) -> tuple[int, str, dict[str, str]]:
    """Return what an answer says, without the ids that were ever asked for, fresh ids and times."""
    text = answer.raw.decode("utf-8", "replace")
    # The longest first: one may be a part of another.
    for value in sorted({value for ids in asked for value in ids.values()}, key=len, reverse=True):
        text = text.replace(value, "<asked>")
    headers = {
        name: value
        for name, value in answer.headers.items()
        if not name.startswith("x-ratelimit-") and name != "x-request-id"
    }
    for changes in (_UUID, _TIME, _UPTIME, _TICKET):
        text = changes.sub("<changes>", text)
    return answer.status, text, headers


def rows_of(database_url: str, tenant: str) -> dict[str, list[str]]:
    """Return every row of a tenant, but for the counts of its requests."""
    with psycopg.connect(database_url) as connection:
        tables = connection.execute(
            """SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
               WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND c.relname <> 'usage_counters'"""
        ).fetchall()
        return {
            table: sorted(
                str(row[0])
                for row in connection.execute(
                    f'SELECT t::text FROM "{table}" t WHERE t.tenant_id = %s'.encode(),  # noqa: S608  from the catalogue
                    (tenant,),
                )
            )
            for (table,) in tables
        }


def leaks(parties: Parties, route: Route) -> Iterator[str]:
    """Yield what a stranger can tell about ALPHA's things through one route."""
    if route.method == "DELETE" and "{" not in route.path:
        # It answers how many of the caller's own things went: none may be left to tell the two calls apart.
        call(parties.beta, route, NOBODYS)
    theirs, nobodys = call(parties.beta, route, parties.theirs), call(parties.beta, route, NOBODYS)
    if theirs.status >= 500 or theirs.status == 429:
        yield f"answered {theirs.status}"
    if theirs.status == 400 and theirs.body["code"] == "invalid_input":
        yield f"say in BODIES what to send: {theirs.body['error']}"
    there, not_there = (told(answer, parties.theirs, NOBODYS) for answer in (theirs, nobodys))
    if there != not_there:
        yield f"{there} for what is there, {not_there} for what is not"
    text = theirs.raw.decode("latin-1")
    yield from (f"shows {secret}" for secret in (MARK, ALPHA_TENANT, ALPHA_USER) if secret in text)


every_service = pytest.mark.parametrize("parties", SERVICES.values(), ids=SERVICES.keys(), indirect=True)


@every_service
def test_a_stranger_learns_and_changes_nothing(parties: Parties, database_url: str) -> None:
    before = rows_of(database_url, ALPHA_TENANT)
    found = [f"{operation(route)}: {leak}" for route in parties.routes for leak in leaks(parties, route)]
    assert found == []
    assert rows_of(database_url, ALPHA_TENANT) == before


@every_service
def test_the_walk_asks_for_things_that_are_there(parties: Parties) -> None:
    # A process's modes of rest and its models belong to no tenant; exports are for owners (tests/shared/api).
    ours = ("{mode_id}", "{model_id+}", "{export_id}")
    reads = [r for r in parties.routes if r.method == "GET" and "{" in r.path and not any(o in r.path for o in ours)]
    reads = [r for r in reads if r.access is not Access.ADMIN]
    answers = {operation(route): call(parties.alpha, route, parties.theirs) for route in reads}
    assert {name: answer.body for name, answer in answers.items() if answer.status != 200} == {}
    named = {name for name, answer in answers.items() if MARK in answer.raw.decode("latin-1")}
    assert bool(named) == bool(answers)


def test_no_service_is_left_out() -> None:
    assert {"auth", "kb", "curriculum", "sessions", "metrics"} <= set(SERVICES)


leaky = Routes("leaky")


@leaky.get("/packs/{pack_id}", access=Access.CLIENT)
def show_a_pack_of_the_wrong_tenant(request: Request, pack_id: str) -> dict[str, str]:
    with request.context.database.unit(ALPHA) as unit:
        name = unit.value(str, "SELECT max(name) FROM packs WHERE id = %(pack_id)s", pack_id=pack_id)
    return {"name": name.result or ""}


@leaky.delete("/packs/{pack_id}", access=Access.CLIENT)
def tell_that_a_pack_is_there(request: Request, pack_id: str) -> dict[str, int]:
    with request.context.database.unit(ALPHA) as unit:
        count = unit.value(int, "SELECT count(*) FROM packs WHERE id = %(pack_id)s", pack_id=pack_id)
    return {"count": count.result}


@leaky.get("/secrets/{secret_id}", access=Access.CLIENT)
def take_an_id_of_an_unknown_kind(request: Request, secret_id: str) -> dict[str, str]:
    return {"secret_id": f"{secret_id} of {request.tenant_id}"}


def test_the_walk_notices_what_it_is_for(context: Context) -> None:
    parties = meet(leaky, context)
    shown, counted, unknown = leaky.routes
    assert f"shows {MARK}" in list(leaks(parties, shown))
    assert len(list(leaks(parties, counted))) == 1
    with pytest.raises(AssertionError, match="secret_id"):
        list(leaks(parties, unknown))
