"""Requests and storage are usage like any other, each counted once, at the price of its day."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from auth_api.routes import routes as auth_routes

from core.metering.platform import PlatformMeter
from shared.api import Context, Service
from shared.db import Database
from shared.repositories.metering import MeteringRepository
from shared.storage.objects import Objects, open_objects
from tests.conftest import ALPHA, ALPHA_TENANT, BETA_TENANT
from tests.support.api import ApiClient

PRICE = """INSERT INTO price_book (provider, model, unit, micro_usd, per_quantity, effective_from)
           VALUES ('platform', %s, %s, %s, %s, now() - interval '1 hour')"""
FOUND = (
    """SELECT tenant_id::text, quantity, micro_usd FROM usage_events WHERE kind = %s ORDER BY created_at, price_id"""
)


@dataclass(frozen=True)
class Records:
    """What a test changes and reads as the owner."""

    url: str

    def run(self, sql: str, *values: object) -> None:
        with psycopg.connect(self.url) as connection:
            connection.execute(sql.encode(), values)

    def found(self, kind: str) -> list[Any]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(FOUND, (kind,)).fetchall()


@pytest.fixture
def records(database_url: str) -> Records:
    return Records(database_url)


@pytest.fixture
def store(tmp_path: Path) -> Objects:
    return open_objects(tmp_path.as_uri())


@pytest.fixture
def meter(database: Database, store: Objects) -> Callable[[], None]:
    return PlatformMeter(database, store).meter


@pytest.fixture
def ask(context: Context, alpha_token: str) -> Callable[[int], None]:
    client = ApiClient(Service(auth_routes, context), alpha_token)

    def requests(count: int) -> None:
        for _ in range(count):
            assert client.get("/api/auth/me").status == 200

    return requests


def spent(database: Database) -> list[int]:
    with database.unit(ALPHA) as unit:
        periods = MeteringRepository(unit).periods()
    return [period.spent for period in periods.result]


def test_every_request_becomes_usage_once_and_is_charged(
    records: Records, database: Database, meter: Callable[[], None], ask: Callable[[int], None]
) -> None:
    records.run(PRICE, "api", "request", 14, 10)
    ask(3)
    meter()
    assert records.found("request") == [(ALPHA_TENANT, 3, 5)]
    meter()
    ask(4)
    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(meter) for _ in range(4)]:
            done.result()
    # One row for the day: what seven cost, not the sum of two rounded figures.
    assert records.found("request") == [(ALPHA_TENANT, 7, 10)]
    assert spent(database) == [10, 10]


def test_another_price_charges_what_comes_after_it(
    records: Records, database: Database, meter: Callable[[], None], ask: Callable[[int], None]
) -> None:
    records.run(PRICE, "api", "request", 100, 1)
    ask(2)
    meter()
    records.run(PRICE.replace("1 hour", "1 minute"), "api", "request", 1000, 1)
    ask(1)
    meter()
    assert records.found("request") == [(ALPHA_TENANT, 2, 200), (ALPHA_TENANT, 1, 1000)]
    assert spent(database) == [1200, 1200]


def test_what_requests_cost_is_warned_of(
    records: Records, meter: Callable[[], None], ask: Callable[[int], None]
) -> None:
    records.run(PRICE, "api", "request", 600_000, 1)
    ask(1)
    meter()
    with psycopg.connect(records.url) as connection:
        noted = connection.execute("SELECT details ->> 'percent' FROM audit_log").fetchall()
    assert noted == [("50",)]


def test_what_is_stored_is_charged_by_the_day_once(
    records: Records, database: Database, meter: Callable[[], None], store: Objects
) -> None:
    records.run(PRICE, "objects", "byte_day", 1, 2)
    for tenant_id, size in ((ALPHA_TENANT, 100), (ALPHA_TENANT, 11), (BETA_TENANT, 7)):
        store.put(f"tenants/{tenant_id}/speech/{size}.pcm", bytes(size))
    store.put("tenants/nobody/x", b"1")
    store.put("tenants/00000000-0000-7000-8000-0000000000ff/x", b"1")
    meter()
    assert sorted(records.found("storage")) == [(ALPHA_TENANT, 111, 56), (BETA_TENANT, 7, 4)]
    store.put(f"tenants/{ALPHA_TENANT}/later", b"1")
    meter()
    assert len(records.found("storage")) == 2
    assert spent(database) == [56, 56]


def test_a_day_whose_measuring_was_not_finished_is_measured_by_another_process(
    records: Records, meter: Callable[[], None], store: Objects
) -> None:
    store.put(f"tenants/{ALPHA_TENANT}/a", b"1")
    today = "(now() AT TIME ZONE 'UTC')::date"
    records.run(f"INSERT INTO storage_days VALUES ({today}, now())")  # noqa: S608  our own
    meter()
    assert records.found("storage") == []
    records.run("UPDATE storage_days SET claimed_at = now() - interval '1 hour'")
    meter()
    meter()
    assert records.found("storage") == [(ALPHA_TENANT, 1, 0)]
