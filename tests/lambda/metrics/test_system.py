"""The processes that serve, as every client reads them."""

from typing import Any

import psycopg
import pytest
from msgspec import Struct

from shared.db import Database
from tests.contract.decoding import Int, Long, Moment, Number, decode, refused
from tests.support.api import ApiClient
from tests.support.process_samples import MODELS, tell

ANDROID = {"X-Client-Platform": "Android"}


class Flat(Struct):
    """What Android reads of GET /api/system/metrics."""

    cpu_percent: Number
    memory_percent: Number
    memory_used_bytes: Long
    disk_percent: Number
    active_sessions: Int
    requests_per_minute: Int


class Service(Struct):
    id: str
    name: str
    status: str
    uptime: Int


class Model(Struct):
    """iOS drops a model that lacks one of these."""

    id: str
    name: str
    type: str
    server_id: str
    server_name: str
    status: str


class Health(Struct):
    status: str


class Snapshot(Struct):
    health: Health
    metrics: Flat
    services: list[Service]
    models: list[Model]


class Point(Struct):
    timestamp: Moment
    cpu_percent: Number
    memory_percent: Number
    requests: Int


class History(Struct):
    period: str
    data: list[Point]
    history: list[dict[str, Any]]
    count: Int
    days_requested: Int


@pytest.mark.parametrize("path", ["/api/system/metrics", "/api/metrics/system"])
def test_metrics_are_those_of_the_processes_that_run(learner: ApiClient, database: Database, path: str) -> None:
    ids = {tell(database), tell(database, service="worker", host_cpu_percent=60.0, memory_bytes=1 << 20)}
    answer = learner.get(path)
    flat = decode(answer, Flat)
    assert (flat.cpu_percent, flat.memory_percent, flat.disk_percent) == (60, 55, 70)
    assert (flat.memory_used_bytes, flat.requests_per_minute, flat.active_sessions) == (101 << 20, 120, 0)
    assert set(answer.body["services"]) == ids
    assert answer.body["cpu"]["by_service"] == {"core": 12.5, "worker": 12.5}
    assert answer.body["thermal"]["pressure"] == "nominal"
    assert answer.body["power"]["battery_percent"] == 100


def test_a_process_tells_when_it_was_last_asked_and_its_sockets(learner: ApiClient, database: Database) -> None:
    process, quiet = tell(database, sockets=2), tell(database, requests=0)
    services = learner.get("/api/system/metrics").body["services"]
    asked = services[process]["last_request_time"]
    assert "last_request_time" not in services[quiet]
    assert asked > 1_700_000_000
    assert learner.get("/api/stats").body["websocket_connections"] == 2


def test_how_much_is_logged_is_told_and_not_changed(learner: ApiClient) -> None:
    assert learner.get("/api/system/diagnostic").body == {"status": "ok", "enabled": False, "level": "INFO"}


def test_without_a_process_everything_is_nothing(learner: ApiClient) -> None:
    assert decode(learner.get("/api/system/metrics"), Flat) == Flat(0, 0, 0, 0, 0, 0)
    assert learner.get("/api/services").body == {"services": [], "total": 0, "running": 0, "stopped": 0, "error": 0}
    assert learner.get("/api/models").body["models"] == []
    assert learner.get("/api/system/history/summary").body == {"total_days_tracked": 0, "total_hours_tracked": 0}


def test_a_snapshot_lists_services_for_android_and_names_them_for_others(
    learner: ApiClient, database: Database
) -> None:
    process = tell(database)
    snapshot = decode(learner.get("/api/system/snapshot", headers=ANDROID), Snapshot)
    assert [service.name for service in snapshot.services] == ["core"]
    assert len(snapshot.models) == len(MODELS)
    assert set(learner.get("/api/system/snapshot").body["services"]) == {process}


