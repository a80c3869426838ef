"""HTTP in and out of the metrics service."""

import time
from functools import lru_cache
from typing import Final

from metrics_api.answers import (
    Accepted,
    Health,
    Ingested,
    MetricsAnswer,
    Stats,
    snapshot_answer,
    stats_answer,
)
from metrics_api.presence import sighting_of
from metrics_api.processes import running
from metrics_api.requests import LONGEST_PAGE, Batch, ListMetrics, SingleEvent
from metrics_api.rules import event_of, known_client, read_report, snapshot_of
from shared.api import Access, Request, Routes
from shared.api.decoding import decode_body
from shared.clock import iso, utc_now
from shared.db import Database, TenantEntry
from shared.errors import InvalidInput, Unavailable
from shared.repositories.clients import ClientRepository
from shared.repositories.measurements import MeasurementRepository
from shared.repositories.metrics import MetricsRepository
from shared.repositories.model_servers import ModelServerRepository
from shared.repositories.processes import ProcessRepository
from shared.version import VERSION

routes = Routes("metrics")
routes.part("metrics_api.description", "/", "/api")
routes.part("metrics_api.usage", "/api/usage")
routes.part("metrics_api.logs", "/api/logs", "/log")
routes.part("metrics_api.fleet", "/api/clients", "/api/servers")
routes.part(
    "metrics_api.history",
    "/api/metrics/summary",
    "/api/metrics/latency",
    "/api/metrics/usage",
    "/api/metrics/sessions",
    "/api/metrics/users",
    "/api/metrics/clients",
)
routes.part("metrics_api.system", "/api/system", "/api/services", "/api/metrics/system")
routes.part("metrics_api.models", "/api/models")
routes.part("metrics_api.providers", "/api/providers")

_STARTED: Final = time.monotonic()
# How long an answer about the database stands: checks come often, and anybody may make them.
_PROBE_S: Final = 2.0
_REPORT_BYTES: Final = 1 << 16


@routes.post("/api/metrics", access=Access.CLIENT, max_body=_REPORT_BYTES)
def add_metrics(request: Request, body: dict[str, object]) -> Accepted:
    """Store a client's summary of one session, once however often it is sent."""
    client = request.client
    new = snapshot_of(read_report(body), body, client_id=client.id, client_name=client.name, now=utc_now())
    with request.unit() as unit:
        snapshot_id = MetricsRepository(unit).add(new)
        ClientRepository(unit).seen(sighting_of(request, new.client_id, name=new.client_name, reports=1))
    return Accepted("ok", snapshot_id.result)


@routes.get("/api/metrics", access=Access.CLIENT)
def list_metrics(request: Request, query: ListMetrics) -> MetricsAnswer:
    """Return the newest summaries the caller sees, and figures over all of them."""
    with request.unit() as unit:
        metrics = MetricsRepository(unit)
        found = metrics.find(client_id=query.client_id, limit=min(query.limit, LONGEST_PAGE))
        aggregates = metrics.aggregates(client_id=query.client_id)
    return MetricsAnswer([snapshot_answer(snapshot) for snapshot in found.result], aggregates.result)


@routes.post("/api/metrics/ingest", access=Access.CLIENT)
def ingest_metrics(request: Request, body: dict[str, object]) -> Ingested:
    """Store single events, one or a batch, each once however often it is sent."""
    if not body:
        raise InvalidInput("metrics: required", details={"metrics": "required"})
    if "metrics" in body:
        told = decode_body(request.http.body, Batch)
        events = told.metrics
    else:
        told = decode_body(request.http.body, SingleEvent)
        events = [body]
    client_id = known_client(told.client_id, request.client.id)
    with request.unit() as unit:
        MetricsRepository(unit).ingest(
            client=told.client or request.client.platform,
            client_id=client_id,
            client_name=told.client_name or request.client.name,
            events=[event_of(event) for event in events],
        )
        ClientRepository(unit).seen(sighting_of(request, client_id, name=told.client_name or "", reports=len(events)))
    return Ingested("ok", len(events), client_id)


@routes.get("/api/stats", access=Access.CLIENT)
def get_stats(request: Request) -> Stats:
    """Return figures over everything the caller sees."""
    with request.unit() as unit:
        totals = MeasurementRepository(unit).totals()
        servers = ModelServerRepository(unit).find()
        processes = ProcessRepository(unit).find()
    sockets = sum(process.sockets for process in running(processes.result))
    return stats_answer(totals.result, servers=len(servers.result), sockets=sockets, uptime_s=_uptime())


@routes.get("/health", access=Access.PUBLIC)
@routes.get("/api/health", access=Access.PUBLIC)
def get_health(request: Request) -> Health:
    """Say that this process lives, and whether its database answers."""
    answers = _database_answers(request.context.database, int(time.monotonic() / _PROBE_S))
    now = iso(utc_now())
    return Health(
        status="healthy",
        version=VERSION,
        timestamp=now,
        server_time=now,
        uptime=_uptime(),
        uptime_seconds=_uptime(),
        database="ok" if answers else "unavailable",
    )


def _uptime() -> int:
    return int(time.monotonic() - _STARTED)


@lru_cache(maxsize=4)
def _database_answers(database: Database, _period: int) -> bool:
    """Tell whether the database answers, asking it once per period."""
    try:
        with database.unit(TenantEntry(None)):
            pass
    except Unavailable:
        return False
    return True
