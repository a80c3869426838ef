"""Jobs in a process of their own, until it is told to end: `python -m tests.support.job_worker DATABASE_URL`."""

import asyncio
import sys
from collections.abc import Mapping
from datetime import timedelta

from aiohttp import web

from core.http.listener import serve_until_told
from core.jobs.port import RunningJob
from core.jobs.registry import Registry
from core.jobs.service import JobService
from core.jobs.settings import JobSettings
from shared.clock import utc_now
from shared.db import Unit
from shared.ids import new_id
from shared.listening import Address
from shared.repositories.jobs import JobRepository

DRAIN_S = 1.0
LEASE_S = 3
_STEP_S = 0.02


class Steps:
    """Writes one effect for each step up to the payload's `to`.

    Where the payload says so, its first run goes no further than its first step until it is told to end: it shows again
    and again that it is alive ("walks"), or never comes to another step ("stands").
    """

    kind = "steps"

    async def run(self, job: RunningJob) -> Mapping[str, object]:
        order = job.order
        most, done = int(order.payload["to"]), int(order.checkpoint.get("done", 0))
        first_run = done == 0
        for step in range(done + 1, most + 1):
            await job.write(
                lambda unit, at=step: _effect(unit, order.id, at),
                progress=step / most,
                stage="stepping",
                item=str(step),
                checkpoint={"done": step},
            )
            while first_run and order.payload.get("until_told") == "walks":
                await job.advance(progress=step / most, stage="walking")
                await asyncio.sleep(_STEP_S)
            if first_run and order.payload.get("until_told") == "stands":
                await asyncio.Event().wait()
            await asyncio.sleep(_STEP_S)
        return {"from": done, "to": most}


def _effect(unit: Unit, job_id: str, step: int) -> None:
    """Write a row that can be counted: a job of the day after tomorrow."""
    after = utc_now() + timedelta(days=2)
    JobRepository(unit).add(new_id(), "effect", {"job": job_id, "step": step}, after=after)


async def work(database_url: str) -> None:
    """Carry and run jobs until SIGTERM."""
    app = web.Application()
    registry = Registry([Steps()])
    JobService(JobSettings(slots=4), database_url, registry, drain_s=DRAIN_S, lease_s=LEASE_S).mount(app)
    await serve_until_told(app, Address("127.0.0.1", 0), patience_s=1)


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1]))
