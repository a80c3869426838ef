"""Jobs a second in one process, on each queue, beside procrastinate on the same PostgreSQL.

Both run the same number of jobs that leave one row each, eight at once. Ours pass through the outbox, a queue and a
checkpoint; procrastinate's through its own table, and its row is not in the transaction that ends the job.
"""

import asyncio
import importlib
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from benchmarks.demo_database import Demo, demo_database
from benchmarks.jobs.effects import Effect, add_tenant, make_tables, order, query
from benchmarks.jobs.places import Place, queue_url
from core.jobs.queue.postgres import PostgresQueue
from core.jobs.registry import Registry
from core.jobs.relay import Relay
from core.jobs.service import JobService
from core.jobs.settings import JobSettings
from core.jobs.threads import JobDatabase
from shared.db import Database

_SLOTS = 8


@dataclass(frozen=True, slots=True)
class Speed:
    """Jobs a second."""

    name: str
    per_s: float


def compare(places: list[Place], jobs: int) -> list[Speed]:
    """Return how fast each is, procrastinate first, and the relay alone last."""
    with demo_database(durable=True) as demo:
        make_tables(demo.database_url)
        found = [Speed("procrastinate", asyncio.run(_procrastinate(demo, jobs)))]
        for place in places:
            with queue_url(place) as queue:
                found.append(Speed(place, asyncio.run(_ours(demo, queue, jobs))))
        found.append(Speed("relay alone, into postgres", asyncio.run(_relay(demo, jobs))))
        return found


async def _ours(demo: Demo, queue: str, jobs: int) -> float:
    _prepare(demo, jobs)
    settings = JobSettings(queue_url=queue, slots=_SLOTS)
    service = JobService(settings, demo.database_url, Registry([Effect()]), drain_s=5)
    async with asynccontextmanager(service.run)(web.Application()):
        begin = time.monotonic()
        while True:
            await asyncio.sleep(0.01)
            if service.consumer.tally.ended.get("done", 0) >= jobs:
                break
        return jobs / (time.monotonic() - begin)


async def _relay(demo: Demo, jobs: int) -> float:
    _prepare(demo, jobs)
    database = JobDatabase(demo.database_url)
    relay = Relay(database, PostgresQueue(database), slots=500)
    begin = time.monotonic()
    while relay.carried < jobs:
        await relay.round()
        # As if whoever ran them had been done at once.
        query(demo.database_url, "DELETE FROM outbox WHERE published_at IS NOT NULL RETURNING 1")
    seconds = time.monotonic() - begin
    database.close()
    return jobs / seconds


async def _procrastinate(demo: Demo, jobs: int) -> float:
    # Installed for benchmarks only.
    library: Any = importlib.import_module("procrastinate")
    app = library.App(connector=library.PsycopgConnector(conninfo=demo.database_url, min_size=2, max_size=_SLOTS))

    async def leave(job: int) -> None:
        del job
        await app.connector.execute_query_async(
            "INSERT INTO job_effects (tenant_id, job_id) VALUES (gen_random_uuid(), gen_random_uuid())"
        )

    effect = app.task(name="effect")(leave)
    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        await effect.batch_defer_async(*({"job": number} for number in range(jobs)))
        begin = time.monotonic()
        await app.run_worker_async(concurrency=_SLOTS, wait=False, install_signal_handlers=False)
        seconds = time.monotonic() - begin
    ((done,),) = query(demo.database_url, "SELECT count(*) FROM procrastinate_jobs WHERE status = 'succeeded'")
    if done != jobs:
        raise RuntimeError(f"procrastinate did {done} of {jobs}")
    return jobs / seconds


def _prepare(demo: Demo, jobs: int) -> None:
    query(demo.database_url, "DELETE FROM jobs RETURNING 1")
    query(demo.database_url, "DELETE FROM queue_messages RETURNING 1")
    database = Database(demo.database_url)
    order(database, add_tenant(database), jobs)
    database.close()
