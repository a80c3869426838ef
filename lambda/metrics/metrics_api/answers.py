"""What clients read: supersets of what each of them decodes."""

from msgspec import Struct

from shared.clock import iso
from shared.repositories.measurements import Totals
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
        **{name: getattr(snapshot, name) for name in Measures.__struct_fields__},
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

    Nobody calls the servers that were written down, so none is known to be healthy. Sockets are those of the whole
    deployment, as its processes last told. The seconds of sound are those of the tutor's answers.
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
    total_logs: int
    total_logs_received: int
    logs_last_hour: int
    errors_count: int
    warnings_count: int
    total_servers: int
    registered_servers: int
    websocket_connections: int
    total_audio_generated_seconds: float
    healthy_servers: int = 0


def stats_answer(totals: Totals, *, servers: int, sockets: int, uptime_s: int) -> Stats:
    """Return the figures as all three clients read them."""
    return Stats(
        uptime_seconds=uptime_s,
        total_metrics=totals.total_metrics,
        total_metrics_received=totals.total_metrics,
        avg_e2e_latency=totals.avg_e2e_latency,
        avg_llm_ttft=totals.avg_llm_ttft,
        online_clients=totals.online_clients,
        total_clients=totals.total_clients,
        sessions_last_hour=totals.sessions_last_hour,
        total_sessions=totals.total_sessions,
        active_sessions=totals.active_sessions,
        total_turns=totals.total_turns,
        avg_session_duration=totals.avg_session_duration,
        total_logs=totals.total_logs,
        total_logs_received=totals.total_logs,
        logs_last_hour=totals.logs_last_hour,
        errors_count=totals.errors,
        warnings_count=totals.warnings,
        total_servers=servers,
        registered_servers=servers,
        websocket_connections=sockets,
        total_audio_generated_seconds=round(totals.answer_seconds, 1),
    )
