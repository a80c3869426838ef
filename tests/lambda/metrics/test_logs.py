"""Logs in, searched and cleared over HTTP."""

from typing import Any

import pytest

from tests.support.api import Answer, ApiClient

HEADERS = {"X-Client-ID": "phone-1", "X-Client-Name": "A phone"}
ENTRY: dict[str, Any] = {
    "level": "info",
    "message": "The microphone is open",
    "label": "audio",
    "timestamp": 1_767_261_600_123,
    "file": "Recorder.kt",
    "function": "open",
    "line": 42,
    "metadata": {"rate": 16_000, "route": None},
}


def refused(answer: Answer, field: str) -> None:
    assert (answer.status, answer.body["code"]) == (400, "invalid_input"), answer.body
    assert any(name.startswith(field) for name in answer.body["details"]), answer.body


def messages(client: ApiClient, **query: str) -> list[str]:
    answer = client.get("/api/logs", query=query)
    assert answer.status == 200, answer.body
    return [log["message"] for log in answer.body["logs"]]


@pytest.mark.parametrize("path", ["/log", "/api/logs"])
def test_an_entry_arrives_whole(learner: ApiClient, path: str) -> None:
    assert learner.post(path, ENTRY, headers=HEADERS).body == {"status": "ok", "received": 1}
    (log,) = learner.get("/api/logs").body["logs"]
    assert isinstance(log.pop("received_at"), float)
    assert log.pop("id")
    assert log == {
        **ENTRY,
        "level": "INFO",
        "timestamp": "2026-01-01T10:00:00Z",
        "client_id": "phone-1",
        "client_name": "A phone",
    }


def test_a_batch_keeps_its_order_and_may_be_empty(learner: ApiClient) -> None:
    batch = [{"level": "DEBUG", "message": str(number)} for number in range(20)]
    assert learner.post("/api/logs", batch).body["received"] == 20
    assert learner.post("/api/logs", []).body["received"] == 0
    assert messages(learner) == [str(number) for number in reversed(range(20))]


@pytest.mark.parametrize(
    ("sent", "stored"),
    [("warn", "WARNING"), ("Error", "ERROR"), ("FAULT", "CRITICAL"), ("verbose", "DEBUG"), ("notice", "INFO")],
)
def test_every_platforms_levels_are_known(learner: ApiClient, sent: str, stored: str) -> None:
    learner.post("/api/logs", {"level": sent, "message": "m"})
    assert learner.get("/api/logs").body["logs"][0]["level"] == stored


def test_entries_are_found_by_what_they_say(learner: ApiClient) -> None:
    learner.post("/api/logs", ENTRY, headers=HEADERS)
    learner.post("/api/logs", {"level": "error", "message": "100% wrong", "label": "net", "timestamp": ""})
    assert messages(learner, level="ERROR,critical") == ["100% wrong"]
    assert messages(learner, search="MICROPHONE") == ["The microphone is open"]
    assert messages(learner, search="0%") == ["100% wrong"]
    assert messages(learner, search="_icrophone") == []
    assert messages(learner, label="audio") == ["The microphone is open"]
    assert messages(learner, client_id="phone-1") == ["The microphone is open"]
    assert len(messages(learner, since="2026-01-01T00:00:00Z")) == 2
    assert messages(learner, since="2999-01-01T00:00:00Z") == []
    answer = learner.get("/api/logs", query={"limit": "1", "offset": "1"}).body
    assert (answer["total"], answer["limit"], answer["offset"], len(answer["logs"])) == (2, 1, 1, 1)


def test_a_stranger_neither_sees_nor_clears_them_and_a_teacher_does_both(
    learner: ApiClient, stranger: ApiClient, teacher: ApiClient
) -> None:
    learner.post("/api/logs", [ENTRY, {"level": "error", "message": "e"}, {"level": "warn", "message": "w"}])
    assert messages(stranger) == []
    assert stranger.delete("/api/logs").body == {"status": "ok", "cleared": 0}
    stats = learner.get("/api/stats").body
    assert (stats["total_logs"], stats["errors_count"], stats["warnings_count"]) == (3, 1, 1)
    assert (stats["logs_last_hour"], stranger.get("/api/stats").body["total_logs"]) == (3, 0)
    assert len(messages(teacher)) == 3
    assert teacher.delete("/api/logs").body == {"status": "ok", "cleared": 3}
    assert messages(learner) == []


BAD: list[tuple[str, object]] = [
    ("level", "loud"),
    ("level", None),
    ("level", 7),
    ("message", None),
    ("message", "a\x00"),
    ("message", "m" * 16_385),
    ("timestamp", "yesterday"),
    ("timestamp", 1e300),
    ("line", -1),
    ("line", 1.5),
    ("metadata", []),
    ("label", "x" * 201),
]


@pytest.mark.parametrize(("field", "value"), BAD)
def test_a_bad_field_is_named_and_nothing_of_its_batch_is_stored(learner: ApiClient, field: str, value: object) -> None:
    bad = {**ENTRY, field: value}
    refused(learner.post("/api/logs", bad), field)
    answer = learner.post("/api/logs", [ENTRY, bad])
    assert (answer.status, answer.body["code"]) == (400, "invalid_input")
    assert messages(learner) == []


def test_too_much_at_once_is_refused(learner: ApiClient) -> None:
    refused(learner.post("/api/logs", [{"level": "info", "message": ""}] * 1_001), "body")
    assert learner.post("/api/logs", body=b" " * ((1 << 20) + 1)).status == 413
    for body in (b"[", b'"text"', b"\xff"):
        assert learner.post("/api/logs", body=body).status == 400


@pytest.mark.parametrize(
    ("name", "value"), [("limit", "0"), ("limit", "1001"), ("offset", "-1"), ("level", "loud"), ("since", "soon")]
)
def test_a_bad_parameter_is_named(learner: ApiClient, name: str, value: str) -> None:
    refused(learner.get("/api/logs", query={name: value}), name)
