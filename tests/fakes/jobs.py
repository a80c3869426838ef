"""A job under work that records what its handler does, and can be stopped at any step."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from msgspec import structs

from core.jobs.port import JobHandler, JobStopped, Order, StopReason
from shared.db import Database, Unit
from shared.ids import new_id

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Step:
    """One call of `advance` or `write`."""

    progress: float
    stage: str
    item: str
    checkpoint: Mapping[str, Any] | None
    cost_micros: int


class RecordedJob:
    """Implements RunningJob; passes the same conformance test as the consumer's.

    Args:
        database: where `write` writes; None: a handler that writes fails the test.
        stop_at: the number of the step, from 1, that raises JobStopped; None: none does. As in a real run, what the
            stopped step was to store is stored if it was cancelled, paused or drained, and is not if it was lost.
    """

    def __init__(
        self,
        order: Order,
        *,
        database: Database | None = None,
        stop_at: int | None = None,
        reason: StopReason = "draining",
    ) -> None:
        self._order = order
        self._database = database
        self._stop_at = stop_at
        self._reason: StopReason = reason
        self.steps: list[Step] = []
        self.said: list[tuple[str, dict[str, object]]] = []
        self.checkpoint: dict[str, Any] = dict(order.checkpoint)

    @property
    def order(self) -> Order:
        return self._order

    @property
    def cost_micros(self) -> int:
        """What the handler has spent."""
        return sum(step.cost_micros for step in self.steps)

    def again(self, *, stop_at: int | None = None) -> "RecordedJob":
        """Return the next run of the same job, from what this one stored."""
        order = structs.replace(self._order, checkpoint=self.checkpoint, attempt=self._order.attempt + 1)
        return RecordedJob(order, database=self._database, stop_at=stop_at, reason=self._reason)

    async def advance(
        self,
        *,
        progress: float,
        stage: str,
        item: str = "",
        checkpoint: Mapping[str, object] | None = None,
        cost_micros: int = 0,
    ) -> None:
        await asyncio.sleep(0)
        self._step(Step(progress, stage, item, checkpoint, cost_micros), lambda: None)

    async def write(
        self,
        work: Callable[[Unit], Result],
        *,
        progress: float,
        stage: str,
        item: str = "",
        checkpoint: Mapping[str, object] | None = None,
        cost_micros: int = 0,
    ) -> Result:
        assert self._database is not None, "give the recorded job a database to write to"
        database = self._database

        def carry_out() -> Result:
            with database.unit(self._order.entry) as unit:
                return work(unit)

        return self._step(Step(progress, stage, item, checkpoint, cost_micros), carry_out)

    async def say(self, message: str, **facts: object) -> None:
        await asyncio.sleep(0)
        msgspec.json.encode(facts)
        self.said.append((message, facts))

    def _step(self, step: Step, carry_out: Callable[[], Result]) -> Result:
        assert 0 <= step.progress <= 1
        assert step.cost_micros >= 0
        stored = None if step.checkpoint is None else msgspec.json.decode(msgspec.json.encode(step.checkpoint))
        stops = self._stop_at == len(self.steps) + 1
        if stops and self._reason == "lost":
            raise JobStopped("lost")
        result = carry_out()
        self.steps.append(step)
        if stored is not None:
            self.checkpoint = stored
        if stops:
            raise JobStopped(self._reason)
        return result


def an_order(tenant_id: str, kind: str, payload: Mapping[str, Any], *, user_id: str | None = None) -> Order:
    """Return the order of a new job."""
    return Order(id=new_id(), tenant_id=tenant_id, user_id=user_id, kind=kind, payload=payload)


async def run_killed_at_every_step(handler: JobHandler, job: RecordedJob) -> tuple[Mapping[str, object], int]:
    """Run a job whose process ends after each of its steps, and return its result and how many runs that took."""
    runs = 1
    while True:
        try:
            return await handler.run(job), runs
        except JobStopped:
            job = job.again(stop_at=1)
            runs += 1
            assert runs < 10_000, "the job gets no further"
