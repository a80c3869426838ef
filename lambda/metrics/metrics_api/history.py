"""What all use amounts to: summaries, sessions, days, people and latencies. The sums were taken when it happened."""

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from metrics_api.answers import snapshot_answer
from metrics_api.requests import LONGEST_PAGE, Name
from shared.api import Access, Request, Routes
from shared.clock import iso
from shared.repositories.clients import ClientRepository
from shared.repositories.measurements import ClientSession, Latency, MeasurementRepository
from shared.repositories.metrics import MetricsRepository

routes = Routes("metrics")

Hours = Annotated[int, Meta(ge=1, le=24 * 400)]
Days = Annotated[int, Meta(ge=1, le=400)]


class Window(Struct, frozen=True):
    """How far back, and whose: `client` is a kind of client or the name of one."""

    client: Name | None = None
    hours: Hours = 24


class FindSessions(Struct, frozen=True, rename={"client_id": "clientId"}):
    """Which of the clients' own sessions."""

    client: Name | None = None
    client_id: Name | None = None
    limit: Annotated[int, Meta(ge=1, le=1_000)] = 100


class Page(Struct, frozen=True):
    """How many."""

    limit: Annotated[int, Meta(ge=1)] = 100


class DaysBack(Struct, frozen=True):
    """How far back."""

    days: Days = 30


class EndToEnd(Struct, frozen=True):
    """Latencies from the end of a question to the first sound of its answer, in milliseconds."""

    count: int
    median_e2e_ms: float
    p50: float
    p95: float
    p99: float
    min: float
    max: float
    avg: float


class Summary(Struct, frozen=True, rename="camel"):
    """What clients measured within a window."""

    time_window: str
    total_metrics: int
    unique_clients: int
    unique_sessions: int
    by_provider: dict[str, dict[str, float]]
    latency_stats: EndToEnd | UnsetType = UNSET


class SessionAnswer(Struct, frozen=True, rename="camel", kw_only=True):
    """What a client measured in one of its own sessions; times in seconds since 1970, latencies in milliseconds."""

    session_id: str
    client: str
    client_id: str
    client_name: str
    first_seen: float
    last_seen: float
    metrics_count: int
    providers: dict[str, Any]
    stats: dict[str, float]


class Sessions(Struct, frozen=True):
    """The sessions clients measured, the latest first."""

    sessions: list[SessionAnswer]
    total: int
    filtered: int


class ClientMetrics(Struct, frozen=True, rename="camel"):
    """The newest summaries of one client."""

    client_id: str
    metrics_count: int
    metrics: list[dict[str, object]]


class StageLatency(Struct, frozen=True):
    """A stage's latencies in milliseconds; percentiles are right to 2.5 %."""

    source: str
    stage: str
    count: int
    p50: float
    p95: float
    p99: float
    min: float
    max: float
    avg: float


class Latencies(Struct, frozen=True):
    """Every stage's latencies within a window: "server" measured its turns, "client" reported its own."""

    hours: int
    latencies: list[StageLatency]


class UsageDay(Struct, frozen=True):
    """A day (UTC) of use; seconds and US dollars as clients reported them."""

    date: str
    sessions: int
    turns: int
    interruptions: int
    duration_seconds: float
    cost_usd: float


class UsageDays(Struct, frozen=True):
    """The days on which anything happened."""

    days: list[UsageDay]
    count: int


class UserUse(Struct, frozen=True):
    """One person's use."""

    user_id: str
    display_name: str
    sessions: int
    turns: int
    interruptions: int
    duration_seconds: float
    last_active: str


class Users(Struct, frozen=True):
    """The people who did anything, the most active first."""

    users: list[UserUse]
    count: int


