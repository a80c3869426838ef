"""Administrators of two tenants on every admin route: what one does not reach is as if it did not exist."""

import re
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import psycopg
import pytest
from admin_api.routes import routes

from shared.api import Access, Context, Service
from shared.api.routes import Route
from shared.db import Database
from shared.ids import new_id
from shared.repositories.beta_tokens import BetaTokenRepository
from shared.repositories.jobs import JobRepository
from shared.repositories.tenant_export import KIND
from tests.conftest import ALPHA, ALPHA_TENANT, ALPHA_USER, BETA_TENANT
from tests.support.admins import add_admin_session
from tests.support.api import Answer, ApiClient
from tests.support.identity import SECRET, context_for
from tests.support.proxy import CountingProxy
from tests.support.services import operation

# Without the one that ends the walker's own session.
ADMINISTERED = [
    route for route in routes.routes if route.access is Access.ADMIN and operation(route) != "DELETE /api/admin/session"
]
# Bodies that would do something in the tenant in the path, and what is asked for where nothing is in it.
BODIES: dict[str, Callable[[dict[str, str]], dict[str, object]]] = {
    "POST /api/admin/users": lambda ids: {
        "email": "intruder@school.example",
        "password": "violet-harbour-97",
        "tenant_id": ids["tenant_id"],
    },
    "POST /api/admin/tenants": lambda _: {"kind": "team", "name": "Intruders"},
    "PUT /api/admin/tenants/{tenant_id}/members/{user_id}": lambda _: {"role": "owner"},
    "POST /api/admin/tenants/{tenant_id}/tokens": lambda ids: {"user_id": ids["user_id"]},
    "PATCH /api/admin/tenants/{tenant_id}": lambda _: {"name": "Taken over"},
    "DELETE /api/admin/tenants/{tenant_id}": lambda _: {"name": "Alpha"},
    "PATCH /api/admin/tenants/{tenant_id}/tokens/{token_id}": lambda _: {"label": "Mine"},
    "PUT /api/admin/tenants/{tenant_id}/budget": lambda _: {"day_micro_usd": 0},
    "PUT /api/admin/tenants/{tenant_id}/features": lambda _: {"speech": "text"},
    "PUT /api/admin/tenants/{tenant_id}/limits": lambda _: {"account_per_minute": 1},
}


def call(client: ApiClient, route: Route, ids: dict[str, str]) -> Answer:
    path = re.sub(r"\{(\w+)\}", lambda match: ids[match[1]], route.path)
    body = BODIES.get(operation(route), lambda _: {})(ids)
    query = {"tenant_id": ids["tenant_id"]} if route.method == "GET" else None
    return client.call(route.method, path, json=body, query=query)


def told(answer: Answer, ids: dict[str, str]) -> tuple[int, str]:
    text = answer.raw.decode()
    for value in ids.values():
        text = text.replace(value, "<asked>")
    return answer.status, text


@pytest.fixture
def theirs(database: Database, database_url: str) -> dict[str, str]:
    job_id = new_id()
    with database.unit(ALPHA) as unit:
        BetaTokenRepository(unit).mint(ALPHA_USER, secret=SECRET, label="Zanzibar")
        tokens = BetaTokenRepository(unit).all()
    removal_id, export_id = new_id(), new_id()
    with database.unit(ALPHA) as unit:
        JobRepository(unit).add(export_id, KIND, {})
    with database.unit(ALPHA) as unit:
        JobRepository(unit).add(job_id, "zanzibar", {})
    with psycopg.connect(database_url) as connection:
        connection.execute("SELECT add_removal(%s, 'account_removed', ARRAY[%s::uuid])", (removal_id, ALPHA_TENANT))
    return {
        "tenant_id": ALPHA_TENANT,
        "user_id": ALPHA_USER,
        "token_id": tokens.result[0].id,
        "removal_id": removal_id,
        "export_id": export_id,
        "id": job_id,
    }


def alphas_rows(database_url: str) -> list[tuple[object, ...]]:
    with psycopg.connect(database_url) as connection:
        return [
            row
            for table in (
                "tenants",
                "users",
                "memberships",
                "beta_tokens",
                "budgets",
                "feature_settings",
                "tenant_limits",
                "jobs",
                "audit_log",
            )
            for row in connection.execute(
                f"SELECT t::text FROM {table} t WHERE tenant_id = %s ORDER BY 1".encode(),  # noqa: S608  our own names
                (ALPHA_TENANT,),
            )
        ]


