"""Section 5 of the contract, as the console, iOS and Android decode what is measured and what serves."""

from msgspec import UNSET, Struct, UnsetType, field

from shared.ids import new_id
from tests.contract.conftest import World, android
from tests.contract.decoding import Int, Moment, Number, Text, decode, refused
from tests.support.api import ApiClient
from tests.support.process_samples import tell

REPORT = {
    "session_duration": 61.5, "turns_total": 4, "interruptions": 1, "session_id": "s", "stt_latency_median": 150,
    "llm_ttft_median": 300, "tts_ttfb_median": 120, "e2e_latency_median": 640, "total_cost": 0.01,
}  # fmt: skip


class EndToEnd(Struct):
    count: Int
    median_e2e_ms: Number
    p50: Number
    p95: Number
    p99: Number
    min: Number
    max: Number
    avg: Number


class Summary(Struct, rename="camel"):
    time_window: Text
    total_metrics: Int
    unique_clients: Int
    unique_sessions: Int
    by_provider: dict[str, dict[str, Number]]
    latency_stats: EndToEnd | UnsetType = UNSET


class ClientSession(Struct, rename="camel"):
    session_id: Text
    client: str
    client_id: Text
    client_name: str
    first_seen: Number
    last_seen: Number
    metrics_count: Int
    providers: dict[str, str]
    stats: dict[str, Number]


class ClientSessions(Struct):
    sessions: list[ClientSession]
    total: Int
    filtered: Int


class Snapshot(Struct):
    id: Text
    client_id: Text
    client_name: str
    timestamp: Moment
    received_at: Number
    session_duration: Number
    turns_total: Int
    interruptions: Int
    stt_latency_median: Number
    stt_latency_p99: Number
    llm_ttft_median: Number
    llm_ttft_p99: Number
    tts_ttfb_median: Number
    tts_ttfb_p99: Number
    e2e_latency_median: Number
    e2e_latency_p99: Number
    stt_cost: Number
    tts_cost: Number
    llm_cost: Number
    total_cost: Number
    thermal_throttle_events: Int
    network_degradations: Int


class Snapshots(Struct):
    metrics: list[Snapshot]


class ClientMetrics(Snapshots):
    client_id: Text = field(name="clientId")
    metrics_count: Int = field(name="metricsCount")


class Latency(Struct):
    source: Text
    stage: Text
    count: Int
    p50: Number
    p95: Number
    p99: Number


class Latencies(Struct):
    hours: Int
    latencies: list[Latency]


class Day(Struct):
    date: Text
    sessions: Int
    turns: Int
    interruptions: Int
    duration_seconds: Number
    cost_usd: Number


class Days(Struct):
    days: list[Day]
    count: Int


class User(Struct):
    user_id: Text
    display_name: str
    sessions: Int
    turns: Int
    interruptions: Int
    duration_seconds: Number
    last_active: Moment


class Users(Struct):
    users: list[User]
    count: Int


class Budget(Struct):
    period: Text
    cap_micro_usd: Int
    left_micro_usd: Int
    mode: Text
    resets_at: Moment


class Usage(Struct):
    budgets: list[Budget]
    first: Text
    last: Text
    total_micro_usd: Int


class ConsoleClient(Struct):
    id: Text
    name: str
    device_model: str
    os_version: str
    app_version: str
    first_seen: Number
    last_seen: Number
    ip_address: str
    status: Text
    total_sessions: Int
    total_logs: Int
    config: dict[str, str]
    current_session_id: str | UnsetType = UNSET


class Clients(Struct):
    clients: list[ConsoleClient]
    total: Int
    online: Int
    idle: Int
    offline: Int


class AndroidClient(Struct):
    id: Text
    name: str
    platform: str
    version: str
    status: Text
    connected_at: Moment
    last_seen: Moment


class Server(Struct):
    id: Text
    name: Text
    type: Text
    url: Text
    port: Int
    status: Text
    last_check: Number
    response_time_ms: Number
    capabilities: list[str]
    models: list[str]


class Servers(Struct):
    servers: list[Server]


class Service(Struct):
    id: Text
    name: Text
    status: Text
    uptime: Int


class Services(Struct):
    services: list[Service]
    running: Int


class Model(Struct):
    """iOS drops a model that lacks one of these."""

    id: Text
    name: Text
    type: Text
    server_id: Text
    server_name: Text
    status: Text


class Models(Struct):
    models: list[Model]
    total: Int
    by_type: dict[str, Int]


class Parameters(Struct):
    status: Text
    model: Text
    parameters: dict[str, Number]


class ServiceUse(Struct):
    service_id: Text
    service_name: Text
    status: Text
    cpu_percent: Number
    memory_mb: Number
    gpu_memory_mb: Number
    request_count_5m: Int
    model_loaded: bool
    estimated_power_w: Number
    last_request_time: Number | UnsetType = UNSET


class System(Struct):
    services: dict[str, ServiceUse]


