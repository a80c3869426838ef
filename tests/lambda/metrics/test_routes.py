"""Measurements in and out, statistics and health over HTTP."""

from typing import Any

import msgspec
import pytest
from metrics_api.routes import routes
from msgspec import Struct

from shared.api import Service
from tests.support.api import Answer, ApiClient
from tests.support.identity import context_for

HEADERS = {"X-Client-ID": "phone-1", "X-Client-Name": "A phone", "X-Client-Platform": "iOS"}
IOS: dict[str, Any] = {
    "timestamp": "2026-01-01T10:00:00Z",
    "sessionDuration": 90.5,
    "turnsTotal": 4,
    "interruptions": 1,
    "interruptionSuccessRate": 1.0,
    "sttLatencyMedian": 150,
    "sttLatencyP99": 300.0,
    "llmTTFTMedian": 200.0,
    "llmTTFTP99": 400.0,
    "ttsTTFBMedian": 100.0,
    "ttsTTFBP99": 180.0,
    "e2eLatencyMedian": 500.0,
    "e2eLatencyP99": 900.0,
    "ttfaMedian": None,
    "sttCost": 0.01,
    "ttsCost": 0.02,
    "llmCost": 0.03,
    "totalCost": 0.06,
    "llmInputTokens": 1200,
    "thermalThrottleEvents": 0,
    "networkDegradations": 2,
    "error_count": 1,
    "errors_by_stage": {"stt": 1},
}
ANDROID: dict[str, Any] = {
    "client_id": "phone-2",
    "client_name": "Another phone",
    "session_id": "s-1",
    "session_duration": 60.0,
    "turns_total": 2,
    "interruptions": 0,
    "stt_latency_median": 160.0,
    "llm_ttft_median": 400.0,
    "tts_ttfb_median": None,
    "e2e_latency_median": 700.0,
    "total_cost": 0.04,
    "network_degradations": 0,
}


class Accepted(Struct):
    status: str
    id: str


class Snapshot(Struct):
    """What the console reads."""

    id: str
    client_id: str
    client_name: str
    timestamp: str
    received_at: float
    session_duration: float
    turns_total: int
    interruptions: int
    stt_latency_median: float
    stt_latency_p99: float
    llm_ttft_median: float
    llm_ttft_p99: float
    tts_ttfb_median: float
    tts_ttfb_p99: float
    e2e_latency_median: float
    e2e_latency_p99: float
    stt_cost: float
    tts_cost: float
    llm_cost: float
    total_cost: float
    thermal_throttle_events: int
    network_degradations: int
    raw_data: dict[str, Any] = {}


class AndroidStats(Struct):
    total_sessions: int
    active_sessions: int
    total_turns: int
    avg_session_duration: float
    total_audio_generated_seconds: float


def send(client: ApiClient, body: object, **headers: str) -> str:
    answer = client.post("/api/metrics", body, headers={**HEADERS, **headers})
    assert answer.status == 200, answer.body
    accepted = msgspec.json.decode(answer.raw, type=Accepted)
    assert accepted.status == "ok"
    return accepted.id


def stored(client: ApiClient, **query: str) -> list[Snapshot]:
    answer = client.get("/api/metrics", query=query)
    assert answer.status == 200
    return msgspec.convert(answer.body["metrics"], list[Snapshot])


def refused(answer: Answer, field: str) -> None:
    assert (answer.status, answer.body["code"]) == (400, "invalid_input"), answer.body
    assert any(name.startswith(field) for name in answer.body["details"]), answer.body
    assert answer.body["error"].startswith(field)


def test_the_camel_case_of_ios_arrives_whole(learner: ApiClient) -> None:
    snapshot_id = send(learner, IOS)
    (found,) = stored(learner)
    assert (found.id, found.client_id, found.client_name) == (snapshot_id, "phone-1", "A phone")
    assert (found.timestamp, found.session_duration, found.turns_total) == ("2026-01-01T10:00:00Z", 90.5, 4)
    assert (found.stt_latency_median, found.llm_ttft_median, found.tts_ttfb_p99) == (150, 200, 180)
    assert (found.e2e_latency_p99, found.total_cost, found.network_degradations) == (900, 0.06, 2)
    assert found.raw_data == {
        "interruptionSuccessRate": 1.0,
        "ttfaMedian": None,
        "llmInputTokens": 1200,
        "error_count": 1,
        "errors_by_stage": {"stt": 1},
    }


def test_the_snake_case_of_android_arrives_whole(learner: ApiClient) -> None:
    send(learner, ANDROID)
    (found,) = stored(learner)
    assert (found.client_id, found.client_name, found.session_duration) == ("phone-2", "Another phone", 60)
    assert (found.stt_latency_median, found.llm_ttft_median, found.tts_ttfb_median) == (160, 400, 0)
    assert (found.e2e_latency_median, found.total_cost) == (700, 0.04)