def test_what_an_administrator_does_not_reach_does_not_exist(
    context: Context, database_url: str, theirs: dict[str, str]
) -> None:
    token = add_admin_session(database_url, "beta-op@school.example", role="operator", tenants=[BETA_TENANT])
    client = ApiClient(Service(routes, context), token)
    nobodys = {name: new_id() for name in theirs}
    before = alphas_rows(database_url)
    for route in ADMINISTERED:
        there, not_there = call(client, route, theirs), call(client, route, nobodys)
        assert told(there, theirs) == told(not_there, nobodys), operation(route)
        assert there.status in {200, 403, 404}, (operation(route), there.body)
        assert b"Zanzibar" not in there.raw
        assert b"alpha.example" not in there.raw
    assert alphas_rows(database_url) == before


def test_the_walk_meets_things_that_are_there(context: Context, database_url: str, theirs: dict[str, str]) -> None:
    token = add_admin_session(database_url, "alpha-op@school.example", role="operator", tenants=[ALPHA_TENANT])
    client = ApiClient(Service(routes, context), token)
    reads = [route for route in ADMINISTERED if route.method == "GET" and "{" in route.path]
    assert reads
    for route in reads:
        assert call(client, route, theirs).status == 200, operation(route)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM admins",
        "SELECT * FROM admin_sessions",
        "SELECT * FROM admin_work",
        "INSERT INTO admin_work (xact, name, role, address, request_id) SELECT pg_current_xact_id(), 'me', 'x', '', ''",
        "SELECT command_line_enter(%(tenant_id)s::uuid, 'x')",
        "UPDATE audit_log SET administrator = '' WHERE tenant_id = %(tenant_id)s",
        "DELETE FROM audit_log WHERE tenant_id = %(tenant_id)s",
        "TRUNCATE audit_log",
        "ALTER TABLE audit_log DISABLE ROW LEVEL SECURITY",
        "SELECT add_removal(gen_random_uuid(), 'tenant_removed', ARRAY[%(tenant_id)s::uuid])",
        "SELECT erase_tenant(%(tenant_id)s::uuid)",
        "UPDATE budgets SET cap_micro_usd = 1 WHERE tenant_id = %(tenant_id)s",
        "UPDATE feature_settings SET settings = '{}' WHERE tenant_id = %(tenant_id)s",
        "INSERT INTO tenant_limits (tenant_id, account_per_minute) VALUES (%(tenant_id)s, 1000000)",
        "SELECT announce_deployment('day'), move_money(%(tenant_id)s::uuid, current_date, -1, 0)",
    ],
)
def test_the_application_alone_is_no_administrator(database: Database, sql: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), database.unit(ALPHA) as unit:
        unit.run(sql)  # type: ignore[arg-type]  # one of the literals above


def test_without_an_administrator_the_functions_answer_nothing(database: Database) -> None:
    with database.unit(ALPHA) as unit:
        found = [
            unit.value(int, "SELECT count(*) FROM admin_users(NULL, NULL, NULL, 10)"),
            unit.value(int, "SELECT count(*) FROM admin_tenants(NULL, 10)"),
            unit.value(int, "SELECT count(*) FROM admin_memberships()"),
            unit.value(int, "SELECT count(*) FROM admin_usage(NULL, '2000-01-01', '2100-01-01')"),
            unit.value(
                int, "SELECT count(*) FROM admin_audit(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 10)"
            ),
        ]
    assert [pending.result for pending in found] == [0] * 5


@pytest.fixture
def proxy(database_url: str) -> Iterator[CountingProxy]:
    parts = urlsplit(database_url)
    with CountingProxy(str(parts.hostname), int(parts.port or 5432)) as running:
        yield running


def test_an_authenticated_noted_read_takes_one_round_trip(proxy: CountingProxy, database_url: str) -> None:
    context = context_for(proxy.url(database_url))
    client = ApiClient(Service(routes, context), add_admin_session(database_url))
    path = f"/api/admin/tenants/{ALPHA_TENANT}/members"
    assert client.get(path).status == 200
    before = proxy.round_trips
    assert client.get(path).status == 200
    assert proxy.round_trips - before == 1
    context.database.close()
