"""The consumer: takes messages from the queue, runs their jobs, and answers for them until they are settled."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Final, TypeVar

from core.jobs.outcome import UnknownKind, carry_out, hand_back
from core.jobs.port import Order
from core.jobs.queue.port import Delivery, Message, Queue, Tick
from core.jobs.registry import Registry
from core.jobs.run import Run
from core.jobs.threads import JobDatabase
from shared.db import Pending, TenantEntry, Unit
from shared.domain.jobs import MOST_ATTEMPTS
from shared.errors import AppError, NotFound, Unavailable
from shared.ids import new_id
from shared.logging import get_logger
from shared.repositories.job_runs import Beginning, JobRunRepository

Result = TypeVar("Result")

# A message delivered more often than this does harm to whoever takes it, or nobody can settle it.
MOST_DELIVERIES: Final = 50
_WAIT_S: Final = 10.0
# Before another attempt where the queue or the database is away.
_PAUSE_S: Final = (0.2, 1.0, 3.0, 5.0)
_LONGEST_HELD_S: Final = 30.0
# What ends, or becomes free, at about the same time is one call to the queue.
_GATHER_S: Final = 0.004

_log: Final = get_logger("jobs")


@dataclass(slots=True)
class Tally:
    """What a process did, counted since its start."""

    begun: int = 0
    ended: dict[str, int] = field(default_factory=dict[str, int])

    def end(self, how: str) -> None:
        """Count a delivery by what became of it."""
        self.ended[how] = self.ended.get(how, 0) + 1


class Consumer:
    """Runs up to `slots` jobs at once.

    Args:
        tick: orders what a schedule is due for, by name; raises NotFound for one there is not.
        lease_s: seconds a run, and its message, may be without a sign of life.
    """

    def __init__(
        self,
        database: JobDatabase,
        queue: Queue,
        registry: Registry,
        *,
        tick: Callable[[str], Awaitable[bool]],
        slots: int = 4,
        lease_s: int = 30,
    ) -> None:
        self._database = database
        self._queue = queue
        self._registry = registry
        self._tick = tick
        self._lease_s = lease_s
        self._slots = slots
        self._room = asyncio.Event()
        self._tasks: dict[asyncio.Task[None], Delivery] = {}
        self._runs: dict[str, Run] = {}
        self._done: list[Delivery] = []
        self._telling: asyncio.Task[None] | None = None
        self._draining = False
        self.tally = Tally()

    @property
    def running(self) -> int:
        """Jobs under work in this process."""
        return len(self._runs)

    async def run(self) -> None:
        """Take and run jobs until cancelled; then call `drain`."""
        beat = asyncio.create_task(self._keep())
        try:
            await self._take()
        finally:
            beat.cancel()
            with suppress(asyncio.CancelledError):
                await beat

    async def drain(self, within_s: float) -> None:
        """End at each job's next step, or in the middle of it after `within_s`, and hand everything back."""
        self._draining = True
        for run in self._runs.values():
            run.stop("draining")
        if self._tasks:
            await self._wait_for_tasks(within_s)
        if self._telling is not None:
            await self._telling

    async def _wait_for_tasks(self, within_s: float) -> None:
        _log.info("jobs_draining", running=len(self._runs))
        beat = asyncio.create_task(self._keep())
        await asyncio.wait(self._tasks, timeout=within_s)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        beat.cancel()
        with suppress(asyncio.CancelledError):
            await beat

    async def _take(self) -> None:
        failures = 0
        while True:
            self._room.clear()
            free = self._slots - len(self._tasks)
            if free <= 0:
                await self._room.wait()
                await asyncio.sleep(_GATHER_S)
                continue
            try:
                deliveries = await self._queue.receive(free, wait_s=_WAIT_S)
                failures = 0
            except Unavailable as error:
                _log.warning("queue_unavailable", queue=self._queue.name, reason=error.message)
                await asyncio.sleep(_PAUSE_S[min(failures, len(_PAUSE_S) - 1)])
                failures += 1
                continue
            self._accept(deliveries)

    def _accept(self, deliveries: Sequence[Delivery]) -> None:
        """Deal with each message by itself; jobs of one tenant begin together, in one unit of work."""
        jobs: dict[str, dict[str, tuple[Delivery, Message]]] = {}
        for delivery in deliveries:
            body = delivery.body
            if delivery.deliveries > MOST_DELIVERIES:
                self._start(delivery, partial(self._bury, delivery, f"delivered more than {MOST_DELIVERIES} times"))
            elif isinstance(body, Tick):
                self._start(delivery, partial(self._order, delivery, body))
            else:
                jobs.setdefault(body.tenant_id, {})[new_id()] = delivery, body
        for tenant_id, runs in jobs.items():
            beginnings = asyncio.create_task(  # noqa: RUF006  who waits for it holds it
                self._begin(tenant_id, {run_id: message.job_id for run_id, (_, message) in runs.items()})
            )
            for run_id, (delivery, message) in runs.items():
                self._start(delivery, partial(self._do, delivery, message, run_id, beginnings))

    def _start(self, delivery: Delivery, deal: Callable[[], Awaitable[None]]) -> None:
        task = asyncio.create_task(self._handle(deal))
        self._tasks[task] = delivery
        task.add_done_callback(self._settled)

    def _settled(self, task: asyncio.Task[None]) -> None:
        del self._tasks[task]
        self._room.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            # The message comes back by itself.
            _log.error("delivery_broke", exc_info=error)

    async def _handle(self, deal: Callable[[], Awaitable[None]]) -> None:
        try:
            await deal()
        except Unavailable as error:
            # Nothing was settled: the message is delivered again, and the job goes on from its checkpoint.
            self.tally.end("unavailable")
            _log.warning("job_unsettled", reason=error.message)

    async def _order(self, delivery: Delivery, tick: Tick) -> None:
        try:
            await self._tick(tick.schedule)
        except NotFound as error:
            await self._bury(delivery, error.message)
            return
        self._acknowledge(delivery)
        self.tally.end("tick")

    async def _bury(self, delivery: Delivery, reason: str) -> None:
        await self._queue.bury(delivery, reason)
        self.tally.end("buried")

    async def _do(
        self, delivery: Delivery, message: Message, run_id: str, beginnings: asyncio.Task[dict[str, Beginning]]
    ) -> None:
        # Others wait for the same answer, whatever becomes of this one.
        beginning = (await asyncio.shield(beginnings))[run_id]
        if beginning.verdict == "settled":
            self._acknowledge(delivery)
            self.tally.end("settled")
        elif beginning.verdict == "held":
            # Whoever holds it may have died: somebody looks again when it would have to be given up.
            wait = min(beginning.wait_s, _LONGEST_HELD_S) + random.random()  # noqa: S311 - it only spreads the looks
            await self._queue.release(delivery, after_s=wait)
            self.tally.end("held")
        else:
            self.tally.begun += 1
            await self._work(
                delivery, Run(self._database, _order_of(message, beginning), run_id, lease_s=self._lease_s)
            )

    def _acknowledge(self, delivery: Delivery) -> None:
        """Be done with a message, together with others that end now; its place is free for another meanwhile."""
        self._done.append(delivery)
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._tell())

    async def _tell(self) -> None:
        """Tell the queue of what is done. A message of which it does not hear comes back, and is found settled."""
        while self._done:
            await asyncio.sleep(_GATHER_S)
            done, self._done = self._done, []
            try:
                await self._queue.acknowledge(done)
            except Unavailable as error:
                _log.warning("not_acknowledged", messages=len(done), reason=error.message)

    async def _begin(self, tenant_id: str, runs: Mapping[str, str]) -> dict[str, Beginning]:
        """Begin runs of a tenant's jobs, and return what each is told; runs: job ids by run id."""

        def begin(unit: Unit) -> dict[str, Pending[Beginning]]:
            jobs = JobRunRepository(unit)
            return {
                run_id: jobs.begin(job_id, run_id, lease_s=self._lease_s, most=MOST_ATTEMPTS)
                for run_id, job_id in runs.items()
            }

        begun = await self._patiently(lambda: self._database.run(TenantEntry(tenant_id), begin))
        return {run_id: one.result for run_id, one in begun.items()}

    async def _work(self, delivery: Delivery, run: Run) -> None:
        self._runs[run.id] = run
        if self._draining:
            run.stop("draining")
        try:
            left = await carry_out(run, self._run_handler, self._database)
        except asyncio.CancelledError:
            # The process ends, and the handler did not come to its next step in time.
            await hand_back(run, self._database)
            await self._queue.release(delivery, after_s=0)
            self.tally.end("handed back")
            raise
        finally:
            del self._runs[run.id]
        if left == "again":
            await self._queue.release(delivery, after_s=0)
            self.tally.end("handed back")
        else:
            self._acknowledge(delivery)
            self.tally.end("done")

    async def _run_handler(self, run: Run) -> None:
        handler = self._registry.handlers.get(run.order.kind)
        if handler is None:
            raise UnknownKind(f"nobody here does jobs of kind {run.order.kind}")
        result = await handler.run(run)
        order = run.order
        await self._patiently(
            lambda: self._database.run(
                order.entry, lambda unit: JobRunRepository(unit).complete(order.id, run.id, result)
            )
        )

    async def _patiently(self, call: Callable[[], Awaitable[Result]]) -> Result:
        """Call until the database answers, but not for longer than a lease lasts; what is called bears repetition."""
        for pause in _PAUSE_S:
            try:
                return await call()
            except Unavailable:
                await asyncio.sleep(pause)
        return await call()

    async def _keep(self) -> None:
        """Show, again and again, that the runs of this process are alive."""
        while True:
            await asyncio.sleep(self._lease_s / 3)
            try:
                if held := list(self._tasks.values()):
                    await self._queue.extend(held)
                if runs := list(self._runs):
                    beats = await self._database.run(
                        TenantEntry(None),
                        lambda unit, ids=runs: JobRunRepository(unit).beat(ids, lease_s=self._lease_s),
                    )
                    self._heed(runs, {beat.run: beat.wish for beat in beats.result})
            except AppError as error:
                # Until it answers again the leases run; who has lost a job notices at its next step.
                _log.warning("no_sign_of_life", reason=error.message)

    def _heed(self, asked: list[str], beats: dict[str, "object"]) -> None:
        for run_id in asked:
            run = self._runs.get(run_id)
            if run is None:
                continue
            if run_id not in beats:
                run.stop("lost")
            elif (wish := beats[run_id]) in ("cancel", "pause"):
                run.heed("cancel" if wish == "cancel" else "pause")


def _order_of(message: Message, beginning: Beginning) -> Order:
    return Order(
        id=message.job_id,
        tenant_id=message.tenant_id,
        user_id=beginning.user_id,
        kind=beginning.kind or "",
        payload=beginning.payload or {},
        checkpoint=beginning.checkpoint or {},
        attempt=beginning.attempt or 1,
    )