class Hour(Struct):
    hour: Moment
    avg_battery_draw_w: Number
    max_battery_draw_w: Number
    min_battery_percent: Number
    max_battery_percent: Number
    avg_thermal_level: Number
    max_thermal_level: Number
    avg_cpu_temp_c: Number
    max_cpu_temp_c: Number
    avg_cpu_percent: Number
    max_cpu_percent: Number
    service_cpu_avg: dict[str, Number]
    service_cpu_max: dict[str, Number]
    total_requests: Int
    total_inferences: Int
    idle_state_seconds: dict[str, Number]
    sample_count: Int


class Hours(Struct):
    history: list[Hour]


class Diagnostic(Struct):
    status: Text
    enabled: bool
    level: Text


def test_what_a_phone_reports_is_summed_up(learner: ApiClient, nobody: ApiClient) -> None:
    client_id = new_id()
    phone = {"X-Client-ID": client_id, "X-Client-Name": "A phone"}
    assert learner.post("/api/metrics", REPORT, headers=phone).status == 200
    batch = {"client": "ios", "clientId": client_id, "metrics": [{"e2eLatencyMs": 700, "sessionId": "s"}]}
    assert learner.post("/api/metrics/ingest", batch).status == 200
    summary = decode(learner.get("/api/metrics/summary", query={"hours": "1"}), Summary)
    assert isinstance(summary.latency_stats, EndToEnd)
    assert (summary.unique_clients, summary.latency_stats.count) == (1, 2)
    (session,) = decode(learner.get("/api/metrics/sessions", query={"clientId": client_id}), ClientSessions).sessions
    assert (session.session_id, session.metrics_count) == ("s", 2)
    (snapshot,) = decode(learner.get("/api/metrics"), Snapshots).metrics
    own = decode(learner.get(f"/api/metrics/clients/{client_id}"), ClientMetrics)
    assert (own.metrics, own.client_id) == ([snapshot], client_id)
    stages = {(each.source, each.stage) for each in decode(learner.get("/api/metrics/latency"), Latencies).latencies}
    assert {("client", stage) for stage in ("stt", "llm", "tts", "e2e")} <= stages
    (day,) = decode(learner.get("/api/metrics/usage"), Days).days
    assert (day.duration_seconds, day.cost_usd) == (61.5, 0.01)
    (user,) = decode(learner.get("/api/metrics/users"), Users).users
    assert user.duration_seconds == 61.5
    assert {each.period for each in decode(learner.get("/api/usage"), Usage).budgets} == {"day", "month"}
    for path, query in (
        ("metrics", {"limit": "0"}), ("metrics/summary", {"hours": "0"}), ("metrics/sessions", {"limit": "0"}),
        ("metrics/latency", {"hours": "x"}), ("metrics/usage", {"days": "0"}), ("metrics/users", {"days": "0"}),
        ("usage", {"first": "then"}), ("logs", {"limit": "0"}), ("logs", {"since": "then"}),
    ):  # fmt: skip
        refused(learner.get(f"/api/{path}", query=query), 400, "invalid_input", field=next(iter(query)))
    refused(nobody.get(f"/api/metrics/clients/{client_id}"), 401, "missing_token")


def test_clients_in_both_forms(learner: ApiClient) -> None:
    body = {"device_model": "Pixel 9", "status": "idle", "config": {"stt_provider": "x"}, "current_session_id": "s"}
    assert android(learner).post("/api/clients/heartbeat", body).status == 200
    clients = decode(learner.get("/api/clients"), Clients)
    assert (clients.clients[0].device_model, clients.online) == ("Pixel 9", 1)
    assert decode(android(learner).get("/api/clients"), list[AndroidClient])[0].status == "online"


def test_servers_that_nobody_has_checked(teacher: ApiClient) -> None:
    name = f"mill-{new_id()}"
    server = {"name": name, "type": "llm", "url": "http://mill:11434", "models": ["a"]}
    assert teacher.post("/api/servers", server).status == 200
    (found,) = [each for each in decode(teacher.get("/api/servers"), Servers).servers if each.name == name]
    assert (found.status, found.last_check, found.port, found.models) == ("unknown", 0, 11434, ["a"])
    for change, field_ in (({"url": "mill"}, "url"), ({"name": ""}, "name"), ({"port": 0}, "port")):
        refused(teacher.post("/api/servers", {**server, **change}), 400, "invalid_input", field=field_)


def test_what_serves(world: World, learner: ApiClient) -> None:
    process = tell(world.database)
    use = decode(learner.get("/api/system/metrics"), System).services[process]
    assert (use.service_name, use.status, use.model_loaded) == ("core", "running", True)
    services = decode(learner.get("/api/services"), Services)
    assert process in {each.id for each in services.services}
    assert process in {each.id for each in decode(android(learner).get("/api/services"), list[Service])}
    models = decode(learner.get("/api/models"), Models)
    assert models.total == len(models.models) == sum(models.by_type.values()) >= 4
    assert decode(android(learner).get("/api/models"), list[Model]) == models.models
    one = models.models[0].id
    assert decode(learner.get(f"/api/models/{one}/parameters"), Parameters).model == one
    assert decode(learner.get("/api/system/history/hourly"), Hours).history[-1].sample_count >= 1
    assert decode(learner.get("/api/system/diagnostic"), Diagnostic).level == "INFO"
    for path in ("diagnostic", "diagnostic/toggle"):
        refused(learner.post(f"/api/system/{path}", {"enabled": True}), 409, "not_controllable")