@pytest.mark.parametrize("body", [IOS, ANDROID])
def test_a_report_sent_again_is_stored_once(learner: ApiClient, body: dict[str, Any]) -> None:
    assert send(learner, body) == send(learner, dict(reversed(body.items())))
    assert len(stored(learner)) == 1
    later = {**body, "timestamp": "2026-01-01T11:00:00Z"}
    assert send(learner, later) not in {snapshot.id for snapshot in stored(learner)[1:]}
    assert len(stored(learner)) == 2


@pytest.mark.parametrize("timestamp", [788_000_000.5, "2026-01-01T10:00:00.123+02:00", "2026-01-01", "", None])
def test_a_timestamp_may_have_any_of_the_phones_forms(learner: ApiClient, timestamp: object) -> None:
    send(learner, {**IOS, "timestamp": timestamp})
    assert stored(learner)[0].timestamp.endswith("Z")


def test_aggregates_are_over_all_of_them(learner: ApiClient) -> None:
    send(learner, IOS)
    send(learner, ANDROID)
    answer = learner.get("/api/metrics", query={"limit": "1"})
    assert [snapshot["client_id"] for snapshot in answer.body["metrics"]] == ["phone-2"]
    assert answer.body["aggregates"] == {
        "avg_e2e_latency": 600.0,
        "avg_llm_ttft": 300.0,
        "avg_stt_latency": 155.0,
        "avg_tts_ttfb": 100.0,
        "total_cost": pytest.approx(0.1),
        "total_sessions": 2,
        "total_turns": 6,
    }
    assert [snapshot.client_id for snapshot in stored(learner, client_id="phone-1")] == ["phone-1"]


def test_strangers_see_nothing_and_a_teacher_everything(
    learner: ApiClient, stranger: ApiClient, teacher: ApiClient
) -> None:
    send(learner, IOS)
    assert stored(stranger) == []
    assert stranger.get("/api/metrics").body["aggregates"]["total_sessions"] == 0
    assert stranger.get("/api/stats").body["total_metrics"] == 0
    assert len(stored(teacher)) == 1
    assert teacher.get("/api/stats").body["total_metrics"] == 1


def test_a_strangers_report_of_the_same_name_is_another(learner: ApiClient, stranger: ApiClient) -> None:
    assert send(learner, IOS) != send(stranger, IOS)
    assert (len(stored(learner)), len(stored(stranger))) == (1, 1)


def test_a_batch_of_events_is_stored_once(learner: ApiClient) -> None:
    batch = {
        "client": "ios",
        "clientId": "phone-1",
        "clientName": "A phone",
        "batchSize": 2,
        "metrics": [{"sttLatencyMs": 150, "sessionId": "s"}, {"llmTTFBMs": 200}],
    }
    for _ in range(2):
        answer = learner.post("/api/metrics/ingest", batch)
        assert answer.body == {"status": "ok", "ingested": 2, "clientId": "phone-1"}
    assert learner.get("/api/stats").body["total_metrics_received"] == 2


def test_one_event_may_come_alone(learner: ApiClient) -> None:
    answer = learner.post("/api/metrics/ingest", {"sttLatencyMs": 150, "nested": {"a": [1, None]}}, headers=HEADERS)
    assert answer.body == {"status": "ok", "ingested": 1, "clientId": "phone-1"}


def test_statistics_are_for_all_three_consoles(learner: ApiClient) -> None:
    send(learner, IOS)
    answer = learner.get("/api/stats")
    stats = msgspec.json.decode(answer.raw, type=AndroidStats)
    assert (stats.total_sessions, stats.total_turns, stats.avg_session_duration) == (0, 0, 0)
    assert (answer.body["total_metrics"], answer.body["total_clients"], answer.body["online_clients"]) == (1, 1, 1)
    assert (answer.body["avg_e2e_latency"], answer.body["avg_llm_ttft"]) == (500, 200)
    assert all(value is not None for value in answer.body.values())


TEXT: tuple[object, ...] = (7, True, [], {}, "a\x00b", "x" * 201)
AMOUNT: tuple[object, ...] = ("7", True, [], {}, -0.5, 1e300)
COUNT: tuple[object, ...] = ("7", True, [], 1.5, -1, 10**30)
REFUSED: dict[str, tuple[object, ...]] = {
    "client_id": TEXT,
    "client_name": TEXT,
    "session_id": TEXT,
    "session_duration": (*AMOUNT, None),
    "turns_total": (*COUNT, None),
    "interruptions": COUNT,
    "stt_latency_median": AMOUNT,
    "llm_ttft_p99": AMOUNT,
    "total_cost": AMOUNT,
    "thermal_throttle_events": COUNT,
    "timestamp": ("yesterday", True, [], {}, "x" * 65, "0001-01-01T00:00:00+14:00"),
}


