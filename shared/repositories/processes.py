"""The processes that serve this deployment, as each says of itself, and their history.

They are nobody's: no row belongs to a tenant, and none tells of one.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal

import msgspec

from shared.db import Json, Pending, Unit

Grain = Literal["hour", "day"]

# How often a process says something of itself.
SAMPLE_S: Final = 30


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """What a process says of itself.

    Attributes:
        id: UUID of the process, new with each start. service: what it does, such as "core".
        cpu_percent: of one core, since its last word. host_*: of the machine it runs on.
        requests, inferences: HTTP requests and answers to learners since its last word.
        sockets: that are open now.
        requests_per_minute: the former, over a minute.
        idle_seconds: seconds since its last word in each state of rest.
        models: of its vendors: {type, server, name, status} each.
    """

    id: str
    service: str
    started_at: datetime
    cpu_percent: float
    memory_bytes: int
    host_cpu_percent: float
    host_memory_percent: float
    disk_percent: float
    requests: int
    inferences: int
    requests_per_minute: int
    models: Sequence[Mapping[str, str]]
    sockets: int = 0
    idle_seconds: Mapping[str, float] = msgspec.field(default_factory=dict[str, float])


class Process(msgspec.Struct, frozen=True):
    """A process that said something within a day.

    Attributes:
        seconds_silent: since its last word.
        last_request_at: when it last told of requests, to the length of a round; None where it never had any.
    """

    id: str
    service: str
    started_at: datetime
    sampled_at: datetime
    cpu_percent: float
    memory_bytes: int
    host_cpu_percent: float
    host_memory_percent: float
    disk_percent: float
    requests_per_minute: int
    models: list[dict[str, str]]
    seconds_silent: float
    last_request_at: datetime | None
    sockets: int


class Span(msgspec.Struct, frozen=True):
    """An hour or a day of all services.

    Attributes:
        service_cpu: mean and highest percent by service.
        service_idle: seconds in each state of rest by service.
    """

    starts_at: datetime
    samples: int
    cpu_average: float
    cpu_most: float
    memory_average: float
    requests: int
    inferences: int
    service_cpu: dict[str, dict[str, float]]
    service_idle: dict[str, dict[str, float]]


class ProcessRepository:
    """Processes and their history."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def note(self, sample: Sample) -> None:
        """Queue a process's word of itself, which its service's hour and day are told of too."""
        fresh: dict[str, Any] = {
            "id": sample.id,
            "service": sample.service,
            "started_at": sample.started_at.isoformat(),
            "cpu_percent": sample.cpu_percent,
            "memory_bytes": sample.memory_bytes,
            "host_cpu_percent": sample.host_cpu_percent,
            "host_memory_percent": sample.host_memory_percent,
            "disk_percent": sample.disk_percent,
            "requests_per_minute": sample.requests_per_minute,
            "models": sample.models,
            "sockets": sample.sockets,
        }
        # cross-tenant: processes belong to no tenant.
        self._unit.run(
            "SELECT note_process(%(fresh)s, %(requests)s, %(inferences)s, %(idle)s) -- cross-tenant: of the deployment",
            fresh=Json(fresh),
            idle=Json(dict(sample.idle_seconds)),
            requests=sample.requests,
            inferences=sample.inferences,
        )

    def find(self) -> Pending[list[Process]]:
        """Queue the read of all processes, the latest word first; at most a hundred."""
        return self._unit.all(
            Process,
            """SELECT id, service, started_at, sampled_at, cpu_percent, memory_bytes, host_cpu_percent,
                      host_memory_percent, disk_percent, requests_per_minute, models,
                      extract(epoch FROM now() - sampled_at)::float8 AS seconds_silent, last_request_at, sockets
               FROM processes  -- cross-tenant: processes belong to no tenant
               ORDER BY sampled_at DESC, id LIMIT 100""",
        )

    def history(self, grain: Grain, *, days: int) -> Pending[list[Span]]:
        """Queue the read of the running span and those before it, over so many days, the oldest first."""
        return self._unit.all(
            Span,
            """SELECT starts_at, max(samples) AS samples, sum(cpu_sum / samples) AS cpu_average,
                      max(cpu_most) AS cpu_most, max(memory_sum / samples) AS memory_average,
                      sum(requests)::bigint AS requests, sum(inferences)::bigint AS inferences,
                      jsonb_object_agg(service, jsonb_build_object('average', cpu_sum / samples, 'most', cpu_most))
                          AS service_cpu,
                      jsonb_object_agg(service, idle_seconds) AS service_idle
               FROM process_history  -- cross-tenant: processes belong to no tenant
               WHERE grain = %(grain)s AND starts_at > now() - make_interval(days => %(days)s)
               GROUP BY starts_at ORDER BY starts_at""",
            grain=grain,
            days=days,
        )
