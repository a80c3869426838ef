"""What clients read: supersets of what each of them decodes."""

from datetime import datetime

from msgspec import Struct

from shared.clock import iso
from shared.domain.usage import mode, resets_at
from shared.repositories.metering import PeriodUsage
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


class Budget(Struct, frozen=True):
    """A cap of the tenant, for the running "day" or "month", in micro-dollars; `left` counts what is reserved as spent.

    `mode`: "full", "text" (no speech that costs) or "exhausted".
    """

    period: str
    cap_micro_usd: int
    spent_micro_usd: int
    reserved_micro_usd: int
    left_micro_usd: int
    mode: str
    resets_at: str


class Used(Struct, frozen=True):
    """What the caller used on a day, of one kind."""

    day: str
    kind: str
    unit: str
    quantity: int
    micro_usd: int


class Usage(Struct, frozen=True):
    """The tenant's budgets, and what the caller used in the running month."""

    budgets: list[Budget]
    total_micro_usd: int
    usage: list[Used]


def budget_answer(found: PeriodUsage, now: datetime) -> Budget:
    """Return a budget as clients read it."""
    left = max(0, found.cap - found.spent - found.reserved)
    return Budget(
        period=found.period,
        cap_micro_usd=found.cap,
        spent_micro_usd=found.spent,
        reserved_micro_usd=found.reserved,
        left_micro_usd=left,
        mode=mode(left, found.cap).value,
        resets_at=iso(resets_at(found.period, now)),
    )


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
