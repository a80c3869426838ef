"""Jobs of one process, put together: the relay, the consumer and the scheduler, from its start to its end."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Final

from aiohttp import web

from core.jobs.consumer import Consumer
from core.jobs.queue.choice import build_queue
from core.jobs.queue.postgres import PostgresQueue
from core.jobs.registry import Registry
from core.jobs.relay import Relay
from core.jobs.scheduler import Scheduler
from core.jobs.settings import JobSettings
from core.jobs.threads import JobDatabase
from shared.db import Listener
from shared.errors import AppError
from shared.logging import get_logger

# PostgreSQL's channel of the triggers in migration 0070.
CHANNEL: Final = "jobs"
LEASE_S: Final = 30
_PAUSE_S: Final = 3.0

_log: Final = get_logger("jobs")


class JobService:
    """What a process does about jobs.

    Args:
        drain_s: seconds that jobs have to come to their next step when the process ends.
        lease_s: seconds a run may be without a sign of life.
    """

    def __init__(
        self, settings: JobSettings, database_url: str, registry: Registry, *, drain_s: float, lease_s: int = LEASE_S
    ) -> None:
        self._settings = settings
        self._drain_s = drain_s
        self._database = JobDatabase(database_url, size=min(6, 2 + settings.slots))
        self._queue = build_queue(settings.queue_url, self._database, lease_s=lease_s)
        self.relay = Relay(self._database, self._queue, slots=settings.slots, lease_s=lease_s)
        self.scheduler = Scheduler(self._database, registry)
        self.consumer = Consumer(
            self._database,
            self._queue,
            registry,
            tick=self.scheduler.tick,
            slots=settings.slots,
            lease_s=lease_s,
        )
        self._listener = Listener(database_url, CHANNEL)
        self._consuming: asyncio.Task[None] | None = None
        self._draining: asyncio.Task[None] | None = None

    def mount(self, app: web.Application) -> None:
        """Work from the application's start on; jobs are drained while its sessions are."""
        app.cleanup_ctx.append(self.run)
        app.on_shutdown.insert(0, self._begin_draining)

    async def run(self, _app: web.Application) -> AsyncGenerator[None]:
        """Carry, run and order jobs until the application ends."""
        beside = [asyncio.create_task(self._listener.run(self._heard, self._wake))]
        working = asyncio.create_task(self._work())
        yield
        await self._begin_draining(_app)
        if self._draining is not None:
            await self._draining
        working.cancel()
        for task in (working, *beside):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await self.relay.leave()
        with suppress(AppError):
            await self._queue.close()
        await asyncio.to_thread(self._database.close)

    async def _work(self) -> None:
        """Open the queue, whenever it answers, and do everything."""
        while True:
            try:
                await self._queue.open()
                break
            except AppError as error:
                _log.warning("queue_unavailable", queue=self._queue.name, reason=error.message)
                await asyncio.sleep(_PAUSE_S)
        async with asyncio.TaskGroup() as group:
            group.create_task(self.relay.run())
            if self._settings.slots and self._draining is None:
                self._consuming = group.create_task(self.consumer.run())
            if self._settings.schedules == "here":
                group.create_task(self.scheduler.run())

    async def _begin_draining(self, _app: web.Application) -> None:
        if self._draining is None:
            self._draining = asyncio.create_task(self._drain())

    async def _drain(self) -> None:
        if self._consuming is not None:
            self._consuming.cancel()
        await self.consumer.drain(self._drain_s)
        if self._consuming is not None:
            # It gives back what was on its way to it.
            with suppress(asyncio.CancelledError):
                await self._consuming

    def _heard(self, payload: str) -> None:
        if payload == "outbox":
            self.relay.wake()
        elif isinstance(self._queue, PostgresQueue):
            self._queue.wake()

    def _wake(self) -> None:
        """What was said before is lost: look."""
        self.relay.wake()
        if isinstance(self._queue, PostgresQueue):
            self._queue.wake()
