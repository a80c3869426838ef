"""Section 5 of the contract, operation by operation: measurements, statistics, system, logs, clients and servers."""

from typing import Any

import pytest
from msgspec import UNSET, Struct, UnsetType

from shared.ids import new_id
from tests.contract.decoding import Int, Long, Moment, Number, Text, decode, refused
from tests.support.api import ApiClient

REPORT = {"session_duration": 61.5, "turns_total": 4, "interruptions": 1, "client_id": "tablet", "session_id": "s"}
NUMBERS = [
    "session_duration",
    "stt_latency_median",
    "stt_latency_p99",
    "llm_ttft_median",
    "llm_ttft_p99",
    "tts_ttfb_median",
    "tts_ttfb_p99",
    "e2e_latency_median",
    "e2e_latency_p99",
    "stt_cost",
    "tts_cost",
    "llm_cost",
    "total_cost",
    "received_at",
]
COUNTS = ["turns_total", "interruptions", "thermal_throttle_events", "network_degradations"]


class Accepted(Struct):
    status: Text
    id: Text


class Aggregates(Struct):
    avg_e2e_latency: Number
    avg_llm_ttft: Number
    avg_stt_latency: Number
    avg_tts_ttfb: Number
    total_cost: Number
    total_sessions: Int
    total_turns: Int


class Metrics(Struct):
    metrics: list[dict[str, Any]]
    aggregates: Aggregates


class Ingested(Struct):
    status: Text
    ingested: Int
    clientId: Text  # noqa: N815  the contract's spelling


class Health(Struct):
    status: Text
    version: Text
    timestamp: Moment
    server_time: Moment
    uptime: Int
    uptime_seconds: Number


class Stats(Struct):
    """What the console, the web client and Android read of it."""

    uptime_seconds: Number
    total_logs: Int
    total_metrics: Int
    errors_count: Int
    warnings_count: Int
    logs_last_hour: Int
    sessions_last_hour: Int
    online_clients: Int
    total_clients: Int
    healthy_servers: Int
    total_servers: Int
    avg_e2e_latency: Number
    avg_llm_ttft: Number
    websocket_connections: Int
    total_logs_received: Int
    total_metrics_received: Int
    registered_servers: Int
    total_sessions: Int
    active_sessions: Int
    total_turns: Int
    avg_session_duration: Number
    total_audio_generated_seconds: Number


class Power(Struct):
    current_battery_draw_w: Number
    avg_battery_draw_w: Number
    battery_percent: Number
    battery_charging: bool
    estimated_service_power_w: Number


class Thermal(Struct):
    pressure: Text
    pressure_level: Int
    cpu_temp_c: Number
    gpu_temp_c: Number
    fan_speed_rpm: Number


class Cpu(Struct):
    total_percent: Number
    by_service: dict[str, Number]


class System(Struct):
    timestamp: Number
    power: Power
    thermal: Thermal
    cpu: Cpu
    services: dict[str, dict[str, Any]]
    history_minutes: Number
    cpu_percent: Number
    memory_percent: Number
    memory_used_bytes: Long
    disk_percent: Number
    active_sessions: Int
    requests_per_minute: Int


class Snapshot(Struct):
    health: dict[str, str]
    metrics: System
    services: dict[str, dict[str, Any]]
    models: list[dict[str, str]]


class AndroidSnapshot(Struct):
    health: dict[str, str]
    metrics: System
    services: list[dict[str, Any]]
    models: list[dict[str, str]]


class Point(Struct):
    timestamp: Moment
    cpu_percent: Number | UnsetType = UNSET
    memory_percent: Number | UnsetType = UNSET
    requests: Int | UnsetType = UNSET


class History(Struct):
    history: list[dict[str, Any]]
    count: Int
    days_requested: Int
    period: Text
    data: list[Point]


class HistorySummary(Struct):
    total_days_tracked: Int
    total_hours_tracked: Int


class Taken(Struct):
    status: Text
    received: Int


class Log(Struct):
    id: Text
    timestamp: Moment
    level: Text
    label: str
    message: str
    file: str
    function: str
    line: Int
    metadata: dict[str, Any]
    client_id: Text
    client_name: str
    received_at: Number


