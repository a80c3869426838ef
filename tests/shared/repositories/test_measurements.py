"""What is measured adds up as the caller sees it, and is forgotten in time, in every tenant, and no sooner."""

import psycopg

from shared.clock import utc_now
from shared.db import Database, TenantEntry
from shared.repositories.client_logs import ClientLogRepository, NewLog
from shared.repositories.clients import ClientRepository, Sighting
from shared.repositories.measurements import MeasurementRepository, Retention, Totals, forget_measurements
from shared.repositories.metrics import MetricsRepository, NewEvent
from shared.repositories.sessions import NewSession, SessionRepository
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


def totals(database: Database, who: TenantEntry = ALPHA) -> Totals:
    with database.unit(who) as unit:
        found = MeasurementRepository(unit).totals()
    return found.result


def test_nothing_done_is_all_zero(database: Database) -> None:
    assert totals(database) == Totals(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)


def test_totals_count_what_the_caller_sees(database: Database, database_url: str) -> None:
    fill(database, ALPHA)
    with database.unit(ALPHA) as unit:
        ClientRepository(unit).seen(Sighting(id="tablet"))
        event = NewEvent(digest="d", event={}, session_id="", e2e_ms=500.0, providers={})
        MetricsRepository(unit).ingest(client="", client_id="phone", client_name="", events=[event])
        sessions = SessionRepository(unit)
        session_id = sessions.add(
            NewSession(model_name="m", model_context_window=200_000, system_prompt="", auto_expand_context=True)
        )
        sessions.start(session_id)
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE clients SET last_seen = now() - interval '2 minutes' WHERE id = 'tablet'")
    found = totals(database)
    assert (found.total_metrics, found.avg_e2e_latency, found.avg_llm_ttft) == (1, 500, 0)
    assert (found.total_logs, found.logs_last_hour, found.errors) == (1, 1, 0)
    assert (found.total_clients, found.online_clients) == (2, 1)
    assert (found.total_sessions, found.active_sessions, found.sessions_last_hour, found.total_turns) == (1, 1, 1, 0)
    assert totals(database, BETA).total_metrics == 0
