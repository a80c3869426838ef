"""What all use amounts to: sums that are taken when it happens."""

from typing import Any

import pytest

from shared.db import Database, TenantEntry
from shared.ids import new_id
from tests.conftest import ALPHA
from tests.contract.decoding import refused
from tests.support.api import ApiClient

HEADERS = {"X-Client-ID": "phone-1", "X-Client-Name": "A phone", "X-Client-Platform": "iOS"}


def ingest(client: ApiClient, *latencies: float, session: str = "s", provider: str = "groq") -> None:
    events = [
        {"e2eLatencyMs": ms, "sessionId": session, "providers": {"llm": provider, "stt": "x"}, "n": number}
        for number, ms in enumerate(latencies)
    ]
    answer = client.post("/api/metrics/ingest", {"client": "ios", "clientId": "phone-1", "metrics": events})
    assert answer.status == 200, answer.body


def test_a_summary_knows_percentiles_providers_and_who_measured(learner: ApiClient) -> None:
    ingest(learner, *range(10, 1010, 10))
    ingest(learner, 2000.0, session="t", provider="openai")
    body = learner.get("/api/metrics/summary").body
    assert (body["timeWindow"], body["totalMetrics"], body["uniqueClients"], body["uniqueSessions"]) == (
        "24h",
        101,
        1,
        2,
    )
    stats = body["latencyStats"]
    assert (stats["count"], stats["min"], stats["max"]) == (101, 10, 2000)
    assert stats["p50"] == stats["median_e2e_ms"] == pytest.approx(510, rel=0.03)
    assert stats["p95"] == pytest.approx(960, rel=0.03)
    assert stats["p99"] == pytest.approx(1000, rel=0.03)
    assert stats["avg"] == pytest.approx((sum(range(10, 1010, 10)) + 2000) / 101)
    assert body["byProvider"]["groq"] == {"count": 100, "avg_e2e_ms": pytest.approx(505)}
    assert body["byProvider"]["openai"]["count"] == 1


def test_a_summary_of_nothing_has_no_latencies(learner: ApiClient, stranger: ApiClient) -> None:
    ingest(learner, 100)
    for client, query in ((stranger, {}), (learner, {"client": "android"})):
        body = client.get("/api/metrics/summary", query=query).body
        assert (body["totalMetrics"], body["byProvider"]) == (0, {})
        assert "latencyStats" not in body


def test_an_event_sent_again_is_counted_once(learner: ApiClient) -> None:
    for _ in range(2):
        ingest(learner, 100, 200)
    assert learner.get("/api/metrics/summary").body["latencyStats"]["count"] == 2
    (session,) = learner.get("/api/metrics/sessions").body["sessions"]
    assert (session["sessionId"], session["metricsCount"]) == ("s", 2)
    assert session["stats"] == {"count": 2, "avg": 150, "min": 100, "max": 200}
    assert session["providers"] == {"llm": "groq", "stt": "x"}
    assert session["firstSeen"] <= session["lastSeen"]


@pytest.mark.parametrize(
    "event",
    [
        {"e2eLatencyMs": "fast", "sessionId": 7, "providers": "groq"},
        {"e2eLatencyMs": -1, "providers": {"llm": 7, "x" * 33: "y"}},
        {"e2eLatencyMs": 1e308},
        {"e2eLatencyMs": True},
        {},
    ],
)
def test_an_event_we_do_not_understand_is_kept_and_not_summed(learner: ApiClient, event: dict[str, Any]) -> None:
    batch = {"clientId": "phone-1", "metrics": [{**event, "n": 1}]}
    assert learner.post("/api/metrics/ingest", batch).body["ingested"] == 1
    assert learner.get("/api/stats").body["total_metrics"] == 1
    assert "latencyStats" not in learner.get("/api/metrics/summary").body


def test_sessions_are_found_by_client(learner: ApiClient, stranger: ApiClient, teacher: ApiClient) -> None:
    ingest(learner, 100)
    for query in ({}, {"client": "ios"}, {"clientId": "phone-1"}, {"limit": "1"}):
        assert learner.get("/api/metrics/sessions", query=query).body["total"] == 1
    for query in ({"client": "web"}, {"clientId": "phone-2"}):
        assert learner.get("/api/metrics/sessions", query=query).body["sessions"] == []
    assert stranger.get("/api/metrics/sessions").body["sessions"] == []
    assert teacher.get("/api/metrics/sessions").body["total"] == 1


def test_a_clients_own_summaries(learner: ApiClient) -> None:
    learner.post("/api/metrics", {"session_duration": 9, "turns_total": 2, "session_id": "s"}, headers=HEADERS)
    body = learner.get("/api/metrics/clients/phone-1").body
    assert (body["clientId"], body["metricsCount"], body["metrics"][0]["turns_total"]) == ("phone-1", 1, 2)
    refused(learner.get("/api/metrics/clients/phone-2"), 404, "not_found")


def hold(database: Database, person: TenantEntry) -> None:
    """Store a session with one answer in the making, and complete it twice."""
    session_id = new_id()
    with database.unit(person) as unit:
        unit.run(
            """INSERT INTO learning_sessions (tenant_id, id, user_id, model_context_window)
               VALUES (%(tenant_id)s, %(id)s, app_user(), 8192)""",
            id=session_id,
        )
        unit.run(
            """INSERT INTO turns (tenant_id, session_id, sequence, id, turn_id, role, content, complete)
               VALUES (%(tenant_id)s, %(id)s, 1, %(turn)s, 't', 'assistant', '…', false)""",
            id=session_id,
            turn=new_id(),
        )
    for _ in range(2):
        with database.unit(person) as unit:
            unit.run(
                """UPDATE turns SET complete = true, interrupted = true, stt_ms = 150, llm_ms = 200, tts_ms = 0,
                                    total_ms = 640, sound_ms = 1500
                   WHERE tenant_id = %(tenant_id)s AND session_id = %(id)s""",
                id=session_id,
            )


def test_turns_are_measured_here_once_each(
    learner: ApiClient, stranger: ApiClient, teacher: ApiClient, database: Database
) -> None:
    hold(database, ALPHA)
    body = learner.get("/api/metrics/latency").body
    assert {(one["source"], one["stage"], one["count"], one["avg"]) for one in body["latencies"]} == {
        ("server", "stt", 1, 150),
        ("server", "llm", 1, 200),
        ("server", "e2e", 1, 640),
    }
    (today,) = learner.get("/api/metrics/usage").body["days"]
    assert (today["sessions"], today["turns"], today["interruptions"]) == (1, 1, 1)
    heard = [each.get("/api/stats").body["total_audio_generated_seconds"] for each in (learner, teacher, stranger)]
    assert heard == [1.5, 1.5, 0]
    (user,) = learner.get("/api/metrics/users").body["users"]
    assert (user["user_id"], user["display_name"], user["turns"]) == (ALPHA.user_id, "Alpha Learner", 1)
    assert teacher.get("/api/metrics/users").body["count"] == 1
    for path in ("latency", "usage", "users"):
        answer = stranger.get(f"/api/metrics/{path}").body
        assert [] in answer.values(), answer


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [
        ("summary", "hours", "0"),
        ("summary", "hours", "1.5"),
        ("latency", "hours", "9601"),
        ("usage", "days", "401"),
        ("users", "days", "x"),
        ("sessions", "limit", "0"),
        ("sessions", "clientId", "x" * 201),
    ],
)
def test_a_bad_parameter_is_named(learner: ApiClient, path: str, name: str, value: str) -> None:
    refused(learner.get(f"/api/metrics/{path}", query={name: value}), 400, "invalid_input", field=name)