def test_a_silent_process_has_stopped(learner: ApiClient, database: Database, database_url: str) -> None:
    tell(database)
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE processes SET sampled_at = now() - interval '91 seconds'")
    body = learner.get("/api/services").body
    assert (body["running"], body["stopped"], body["services"][0]["status"]) == (0, 1, "stopped")
    (service,) = decode(learner.get("/api/services", headers=ANDROID), list[Service])
    assert service.status == "stopped"
    assert learner.get("/api/models").body["total"] == 0
    assert decode(learner.get("/api/system/metrics"), Flat).memory_used_bytes == 0


@pytest.mark.parametrize(("path", "period"), [("hourly", "hourly"), ("daily", "daily")])
def test_history_adds_up_what_processes_said(learner: ApiClient, database: Database, path: str, period: str) -> None:
    tell(database)
    tell(database, cpu_percent=50.0)
    tell(database, service="worker", cpu_percent=5.0)
    history = decode(learner.get(f"/api/system/history/{path}", query={"days": "3"}), History)
    assert (history.period, history.count, history.days_requested) == (period, 1, 3)
    assert (history.data[0].cpu_percent, history.data[0].requests) == (36.2, 90)
    (span,) = history.history
    assert (span["sample_count"], span["total_requests"], span["total_inferences"]) == (2, 90, 12)
    assert span["service_cpu_avg"] == {"core": 31.2, "worker": 5}
    assert span["service_cpu_max"] == {"core": 50, "worker": 5}
    assert (span["max_thermal_level"], span["min_battery_percent"]) == (0, 100)


def test_history_tells_how_long_processes_rested(learner: ApiClient, database: Database) -> None:
    tell(database, idle_seconds={"active": 1_800.0, "warm": 0.25})
    tell(database, idle_seconds={"warm": 20.0})
    tell(database, service="worker", idle_seconds={"active": 1_800.0, "dormant": 900})
    (hour,) = learner.get("/api/system/history/hourly").body["history"]
    assert hour["idle_state_seconds"] == {"active": 3_600, "warm": 20.2, "dormant": 900}
    (day,) = learner.get("/api/system/history/daily").body["history"]
    assert day["idle_state_hours"] == {"active": 1, "warm": 0, "dormant": 0.2}


def test_the_summary_knows_today_yesterday_and_the_week(
    learner: ApiClient, database: Database, database_url: str
) -> None:
    tell(database)
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE process_history SET starts_at = starts_at - interval '1 day'")
    tell(database, requests=5)
    body = learner.get("/api/system/history/summary").body
    assert (body["today"]["total_requests"], body["yesterday"]["total_requests"]) == (5, 30)
    assert body["this_week"] == {
        "days_recorded": 2,
        "avg_cpu_percent": 12.5,
        "total_requests": 35,
        "max_thermal_level": 0,
    }
    assert body["total_days_tracked"] == 2
    assert body["oldest_record"] < body["today"]["date"]


def test_power_and_processes_have_a_history_too(learner: ApiClient, database: Database) -> None:
    tell(database)
    assert learner.get("/api/system/power/history").body == {"history": [], "count": 0}
    (span,) = learner.get("/api/system/processes/history").body["history"]
    assert span["services"] == {"core": {"average": 12.5, "most": 12.5}}


@pytest.mark.parametrize(
    "path",
    [
        *("/api/services/core/stop", "/api/services/start-all", "/api/services/stop-all", "/api/models/config"),
        *("/api/system/diagnostic", "/api/system/diagnostic/toggle"),
    ],
)
def test_what_only_a_deployment_decides_is_refused_with_the_reason(teacher: ApiClient, path: str) -> None:
    error = refused(teacher.post(path), 409, "not_controllable")
    assert "deploy" in error.message


@pytest.mark.parametrize("days", ["0", "401", "x"])
def test_a_bad_number_of_days_is_named(learner: ApiClient, days: str) -> None:
    answer = learner.get("/api/system/history/daily", query={"days": days})
    refused(answer, 400, "invalid_input", field="days")
