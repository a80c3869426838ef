"""What this process says of itself: read from the operating system, told to the database for the console."""

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import psutil
from aiohttp import web
from aiohttp.typedefs import Handler

from core.observability.record import TurnRecord
from core.providers import Providers
from core.providers.fallback import Chain, breakers
from shared.clock import utc_now
from shared.db import Database, TenantEntry
from shared.ids import new_id
from shared.repositories.processes import SAMPLE_S, ProcessRepository, Sample


def models_of(providers: Providers) -> list[dict[str, str]]:
    """Return the vendors of each stage in the order they are asked: {type, server, name, status} each.

    The status is "available", or "resting" while a vendor that failed is left alone.
    """
    stages = {"stt": providers.stt, "llm": providers.llm, "tts": providers.tts}
    found: list[dict[str, str]] = []
    for stage, provider in stages.items():
        vendors = provider.vendors if isinstance(provider, Chain) else (provider,)
        ready = [breaker.ready for breaker in breakers(provider)] or [True]
        found += [
            {
                "type": stage,
                "server": vendor.name,
                "name": vendor.model,
                "status": "available" if is_ready else "resting",
            }
            for vendor, is_ready in zip(vendors, ready, strict=True)
        ]
    return found


class RequestCounter:
    """Counts the HTTP requests of an application, sockets among them."""

    def __init__(self) -> None:
        self.total = 0

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Count one request and pass it on."""
        self.total += 1
        return await handler(request)


class AnswerCounter:
    """Counts the turns that are over; an Observe."""

    def __init__(self) -> None:
        self.total = 0

    def __call__(self, _record: TurnRecord) -> None:
        """Count one turn."""
        self.total += 1


@dataclass(slots=True, kw_only=True)
class Sampler:
    """Tells the database, round by round, what this process does.

    Attributes:
        service: what this process is.
        models: of its vendors, as models_of tells them.
        folder: whose disk counts.
        requests, answers: how many there have been since the start.
        rested: seconds in each state of rest since the start.
        sockets: how many are open.
        told: called with each sample once the database has it.
    """

    database: Database
    service: str
    models: Callable[[], Sequence[Mapping[str, str]]]
    folder: Path
    requests: Callable[[], int]
    answers: Callable[[], int]
    rested: Callable[[], Mapping[str, float]] = dict[str, float]
    sockets: Callable[[], int] = lambda: 0
    told: Callable[[Sample], None] = lambda _sample: None
    _id: str = field(default_factory=new_id)
    _started_at: datetime = field(default_factory=utc_now)
    _process: psutil.Process = field(default_factory=psutil.Process)
    _told: tuple[int, int, Mapping[str, float]] = field(default_factory=lambda: (0, 0, dict[str, float]()))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def tell(self) -> None:
        """Tell of the time since the last round; what could not be told is told with the next.

        Raises: Unavailable: the database is away.
        """
        with self._lock:
            requests, answers, rested = self.requests(), self.answers(), self.rested()
            before = self._told
            idle = {state: round(seconds - before[2].get(state, 0.0), 3) for state, seconds in rested.items()}
            sample = self._sample(requests - before[0], answers - before[1], idle)
            with self.database.unit(TenantEntry(None)) as unit:
                ProcessRepository(unit).note(sample)
            self._told = requests, answers, rested
        self.told(sample)

    def _disk(self) -> Path:
        """Return the folder, or the closest one above it that is there already."""
        folder = self.folder.resolve()
        return next(there for there in (folder, *folder.parents) if there.exists())

    def _sample(self, requests: int, answers: int, idle: Mapping[str, float]) -> Sample:
        return Sample(
            id=self._id,
            service=self.service,
            started_at=self._started_at,
            # Both count from their last call; the first answers 0.
            cpu_percent=self._process.cpu_percent(),
            host_cpu_percent=psutil.cpu_percent(),
            memory_bytes=self._process.memory_info().rss,
            host_memory_percent=psutil.virtual_memory().percent,
            disk_percent=psutil.disk_usage(os.fspath(self._disk())).percent,
            requests=requests,
            inferences=answers,
            requests_per_minute=requests * 60 // SAMPLE_S,
            models=self.models(),
            sockets=self.sockets(),
            idle_seconds=idle,
        )
