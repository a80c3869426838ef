"""Jobs that have texts spoken in advance, so that the learner who comes to them waits for nobody."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from core.providers.tts.port import Voice
from core.speech.desk import SpeechDesk
from shared.auth.caller import Caller
from shared.clock import utc_now
from shared.errors import AppError, BudgetExhausted, Conflict, NotFound, Unauthenticated
from shared.ids import new_id

JobStatus = Literal["running", "completed", "failed", "cancelled"]

_REMEMBERED: Final = 1_000
_RUNNING_PER_TENANT: Final = 4
_AT_ONCE: Final = 2


@dataclass(slots=True)
class Job:
    """One order of many texts.

    Attributes:
        done: texts that are spoken now, of which `cached` were before. failed: texts that could not be.
        error: the code of the last failure.
        label: what it is about, as whoever ordered it calls that.
    """

    id: str
    tenant_id: str
    total: int
    status: JobStatus = "running"
    done: int = 0
    cached: int = 0
    failed: int = 0
    error: str = ""
    label: str = ""
    started_at: datetime = field(default_factory=utc_now)
    ended_at: datetime | None = None

    @property
    def progress(self) -> float:
        """From 0 to 1."""
        return (self.done + self.failed) / self.total if self.total else 1.0


class Warmer:
    """Runs jobs on the event loop. They end with the process; what they made stays for the next."""

    def __init__(self, desk: SpeechDesk, *, at_once: int = _AT_ONCE) -> None:
        self._desk = desk
        self._at_once = at_once
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def start(self, caller: Caller, owner_id: str, texts: Sequence[str], voice: Voice) -> Job:
        """Begin to speak texts, a few at a time.

        Raises: Conflict: the tenant has enough jobs running (`too_many_jobs`).
        """
        tenant_id = caller.tenant_id or ""
        if sum(self._jobs[job_id].tenant_id == tenant_id for job_id in self._tasks) >= _RUNNING_PER_TENANT:
            raise Conflict(f"at most {_RUNNING_PER_TENANT} jobs at once; wait for one to end", code="too_many_jobs")
        job = Job(new_id(), tenant_id, len(texts))
        self._jobs[job.id] = job
        while len(self._jobs) > _REMEMBERED and (oldest := next(iter(self._jobs))) not in self._tasks:
            del self._jobs[oldest]
        task = self._tasks[job.id] = asyncio.create_task(self._run(job, caller, owner_id, texts, voice))
        task.add_done_callback(lambda _: self._tasks.pop(job.id, None))
        return job

    async def job(self, tenant_id: str, job_id: str) -> Job:
        """Return a tenant's job.

        Raises: NotFound.
        """
        job = self._jobs.get(job_id)
        if job is None or job.tenant_id != tenant_id:
            raise NotFound("no such job")
        return job

    async def cancel(self, tenant_id: str, job_id: str) -> Job:
        """Stop a tenant's job; one that has ended stays as it is.

        Raises: NotFound.
        """
        job = await self.job(tenant_id, job_id)
        task = self._tasks.get(job.id)
        if task is not None:
            job.status = "cancelled"
            task.cancel()
            await asyncio.wait([task])
        return job

    async def close(self) -> None:
        """Stop every job."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _run(self, job: Job, caller: Caller, owner_id: str, texts: Sequence[str], voice: Voice) -> None:
        left = iter(texts)

        async def work() -> None:
            for text in left:
                await self._speak(job, caller, owner_id, text, voice)

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self._at_once):
                    group.create_task(work())
        except* (BudgetExhausted, Unauthenticated):
            job.status = "failed"  # the rest would fail as well
        except* asyncio.CancelledError:
            job.status = "cancelled"
        else:
            job.status = "failed" if job.failed else "completed"
        finally:
            job.ended_at = utc_now()

    async def _speak(self, job: Job, caller: Caller, owner_id: str, text: str, voice: Voice) -> None:
        try:
            clip = await self._desk.read(caller, owner_id, text, voice)
        except AppError as error:
            job.failed += 1
            job.error = error.error_code
            if isinstance(error, BudgetExhausted | Unauthenticated):
                raise
        else:
            job.done += 1
            job.cached += clip.status == "hit"
