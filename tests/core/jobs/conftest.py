"""A deployment's jobs in one process: real database, real queue table, handlers of the test's own."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

import psycopg
import pytest

from core.jobs.consumer import Consumer
from core.jobs.port import RunningJob
from core.jobs.queue.postgres import PostgresQueue
from core.jobs.registry import Registry
from core.jobs.relay import Relay
from core.jobs.threads import JobDatabase
from shared.clock import utc_now
from shared.db import Database, TenantEntry, Unit
from shared.errors import Unavailable
from shared.ids import new_id
from shared.repositories.jobs import JobEvent, JobRepository, StoredJob
from tests.conftest import ALPHA

Result = TypeVar("Result")
Work = Callable[[RunningJob], Awaitable[Mapping[str, object]]]


@dataclass
class Handler:
    """A kind of job whose work is a function."""

    kind: str
    work: Work

    async def run(self, job: RunningJob) -> Mapping[str, object]:
        return await self.work(job)


@dataclass
class House:
    """What a test needs of a deployment with jobs. `close` is called at its end."""

    database: Database
    jobs: JobDatabase
    url: str
    tasks: list[asyncio.Task[None]] = field(default_factory=list[asyncio.Task[None]])

    def add(self, kind: str, payload: Mapping[str, object] | None = None, entry: TenantEntry = ALPHA) -> str:
        with self.database.unit(entry) as unit:
            added = JobRepository(unit).add(new_id(), kind, payload or {})
        return added.result

    def get(self, job_id: str, entry: TenantEntry = ALPHA) -> StoredJob:
        with self.database.unit(entry) as unit:
            found = JobRepository(unit).get(job_id)
        return found.result

    def events(self, job_id: str) -> list[JobEvent]:
        with self.database.unit(ALPHA) as unit:
            found = JobRepository(unit).events(job_id)
        return found.result

    def ask(self, verb: str, job_id: str) -> None:
        with self.database.unit(ALPHA) as unit:
            getattr(JobRepository(unit), verb)(job_id)

    def effects(self) -> int:
        """How many rows handlers have written."""
        with self.database.unit(ALPHA) as unit:
            found = JobRepository(unit).find(kind="effect", limit=10_000)
        return len(found.result)

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Do what only time, or an accident, would do."""
        with psycopg.connect(self.url) as connection:
            cursor = connection.execute(statement.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def queue(self, *, lease_s: float = 30) -> PostgresQueue:
        return PostgresQueue(self.jobs, lease_s=lease_s)

    def consumer(self, *handlers: Handler, lease_s: int = 30, slots: int = 4, start: bool = True) -> Consumer:
        async def no_schedules(_name: str) -> bool:
            return False

        queue = self.queue(lease_s=lease_s)
        consumer = Consumer(self.jobs, queue, Registry(handlers), tick=no_schedules, slots=slots, lease_s=lease_s)
        if start:
            self.tasks.append(asyncio.create_task(consumer.run()))
        return consumer

    def relay(self, *, start: bool = True) -> Relay:
        relay = Relay(self.jobs, self.queue(), slots=4)
        if start:
            self.tasks.append(asyncio.create_task(relay.run()))
        return relay

    async def until(self, job_id: str, status: str, entry: TenantEntry = ALPHA) -> StoredJob:
        """Return the job once it is in a state."""

        def look() -> StoredJob | None:
            try:
                job = self.get(job_id, entry)
            except Unavailable:
                return None  # the test has cut every connection, this one too
            return job if job.status == status else None

        return await eventually(look)

    async def close(self) -> None:
        for task in self.tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        self.jobs.close()


async def eventually(look: Callable[[], Result | None], *, within_s: float = 30) -> Result:
    """Return what is seen once there is something; asked again and again, in a thread."""
    async with asyncio.timeout(within_s):
        while True:
            if found := await asyncio.to_thread(look):
                return found
            await asyncio.sleep(0.02)


def an_effect(unit: Unit) -> None:
    """Write a row that can be counted."""
    JobRepository(unit).add(new_id(), "effect", {}, after=utc_now() + timedelta(days=1))


@pytest.fixture
async def house(database: Database, database_url: str) -> AsyncIterator[House]:
    made = House(database, JobDatabase(database_url), database_url)
    yield made
    await made.close()
