"""What is measured is forgotten in time, in every tenant, and no sooner."""

import psycopg

from shared.clock import utc_now
from shared.db import Database, TenantEntry
from shared.repositories.client_logs import ClientLogRepository, NewLog
from shared.repositories.clients import ClientRepository, Sighting
from shared.repositories.measurements import Retention, forget_measurements
from tests.conftest import ALPHA, BETA

KEPT = Retention(log_days=14, measurement_days=90, sum_days=400)


def fill(database: Database, person: TenantEntry) -> None:
    entry = NewLog(level="INFO", label="", message="m", file="", function="", line=0, metadata={}, logged_at=utc_now())
    with database.unit(person) as unit:
        ClientLogRepository(unit).add("phone", "", [entry])
        ClientRepository(unit).seen(Sighting(id="phone", logs=1))


def counts(database_url: str) -> dict[str, int]:
    with psycopg.connect(database_url) as connection:
        return {
            table: sum(connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone() or ())  # noqa: S608  our own words
            for table in ("client_logs", "clients", "activity_hours")
        }


def age(database_url: str, days: int) -> None:
    with psycopg.connect(database_url) as connection:
        for table, column in (("client_logs", "received_at"), ("clients", "last_seen"), ("activity_hours", "hour")):
            statement = f"UPDATE {table} SET {column} = {column} - make_interval(days => {days})"  # noqa: S608  our own words
            connection.execute(statement.encode())


def test_logs_go_before_sums_and_both_in_every_tenant(database: Database, database_url: str) -> None:
    fill(database, ALPHA)
    fill(database, BETA)
    assert forget_measurements(database, KEPT) == 0
    age(database_url, 15)
    assert forget_measurements(database, KEPT) == 2
    assert counts(database_url) == {"client_logs": 0, "clients": 2, "activity_hours": 2}
    age(database_url, 386)
    assert forget_measurements(database, KEPT) == 4
    assert counts(database_url) == {"client_logs": 0, "clients": 0, "activity_hours": 0}
