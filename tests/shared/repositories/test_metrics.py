"""Measurements of clients: stored once, seen by those they belong to and by who teaches them."""

from datetime import UTC, datetime

import pytest
from msgspec import structs

from shared.db import Database, TenantEntry
from shared.repositories.metrics import Aggregates, Measures, MetricsRepository, NewEvent, NewSnapshot, Snapshot
from tests.conftest import ALPHA, ALPHA_TENANT, BETA
from tests.support.people import add_person

MEASURES = Measures(
    session_duration=90.5,
    turns_total=4,
    interruptions=1,
    stt_latency_median=150.0,
    stt_latency_p99=300.0,
    llm_ttft_median=200.0,
    llm_ttft_p99=400.0,
    tts_ttfb_median=100.0,
    tts_ttfb_p99=180.0,
    e2e_latency_median=500.0,
    e2e_latency_p99=900.0,
    stt_cost=0.01,
    tts_cost=0.02,
    llm_cost=0.03,
    total_cost=0.06,
    thermal_throttle_events=0,
    network_degradations=2,
)
REPORT = NewSnapshot(
    client_id="phone-1",
    client_name="A phone",
    session_id="s-1",
    key="2026-01-01",
    reported_at=datetime(2026, 1, 1, tzinfo=UTC),
    measures=MEASURES,
    extra={"errors": {"stt": 1}},
)


EVENT = NewEvent(digest="d1", event={"a": [1]}, session_id="s-1", e2e_ms=500.0, providers={"llm": "groq"})


def add(database: Database, *reports: NewSnapshot, who: TenantEntry = ALPHA) -> list[str]:
    ids: list[str] = []
    for report in reports:
        with database.unit(who) as unit:
            snapshot_id = MetricsRepository(unit).add(report)
        ids.append(snapshot_id.result)
    return ids


def find(database: Database, who: TenantEntry = ALPHA, client_id: str | None = None, limit: int = 50) -> list[Snapshot]:
    with database.unit(who) as unit:
        found = MetricsRepository(unit).find(client_id=client_id, limit=limit)
    return found.result


def aggregate(database: Database, who: TenantEntry = ALPHA, client_id: str | None = None) -> Aggregates:
    with database.unit(who) as unit:
        found = MetricsRepository(unit).aggregates(client_id=client_id)
    return found.result


def test_a_report_is_read_as_it_was_sent(database: Database) -> None:
    (snapshot_id,) = add(database, REPORT)
    (found,) = find(database)
    assert (found.id, found.client_id, found.session_id, found.extra) == (snapshot_id, "phone-1", "s-1", REPORT.extra)
    assert all(getattr(found, name) == getattr(MEASURES, name) for name in Measures.__struct_fields__)
    assert found.reported_at == REPORT.reported_at


def test_a_report_sent_again_is_the_first(database: Database) -> None:
    assert len(set(add(database, REPORT, REPORT, structs.replace(REPORT, client_name="renamed")))) == 1
    assert len(find(database)) == 1


@pytest.mark.parametrize("change", [{"key": "other"}, {"client_id": "phone-2"}, {"session_id": "s-2"}])
def test_another_client_session_or_time_is_another_report(database: Database, change: dict[str, str]) -> None:
    assert len(set(add(database, REPORT, structs.replace(REPORT, **change)))) == 2


def test_the_newest_come_first(database: Database) -> None:
    ids = add(database, *(structs.replace(REPORT, key=str(n), client_id=f"phone-{n}") for n in range(3)))
    assert [found.id for found in find(database, limit=2)] == [ids[2], ids[1]]
    assert [found.id for found in find(database, client_id="phone-0")] == [ids[0]]


def test_aggregates_leave_out_what_was_not_measured(database: Database) -> None:
    silent = structs.replace(MEASURES, e2e_latency_median=0.0, llm_ttft_median=0.0, turns_total=6, total_cost=0.04)
    add(database, REPORT, structs.replace(REPORT, key="2", measures=silent))
    total = aggregate(database)
    assert (total.avg_e2e_latency, total.avg_llm_ttft, total.total_turns, total.total_sessions) == (500, 200, 10, 2)
    assert total.total_cost == pytest.approx(0.1)
    assert aggregate(database, client_id="none") == Aggregates(0, 0, 0, 0, 0, 0, 0)


def test_who_sees_whose(database: Database) -> None:
    other = add_person(database, ALPHA_TENANT)
    teacher = add_person(database, ALPHA_TENANT, "teacher")
    add(database, REPORT)
    assert (len(find(database, other)), len(find(database, BETA)), len(find(database, teacher))) == (0, 0, 1)
    assert (aggregate(database, other).total_sessions, aggregate(database, teacher).total_sessions) == (0, 1)
    add(database, REPORT, who=other)
    assert (len(find(database, other)), len(find(database, teacher))) == (1, 2)


def test_an_event_is_stored_once(database: Database) -> None:
    for _ in range(2):
        with database.unit(ALPHA) as unit:
            MetricsRepository(unit).ingest(
                client="ios",
                client_id="phone-1",
                client_name="A phone",
                events=[EVENT, structs.replace(EVENT, digest="d2")],
            )
    with database.unit(ALPHA) as unit:
        count = unit.value(int, "SELECT count(*) FROM client_events WHERE tenant_id = %(tenant_id)s")
    assert count.result == 2
