"""What clients read: supersets of what each of them decodes."""

from msgspec import Struct

from shared.clock import iso
from shared.repositories.metrics import Aggregates, Measures, Snapshot


class Accepted(Struct, frozen=True):
    """A stored summary."""

    status: str
    id: str


class Ingested(Struct, frozen=True, rename="camel"):
    """How many events were taken."""

    status: str
    ingested: int
    client_id: str


class MetricsAnswer(Struct, frozen=True):
    """The newest summaries and what all of them amount to."""

    metrics: list[dict[str, object]]
    aggregates: Aggregates


def snapshot_answer(snapshot: Snapshot) -> dict[str, object]:
    """Return a summary as the console reads it; received_at is in seconds since 1970."""
    answer: dict[str, object] = {
        "id": snapshot.id,
        "client_id": snapshot.client_id,
        "client_name": snapshot.client_name,
        "session_id": snapshot.session_id,
        "timestamp": iso(snapshot.reported_at),
        "received_at": snapshot.received_at.timestamp(),
        **{name: getattr(snapshot, name) for name in Measures.__dataclass_fields__},
    }
    if snapshot.extra:
        answer["raw_data"] = snapshot.extra
    return answer


class Health(Struct, frozen=True):
    """That this process lives; `database` says whether it can work. Times in seconds."""

    status: str
    version: str
    timestamp: str
    server_time: str
    uptime: int
    uptime_seconds: int
    database: str


class Stats(Struct, frozen=True, kw_only=True):
    """Figures for the console, the web client and Android; latencies in milliseconds, durations in seconds.

    Nothing here collects logs, registers servers, speaks or holds sockets: those figures are true zeros.
    """

    uptime_seconds: int
    total_metrics: int
    total_metrics_received: int
    avg_e2e_latency: float
    avg_llm_ttft: float
    online_clients: int
    total_clients: int
    sessions_last_hour: int
    total_sessions: int
    active_sessions: int
    total_turns: int
    avg_session_duration: float
    total_audio_generated_seconds: float = 0.0
    total_logs: int = 0
    total_logs_received: int = 0
    logs_last_hour: int = 0
    errors_count: int = 0
    warnings_count: int = 0
    healthy_servers: int = 0
    total_servers: int = 0
    registered_servers: int = 0
    websocket_connections: int = 0