class Logs(Struct):
    logs: list[Log]
    total: Int
    limit: Int
    offset: Int


class Alive(Struct):
    status: Text
    server_time: Moment
    client_id: Text


class Servers(Struct):
    servers: list[dict[str, Any]]
    total: Int
    healthy: Int
    degraded: Int
    unhealthy: Int


class Services(Struct):
    services: list[dict[str, Any]]
    total: Int
    running: Int
    stopped: Int
    error: Int


class Models(Struct):
    models: list[dict[str, str]]
    total: Int
    by_type: dict[str, Int]


@pytest.mark.parametrize("path", ["/api/health", "/health"])
def test_health_is_for_everybody(nobody: ApiClient, path: str) -> None:
    assert decode(nobody.get(path), Health).status == "healthy"
    head = nobody.call("HEAD", path)
    assert (head.status, head.raw) == (200, b"")


READS = [
    "metrics",
    "metrics/summary",
    "metrics/sessions",
    "metrics/latency",
    "metrics/usage",
    "metrics/users",
    "metrics/system",
    "stats",
    "logs",
    "clients",
    "servers",
    "services",
    "models",
    "models/config",
    "system/metrics",
    "system/snapshot",
    "system/history/hourly",
    "system/history/daily",
    "system/history/summary",
    "system/power/history",
    "system/processes/history",
]


@pytest.mark.parametrize("path", READS)
def test_nobody_reads_without_a_token(nobody: ApiClient, path: str) -> None:
    refused(nobody.get(f"/api/{path}"), 401, "missing_token")
    refused(nobody.using("uma_beta_2026_nonsense").get(f"/api/{path}"), 401, "invalid_token")


@pytest.mark.parametrize("path", READS)
def test_every_read_has_no_other_method(learner: ApiClient, path: str) -> None:
    answer = learner.patch(f"/api/{path}", {})
    refused(answer, 405, "method_not_allowed")


def test_a_report_is_accepted_with_200_and_listed(learner: ApiClient) -> None:
    accepted = decode(learner.post("/api/metrics", REPORT), Accepted)
    assert accepted.status == "ok"
    found = decode(learner.get("/api/metrics", query={"limit": "5", "client_id": "tablet"}), Metrics)
    (snapshot,) = found.metrics
    assert (snapshot["id"], snapshot["client_id"], snapshot["client_name"]) == (accepted.id, "tablet", "")
    assert all(isinstance(snapshot[name], int | float) for name in NUMBERS)
    assert all(type(snapshot[name]) is int for name in COUNTS)
    assert (found.aggregates.total_sessions, found.aggregates.total_turns) == (1, 4)
    assert learner.get("/api/metrics/clients/tablet").body["metricsCount"] == 1


def test_events_are_ingested_alone_and_in_batches(learner: ApiClient) -> None:
    batch = {"client": "ios", "clientId": "tablet", "clientName": "A tablet", "batchSize": 1, "metrics": [{"a": 1}]}
    assert decode(learner.post("/api/metrics/ingest", batch), Ingested).clientId == "tablet"
    assert decode(learner.post("/api/metrics/ingest", {"clientId": "tablet", "b": 2}), Ingested).ingested == 1
    refused(learner.post("/api/metrics/ingest", {}), 400, "invalid_input", field="metrics")
    refused(learner.post("/api/metrics/ingest", {"a": 1}), 400, "invalid_input", field="client_id")
    assert learner.get("/api/metrics/summary").body["timeWindow"] == "24h"
    assert learner.get("/api/metrics/sessions").body == {"sessions": [], "total": 0, "filtered": 0}


def test_a_bad_report_is_refused(learner: ApiClient) -> None:
    refused(learner.post("/api/metrics", {**REPORT, "turns_total": 4.5}), 400, "invalid_input", field="turns_total")
    refused(learner.post("/api/metrics", body=b"{"), 400, "invalid_json")
    refused(learner.get("/api/metrics/clients/nobody"), 404, "not_found")


def test_statistics_are_for_all_consoles(learner: ApiClient) -> None:
    assert decode(learner.get("/api/stats"), Stats).total_metrics == 0