@routes.get("/api/metrics/summary", access=Access.CLIENT)
def get_summary(request: Request, query: Window) -> Summary:
    """Return what clients measured within a window."""
    with request.unit() as unit:
        measurements = MeasurementRepository(unit)
        latencies = measurements.latencies(hours=query.hours, client=query.client)
        providers = measurements.by_provider(hours=query.hours, client=query.client)
        reporters = measurements.reporters(hours=query.hours, client=query.client)
    found = [one for one in latencies.result if (one.source, one.stage) == ("client", "e2e")]
    return Summary(
        time_window=f"{query.hours}h",
        total_metrics=reporters.result.measured,
        unique_clients=reporters.result.clients,
        unique_sessions=reporters.result.sessions,
        by_provider={one.provider: {"count": one.count, "avg_e2e_ms": one.average} for one in providers.result},
        latency_stats=_end_to_end(found[0]) if found else UNSET,
    )


@routes.get("/api/metrics/sessions", access=Access.CLIENT)
def list_client_sessions(request: Request, query: FindSessions) -> Sessions:
    """Return what clients measured in their own sessions."""
    with request.unit() as unit:
        found = MeasurementRepository(unit).client_sessions(
            client=query.client, client_id=query.client_id, limit=query.limit
        )
    sessions = [_session(session) for session in found.result]
    return Sessions(sessions, len(sessions), len(sessions))


@routes.get("/api/metrics/clients/{client_id}", access=Access.CLIENT)
def get_client_metrics(request: Request, client_id: str, query: Page) -> ClientMetrics:
    """Return the newest summaries of one client."""
    with request.unit() as unit:
        known = ClientRepository(unit).get(client_id)
        metrics = MetricsRepository(unit)
        found = metrics.find(client_id=client_id, limit=min(query.limit, LONGEST_PAGE))
    return ClientMetrics(known.result.id, known.result.reports, [snapshot_answer(one) for one in found.result])


@routes.get("/api/metrics/latency", access=Access.CLIENT)
def get_latency(request: Request, query: Window) -> Latencies:
    """Return every stage's latencies within a window."""
    with request.unit() as unit:
        found = MeasurementRepository(unit).latencies(hours=query.hours, client=query.client)
    return Latencies(query.hours, [_stage(one) for one in found.result])


@routes.get("/api/metrics/usage", access=Access.CLIENT)
def get_usage_days(request: Request, query: DaysBack) -> UsageDays:
    """Return what was done on each day."""
    with request.unit() as unit:
        found = MeasurementRepository(unit).days(days=query.days)
    days = [
        UsageDay(
            one.day.isoformat(), one.sessions, one.turns, one.interruptions, one.reported_seconds, one.reported_usd
        )
        for one in found.result
    ]
    return UsageDays(days, len(days))


@routes.get("/api/metrics/users", access=Access.CLIENT)
def get_users(request: Request, query: DaysBack) -> Users:
    """Return what each person did: everybody for those who teach or run the tenant, else only the caller."""
    with request.unit() as unit:
        found = MeasurementRepository(unit).people(days=query.days, limit=LONGEST_PAGE)
    users = [
        UserUse(
            one.user_id,
            one.display_name,
            one.sessions,
            one.turns,
            one.interruptions,
            one.reported_seconds,
            iso(one.last_hour),
        )
        for one in found.result
    ]
    return Users(users, len(users))


def _end_to_end(found: Latency) -> EndToEnd:
    return EndToEnd(
        count=found.count,
        median_e2e_ms=found.p50,
        p50=found.p50,
        p95=found.p95,
        p99=found.p99,
        min=found.least,
        max=found.most,
        avg=found.average,
    )


def _stage(found: Latency) -> StageLatency:
    return StageLatency(
        found.source,
        found.stage,
        found.count,
        found.p50,
        found.p95,
        found.p99,
        found.least,
        found.most,
        found.average,
    )


def _session(found: ClientSession) -> SessionAnswer:
    stats: dict[str, float] = {}
    if found.e2e_count and found.e2e_least is not None and found.e2e_most is not None:
        average = found.e2e_sum / found.e2e_count
        stats = {"count": found.e2e_count, "avg": average, "min": found.e2e_least, "max": found.e2e_most}
    return SessionAnswer(
        session_id=found.session_id,
        client=found.client,
        client_id=found.client_id,
        client_name=found.client_name,
        first_seen=found.first_seen.timestamp(),
        last_seen=found.last_seen.timestamp(),
        metrics_count=found.measured,
        providers=found.providers,
        stats=stats,
    )