def test_a_bad_field_is_named_and_nothing_is_stored(learner: ApiClient) -> None:
    for field, values in REFUSED.items():
        for value in values:
            refused(learner.post("/api/metrics", {**ANDROID, field: value}), field)
    for field in ("session_duration", "turns_total", "client_id"):
        body = {name: value for name, value in ANDROID.items() if name != field}
        refused(learner.post("/api/metrics", body), field)
    refused(learner.post("/api/metrics", {**IOS, "llmTTFTMedian": "fast"}, headers=HEADERS), "llmTTFTMedian")
    refused(learner.post("/api/metrics", {"turnsTotal": 1}, headers=HEADERS), "sessionDuration")
    assert stored(learner) == []


def test_what_we_do_not_know_is_kept_unless_it_cannot_be(learner: ApiClient) -> None:
    send(learner, {**ANDROID, "mood": "😀 \u202e", "big": 10**40, "deep": [[[["x"]]]]})
    assert stored(learner)[0].raw_data["mood"] == "😀 \u202e"
    refused(learner.post("/api/metrics", {**ANDROID, "mood": ["a\x00b"]}), "mood")
    assert learner.post("/api/metrics", {**ANDROID, "mood": "x" * 70_000}).status == 413


BAD_BATCHES: list[tuple[dict[str, Any], str]] = [
    ({}, "metrics"),
    ({"metrics": None, "clientId": "p"}, "metrics"),
    ({"metrics": [], "clientId": "p"}, "metrics"),
    ({"metrics": [1], "clientId": "p"}, "metrics"),
    ({"metrics": [{}] * 1001, "clientId": "p"}, "metrics"),
    ({"metrics": [{"a": "\x00"}], "clientId": "p"}, "metrics"),
    ({"metrics": [{"a": 1}]}, "client_id"),
    ({"metrics": [{"a": 1}], "clientId": 7}, "clientId"),
    ({"metrics": [{"a": 1}], "clientId": "x" * 201}, "clientId"),
    ({"a": 1}, "client_id"),
    ({"a": 1, "clientName": []}, "clientName"),
]


def test_a_bad_batch_is_refused(learner: ApiClient) -> None:
    for body, field in BAD_BATCHES:
        refused(learner.post("/api/metrics/ingest", body), field)
    assert learner.get("/api/stats").body["total_metrics"] == 0


@pytest.mark.parametrize("path", ["/api/metrics", "/api/metrics/ingest"])
def test_a_body_that_is_no_json_object_is_refused(learner: ApiClient, path: str) -> None:
    for body in (b"{", b"\xff", b"[" * 50_000, b'{"a": "\\ud800"}'):
        assert learner.post(path, body=body).body["code"] == "invalid_json"
    for body in (b"[]", b"7", b"null"):
        assert learner.post(path, body=body).body["code"] == "invalid_input"


@pytest.mark.parametrize(("name", "value"), [("limit", "0"), ("limit", "x"), ("client_id", "a\x00")])
def test_a_bad_parameter_is_named(learner: ApiClient, name: str, value: str) -> None:
    refused(learner.get("/api/metrics", query={name: value}), name)


def test_only_health_is_for_everybody(learner: ApiClient) -> None:
    nobody = learner.using(None)
    for method, path in (("POST", "/api/metrics"), ("GET", "/api/metrics"), ("GET", "/api/stats")):
        answer = nobody.call(method, path, json={})
        assert (answer.status, answer.body["code"]) == (401, "missing_token")
    assert nobody.get("/health").status == 200


@pytest.mark.parametrize("path", ["/health", "/api/health"])
def test_health_tells_that_the_process_lives(learner: ApiClient, path: str) -> None:
    answer = learner.using(None).get(path)
    assert (answer.status, answer.body["status"], answer.body["database"]) == (200, "healthy", "ok")
    assert isinstance(answer.body["uptime"], int)
    assert answer.body["server_time"].endswith("Z")
    head = learner.using("nonsense").call("HEAD", path)
    assert (head.status, head.raw) == (200, b"")


def test_health_tells_that_the_database_does_not_answer() -> None:
    context = context_for("postgresql://nobody:hidden@127.0.0.1:1/none")
    answer = ApiClient(Service(routes, context)).get("/health")
    assert (answer.status, answer.body["status"], answer.body["database"]) == (200, "healthy", "unavailable")
    assert b"hidden" not in answer.raw
