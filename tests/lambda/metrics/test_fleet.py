"""Clients by their signs of life, and the model servers somebody wrote down."""

import psycopg
import pytest
from msgspec import UNSET, Struct, UnsetType

from tests.contract.decoding import Int, Moment, decode, refused
from tests.support.api import ApiClient

PHONE = {
    "X-Client-ID": "phone-1",
    "X-Client-Name": "A phone",
    "X-Client-Platform": "iOS",
    "X-Client-Version": "1.4",
}
SERVER = {"name": "mill", "type": "llm", "url": "https://mill.school.example/v1", "models": ["qwen"]}


class Alive(Struct):
    status: str
    server_time: Moment
    client_id: str


class Client(Struct):
    """As the console reads it."""

    id: str
    name: str
    device_model: str
    os_version: str
    app_version: str
    first_seen: float
    last_seen: float
    ip_address: str
    status: str
    total_sessions: Int
    total_logs: Int
    config: dict[str, str]
    current_session_id: str | UnsetType = UNSET


class Clients(Struct):
    clients: list[Client]
    total: Int
    online: Int
    idle: Int
    offline: Int


class AndroidClient(Struct):
    id: str
    name: str
    platform: str
    version: str
    status: str
    connected_at: Moment
    last_seen: Moment


def clients(client: ApiClient) -> list[Client]:
    return decode(client.get("/api/clients"), Clients).clients


def test_a_sign_of_life_is_remembered_and_says_nothing_twice(learner: ApiClient) -> None:
    body = {"device_model": "Pixel 9", "status": "talking", "current_session_id": "s", "config": {"stt_provider": "a"}}
    assert decode(learner.post("/api/clients/heartbeat", body, headers=PHONE), Alive).client_id == "phone-1"
    learner.post("/api/clients/heartbeat", {"os_version": "17", "config": {"tts_provider": "b"}}, headers=PHONE)
    (found,) = clients(learner)
    assert (found.name, found.device_model, found.os_version, found.app_version) == ("A phone", "Pixel 9", "17", "1.4")
    assert (found.status, found.current_session_id) == ("online", "s")
    assert found.config == {"stt_provider": "a", "tts_provider": "b"}
    assert found.first_seen <= found.last_seen


def test_reports_and_logs_are_signs_of_life_too(learner: ApiClient) -> None:
    learner.post("/api/logs", [{"level": "info", "message": "m"}] * 3, headers=PHONE)
    learner.post("/api/metrics", {"session_duration": 1, "turns_total": 1}, headers=PHONE)
    learner.post("/api/metrics/ingest", {"sttLatencyMs": 1}, headers=PHONE)
    (found,) = clients(learner)
    assert (found.total_logs, found.total_sessions) == (3, 2)


@pytest.mark.parametrize(("seconds", "status"), [(59, "online"), (61, "idle"), (301, "offline")])
def test_silence_makes_a_client_idle_and_then_offline(
    learner: ApiClient, database_url: str, seconds: int, status: str
) -> None:
    learner.post("/api/clients/heartbeat", {}, headers=PHONE)
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE clients SET last_seen = now() - make_interval(secs => %s)", (seconds,))
    answer = decode(learner.get("/api/clients"), Clients)
    assert [client.status for client in answer.clients] == [status]
    counted = {"online": answer.online, "idle": answer.idle, "offline": answer.offline}
    assert counted == {"online": 0, "idle": 0, "offline": 0} | {status: 1}


def test_android_reads_a_bare_list(learner: ApiClient) -> None:
    learner.post("/api/clients/heartbeat", {}, headers=PHONE)
    answer = learner.get("/api/clients", headers={"X-Client-Platform": "Android"})
    (found,) = decode(answer, list[AndroidClient])
    assert (found.id, found.platform, found.version, found.status) == ("phone-1", "iOS", "1.4", "online")


def test_strangers_meet_nobody_and_a_teacher_everybody(
    learner: ApiClient, stranger: ApiClient, teacher: ApiClient
) -> None:
    learner.post("/api/clients/heartbeat", {}, headers=PHONE)
    assert clients(stranger) == []
    refused(stranger.get("/api/metrics/clients/phone-1"), 404, "not_found")
    assert [client.id for client in clients(teacher)] == ["phone-1"]
    assert teacher.get("/api/metrics/clients/phone-1").body["clientId"] == "phone-1"
    stranger.post("/api/clients/heartbeat", {"device_model": "theirs"}, headers=PHONE)
    assert [client.device_model for client in clients(learner)] == [""]


@pytest.mark.parametrize(
    ("body", "field"),
    [({"device_model": 7}, "device_model"), ({"config": {"a": 1}}, "config"), ({"status": "x" * 201}, "status")],
)
def test_a_bad_sign_of_life_is_named(learner: ApiClient, body: dict[str, object], field: str) -> None:
    answer = learner.post("/api/clients/heartbeat", body, headers=PHONE)
    assert (answer.status, answer.body["code"]) == (400, "invalid_input")
    assert any(name.startswith(field) for name in answer.body["details"])
    refused(learner.post("/api/clients/heartbeat", {}), 400, "invalid_input", field="client_id")
    assert clients(learner) == []


def test_a_teacher_writes_servers_down_and_crosses_them_out(
    learner: ApiClient, teacher: ApiClient, stranger: ApiClient
) -> None:
    added = teacher.post("/api/servers", SERVER)
    assert (added.status, added.body["status"], added.body["server"]["port"]) == (200, "ok", 443)
    refused(teacher.post("/api/servers", SERVER), 409, "already_exists")
    answer = learner.get("/api/servers").body
    assert (answer["total"], answer["healthy"], answer["servers"][0]["status"]) == (1, 0, "unknown")
    assert answer["servers"][0]["models"] == ["qwen"]
    assert learner.get("/api/stats").body["registered_servers"] == 1
    path = f"/api/servers/{added.body['server']['id']}"
    for other in (learner, stranger):
        refused(other.post("/api/servers", {**SERVER, "name": "another"}), 403, "forbidden")
        refused(other.delete(path), 403, "forbidden")
    assert teacher.delete(path).body == {"status": "ok"}
    refused(teacher.delete(path), 404, "not_found")
    refused(teacher.delete("/api/servers/nonsense"), 404, "not_found")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"url": "ftp://mill"}, "url"),
        ({"url": "http://"}, "url"),
        ({"url": "http://mill:x"}, "url"),
        ({"port": 0}, "port"),
        ({"port": 65_536}, "port"),
        ({"name": ""}, "name"),
        ({"type": None}, "type"),
        ({"models": "qwen"}, "models"),
    ],
)
def test_a_bad_server_is_named(teacher: ApiClient, change: dict[str, object], field: str) -> None:
    refused(teacher.post("/api/servers", {**SERVER, **change}), 400, "invalid_input", field=field)
    assert teacher.get("/api/servers").body["total"] == 0
