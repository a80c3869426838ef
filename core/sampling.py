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

from shared.clock import utc_now
from shared.db import Database, TenantEntry
from shared.ids import new_id
from shared.repositories.processes import SAMPLE_S, ProcessRepository, Sample


class RequestCounter:
    """Counts the HTTP requests of an application, sockets among them."""

    def __init__(self) -> None:
        self.total = 0

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Count one request and pass it on."""
        self.total += 1
        return await handler(request)


@dataclass(slots=True, kw_only=True)
class Sampler:
    """Tells the database, round by round, what this process does.

    Attributes:
        service: what this process is.
        models: of its providers: {type, server, name} each, in the order of preference.
        folder: whose disk counts.
        sessions: how many are live. requests, answers: how many there have been since the start.
    """

    database: Database
    service: str
    models: Sequence[Mapping[str, str]]
    folder: Path
    sessions: Callable[[], int]
    requests: Callable[[], int]
    answers: Callable[[], int]
    _id: str = field(default_factory=new_id)
    _started_at: datetime = field(default_factory=utc_now)
    _process: psutil.Process = field(default_factory=psutil.Process)
    _told: tuple[int, int] = (0, 0)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def tell(self) -> None:
        """Tell of the time since the last round; what could not be told is told with the next.

        Raises: Unavailable: the database is away.
        """
        with self._lock:
            requests, answers = self.requests(), self.answers()
            sample = self._sample(requests - self._told[0], answers - self._told[1])
            with self.database.unit(TenantEntry(None)) as unit:
                ProcessRepository(unit).note(sample)
            self._told = requests, answers

    def _sample(self, requests: int, answers: int) -> Sample:
        return Sample(
            id=self._id,
            service=self.service,
            started_at=self._started_at,
            # Both count from their last call; the first answers 0.
            cpu_percent=self._process.cpu_percent(),
            host_cpu_percent=psutil.cpu_percent(),
            memory_bytes=self._process.memory_info().rss,
            host_memory_percent=psutil.virtual_memory().percent,
            disk_percent=psutil.disk_usage(os.fspath(self.folder)).percent,
            sessions=self.sessions(),
            requests=requests,
            inferences=answers,
            requests_per_minute=requests * 60 // SAMPLE_S,
            models=self.models,
        )
