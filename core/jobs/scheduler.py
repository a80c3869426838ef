"""Jobs that the deployment orders by itself, each once for its slot, whoever notices first that it is due."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final

from core.jobs.registry import Registry, Schedule
from core.jobs.threads import JobDatabase
from shared.clock import utc_now
from shared.db import PUBLIC_TENANT, TenantEntry
from shared.errors import AppError, NotFound
from shared.ids import new_id
from shared.logging import get_logger
from shared.repositories.job_schedules import JobScheduleRepository

_LOOK_S: Final = 20.0

_log: Final = get_logger("jobs")


class Scheduler:
    """Looks at the clock; an advisory lock lets one process at a time order."""

    def __init__(self, database: JobDatabase, registry: Registry, *, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._registry = registry
        self._now = now
        # The slot of each schedule that is known to have its job.
        self._done: dict[str, datetime] = {}

    async def run(self) -> None:
        """Order what is due until cancelled."""
        while True:
            try:
                await self.look()
            except AppError as error:
                _log.warning("schedules_wait", reason=error.message)
            await asyncio.sleep(_LOOK_S)

    async def look(self) -> list[str]:
        """Order what is due and return the names of the schedules this call ordered for."""
        return [name for name, schedule in self._registry.schedules.items() if await self._order(schedule)]

    async def tick(self, name: str) -> bool:
        """Order for one schedule, as an outside scheduler asks; tells whether this call did.

        Raises: NotFound: there is no such schedule.
        """
        schedule = self._registry.schedules.get(name)
        if schedule is None:
            raise NotFound(f"schedule {name[:100]} not found")
        return await self._order(schedule)

    async def _order(self, schedule: Schedule) -> bool:
        slot = schedule.slot(self._now())
        if self._done.get(schedule.name) == slot:
            return False
        job_id = new_id()
        ordered = await self._database.run(
            TenantEntry(PUBLIC_TENANT),
            lambda unit: JobScheduleRepository(unit).order(
                schedule.name, slot, job_id=job_id, job_kind=schedule.kind, payload=schedule.payload
            ),
        )
        if ordered.result:
            self._done[schedule.name] = slot
            _log.info("scheduled", schedule=schedule.name, job_id=job_id)
        return ordered.result
