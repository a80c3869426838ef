"""Counters and days are metered by whoever asks first, and once."""

from datetime import UTC, date, datetime

import psycopg

from shared.db import PUBLIC_TENANT, Database, TenantEntry
from shared.repositories.platform_usage import Counter, PlatformUsageRepository, StorageDay
from tests.conftest import ALPHA, ALPHA_TENANT, BETA_TENANT

TODAY = "(now() AT TIME ZONE 'UTC')::date"


def today() -> date:
    return datetime.now(UTC).date()


def count(database_url: str, tenant_id: str, quantity: int, day: str = TODAY) -> None:
    with psycopg.connect(database_url) as connection:
        columns = "(tenant_id, day, metric, quantity)"
        sql = f"INSERT INTO usage_counters {columns} VALUES (%s, {day}, 'requests', %s)"  # noqa: S608  our own
        connection.execute(sql.encode(), (tenant_id, quantity))


def unmetered(database: Database) -> list[Counter]:
    with database.unit(TenantEntry(PUBLIC_TENANT)) as unit:
        found = PlatformUsageRepository(unit).unmetered()
    return found.result


def claim(database: Database, lease_s: int = 60) -> StorageDay | None:
    with database.unit(TenantEntry(PUBLIC_TENANT)) as unit:
        claimed = PlatformUsageRepository(unit).claim_day(lease_s)
    return claimed.result


def test_what_has_grown_is_found_in_every_tenant_and_what_is_long_ago_is_not(
    database: Database, database_url: str
) -> None:
    for tenant_id in (ALPHA_TENANT, BETA_TENANT):
        count(database_url, tenant_id, 2)
    count(database_url, ALPHA_TENANT, 5, f"{TODAY} - 40")
    assert unmetered(database) == [Counter(ALPHA_TENANT, today()), Counter(BETA_TENANT, today())]
    with database.unit(ALPHA) as unit:
        PlatformUsageRepository(unit).meter_requests(today())
    assert unmetered(database) == [Counter(BETA_TENANT, today())]


def test_metering_stays_in_its_tenant(database: Database, database_url: str) -> None:
    count(database_url, BETA_TENANT, 2)
    with database.unit(ALPHA) as unit:
        PlatformUsageRepository(unit).meter_requests(today())
    assert unmetered(database) == [Counter(BETA_TENANT, today())]


def test_a_day_is_measured_by_one_and_again_only_if_that_one_fails(database: Database) -> None:
    assert claim(database) == StorageDay(today())
    assert claim(database) is None
    assert claim(database, lease_s=0) == StorageDay(today())
    with database.unit(TenantEntry(PUBLIC_TENANT)) as unit:
        PlatformUsageRepository(unit).finish_day(today())
    assert claim(database, lease_s=0) is None