def test_the_system_is_told_to_all_consoles(learner: ApiClient) -> None:
    decode(learner.get("/api/system/metrics"), System)
    decode(learner.get("/api/metrics/system"), System)
    decode(learner.get("/api/system/snapshot"), Snapshot)
    decode(learner.get("/api/system/snapshot", headers={"X-Client-Platform": "Android"}), AndroidSnapshot)
    for period in ("hourly", "daily"):
        assert decode(learner.get(f"/api/system/history/{period}", query={"days": "2"}), History).days_requested == 2
    decode(learner.get("/api/system/history/summary"), HistorySummary)
    assert "history" in learner.get("/api/system/power/history").body
    assert "history" in learner.get("/api/system/processes/history").body
    refused(learner.get("/api/system/history/daily", query={"days": "0"}), 400, "invalid_input", field="days")


@pytest.mark.parametrize("path", ["/log", "/api/logs"])
def test_logs_are_taken_found_and_cleared(learner: ApiClient, path: str) -> None:
    entry = {"level": "WARNING", "message": "Low on power", "label": "battery", "timestamp": "2026-01-01T10:00:00Z"}
    assert decode(learner.post(path, [entry, entry]), Taken).received == 2
    assert decode(learner.post(path, entry), Taken).received == 1
    logs = decode(learner.get("/api/logs", query={"level": "WARNING,ERROR", "limit": "2"}), Logs)
    assert (logs.total, len(logs.logs), logs.logs[0].timestamp) == (3, 2, "2026-01-01T10:00:00Z")
    assert learner.delete("/api/logs").body == {"status": "ok", "cleared": 3}
    refused(learner.post(path, {"message": "m"}), 400, "invalid_input", field="level")


def test_a_heartbeat_makes_a_client_known(learner: ApiClient) -> None:
    body: dict[str, Any] = {
        "device_model": "Pixel 9",
        "os_version": "17",
        "app_version": "1.0",
        "status": "idle",
        "config": {"stt_provider": "x"},
    }
    assert decode(learner.post("/api/clients/heartbeat", {**body, "client_id": "tablet"}), Alive).client_id == "tablet"
    answer = learner.get("/api/clients").body
    assert (answer["total"], answer["online"], answer["clients"][0]["status"]) == (1, 1, "online")
    bare = learner.get("/api/clients", headers={"X-Client-Platform": "Android"}).body
    assert [client["id"] for client in bare] == ["tablet"]
    refused(learner.post("/api/clients/heartbeat", body), 400, "invalid_input", field="client_id")


def test_servers_are_written_down_by_teachers(learner: ApiClient, teacher: ApiClient) -> None:
    server = {"name": f"mill-{new_id()}", "type": "llm", "url": "http://mill:11434"}
    refused(learner.post("/api/servers", server), 403, "forbidden")
    added = teacher.post("/api/servers", server).body
    assert added["status"] == "ok"
    servers = decode(teacher.get("/api/servers"), Servers).servers
    assert server["name"] in {one["name"] for one in servers}
    assert teacher.delete(f"/api/servers/{added['server']['id']}").body == {"status": "ok"}
    refused(teacher.delete(f"/api/servers/{added['server']['id']}"), 404, "not_found")


MODEL_ORDERS = ("models/pull", "models/openai:a/b/load", "models/openai:a/unload", "models/openai:a/parameters")


def test_services_and_models_are_those_of_the_deployment(learner: ApiClient) -> None:
    decode(learner.get("/api/services"), Services)
    decode(learner.get("/api/models"), Models)
    assert learner.get("/api/models/config").body["status"] == "ok"
    for path in ("services/core/restart", "services/start-all", "services/stop-all", "models/config", *MODEL_ORDERS):
        refused(learner.post(f"/api/{path}"), 409, "not_controllable")
    refused(learner.delete("/api/models/openai:gpt"), 409, "not_controllable")
    assert not any(learner.get("/api/models/capabilities").body["capabilities"].values())
    refused(learner.get("/api/models/nobody:none/parameters"), 404, "not_found")


def test_no_client_gets_a_vendors_key(learner: ApiClient) -> None:
    refused(learner.post("/api/providers/deepgram/key"), 404, "not_configured")
    refused(learner.post("/api/providers/elevenlabs/key"), 404, "not_configured")
    refused(learner.get("/api/providers/elevenlabs/voices"), 404, "not_configured")
