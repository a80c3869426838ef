"""`GET /metrics`: what Prometheus scrapes, for whoever asks from this machine."""

import ipaddress
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import msgspec
from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from core.observability.record import TurnRecord
from core.providers.breaker import Breaker, State

# Seconds; closest where a conversation feels quick or slow.
_BUCKETS: Final = (0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0)
# What a proxy or tunnel adds to a request it brings from elsewhere.
_FORWARDED: Final = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "CF-Connecting-IP", "Via")
_STATES: Final = {State.CLOSED: 0, State.TRYING: 1, State.OPEN: 2}


class Readings(msgspec.Struct, frozen=True):
    """What is read when somebody asks.

    Attributes:
        sessions: live voice sockets.
        counts: eager work and the like, by name.
        breakers: of each stage's vendors that have a stand-in.
    """

    sessions: Callable[[], int]
    counts: Callable[[], Mapping[str, int]]
    breakers: Mapping[str, tuple[Breaker, ...]]


class Metrics:
    """The metrics of one process, in a registry of its own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._turns = Counter("unamentis_turns", "Turns that are over.", ["outcome"], registry=self._registry)
        self._problems = Counter(
            "unamentis_problems", "Turns whose learner was told of a failure.", ["code"], registry=self._registry
        )
        self._stages = Histogram(
            "unamentis_turn_stage_seconds",
            "How long the stages of a turn took.",
            ["stage"],
            buckets=_BUCKETS,
            registry=self._registry,
        )

    def read(self, readings: Readings) -> None:
        """Also tell, whenever asked, what is read here."""
        self._registry.register(_Reader(readings))

    def also(self, collector: Collector) -> None:
        """Tell what another part of the process counts, too."""
        self._registry.register(collector)

    def observe(self, record: TurnRecord) -> None:
        """Count a turn."""
        self._turns.labels(record.outcome.value).inc()
        if record.problem:
            self._problems.labels(record.problem).inc()
        for stage in record.stages:
            self._stages.labels(stage.name.value).observe(stage.lasted_ms / 1000)

    async def serve(self, request: web.Request) -> web.Response:
        """Answer a scrape; for anybody but this machine itself there is nothing here."""
        if not _is_from_here(request):
            raise web.HTTPNotFound
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=encode(self._registry), headers={"Content-Type": content_type})


class _Reader(Collector):
    """What has its numbers elsewhere."""

    def __init__(self, readings: Readings) -> None:
        self._readings = readings

    def collect(self) -> Iterator[Metric]:
        """Yield the numbers as they are now."""
        readings = self._readings
        yield GaugeMetricFamily("unamentis_sessions", "Live voice sockets.", value=readings.sessions())
        work = CounterMetricFamily("unamentis_replies", "Replies by what became of them.", labels=["what"])
        for name, count in readings.counts().items():
            work.add_metric([name], count)
        yield work
        yield from self._providers()

    def _providers(self) -> Iterator[Metric]:
        state = GaugeMetricFamily(
            "unamentis_provider_breaker",
            "Of vendors with a stand-in: 0 asked, 1 asked once on trial, 2 left alone.",
            labels=["stage", "provider"],
        )
        calls = CounterMetricFamily(
            "unamentis_provider_calls",
            "Calls of vendors with a stand-in, by result.",
            labels=["stage", "provider", "result"],
        )
        for stage, breakers in self._readings.breakers.items():
            for breaker in breakers:
                state.add_metric([stage, breaker.name], _STATES[breaker.state])
                for result, count in breaker.results.items():
                    calls.add_metric([stage, breaker.name, result], count)
        yield state
        yield calls


def _is_from_here(request: web.Request) -> bool:
    """Tell whether a process of this machine asks, and not a proxy or tunnel on behalf of somebody."""
    if any(name in request.headers for name in _FORWARDED) or request.transport is None:
        return False
    peer = request.transport.get_extra_info("peername")
    return bool(peer) and ipaddress.ip_address(peer[0]).is_loopback
