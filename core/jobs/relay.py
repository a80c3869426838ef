"""The relay: carries jobs that are due from the outbox to the queue, fairly, and no more than the queue should hold."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from core.jobs.queue.port import Message, Queue
from core.jobs.threads import JobDatabase
from shared.db import Pending, TenantEntry, Unit
from shared.domain.jobs import Window
from shared.errors import AppError
from shared.ids import new_id
from shared.logging import get_logger
from shared.repositories.job_relay import Departure, RelayRepository, Report

_EVERYBODYS: Final = TenantEntry(None)
# Between two rounds: while there is much to carry, and at most where there was nothing; without news at all.
_BUSY_S: Final = 0.02
_CALM_S: Final = 0.16
_IDLE_S: Final = 1.0
# What was taken and not marked belongs to a relay that died.
_TAKEN_S: Final = 5
# How long a job may be in the queue, or its run silent, before the message counts as lost.
SILENCE_S: Final = 120
_RECOVER_S: Final = 20.0
_PAUSE_S: Final = (0.2, 1.0, 3.0, 5.0)

_log: Final = get_logger("jobs")


class Relay:
    """Carries jobs for as long as it runs; every process has one, and they take turns.

    Args: slots: jobs this process runs at once. silence_s: after which a message counts as lost.
    """

    def __init__(
        self, database: JobDatabase, queue: Queue, *, slots: int, lease_s: int = 30, silence_s: int = SILENCE_S
    ) -> None:
        self._database = database
        self._queue = queue
        self._slots = slots
        self._lease_s = lease_s
        self._silence_s = silence_s
        self._id = new_id()
        self._window = Window()
        self._news = asyncio.Event()
        self._last: Report | None = None
        self.carried = 0

    @property
    def report(self) -> Report | None:
        """How the queue was doing at the last look; None before the first."""
        return self._last

    def wake(self) -> None:
        """Look at once: there is a job, or room for one."""
        self._news.set()

    async def run(self) -> None:
        """Carry jobs until cancelled; then call `leave`."""
        recovering = asyncio.create_task(self._recover())
        gap, failures = _BUSY_S, 0
        try:
            while True:
                self._news.clear()
                try:
                    took = await self.round()
                    failures = 0
                except AppError as error:
                    _log.warning("relay_waits", reason=error.message)
                    await asyncio.sleep(_PAUSE_S[min(failures, len(_PAUSE_S) - 1)])
                    failures += 1
                    continue
                gap = _BUSY_S if took else min(2 * gap, _CALM_S)
                await asyncio.sleep(gap)
                # As long as the database has something that is due, there will be room for it before there is news.
                if not took:
                    with suppress(TimeoutError):
                        async with asyncio.timeout(_IDLE_S if not self._is_behind() else _CALM_S):
                            await self._news.wait()
        finally:
            recovering.cancel()
            with suppress(asyncio.CancelledError):
                await recovering

    async def round(self) -> int:
        """Carry what is due and fits, and return how many jobs those were.

        Raises: Unavailable: the database or the queue does not answer. What was taken is taken again.
        """
        capacity = self._last.capacity if self._last else self._slots

        def look(unit: Unit) -> tuple[Pending[Report], Pending[list[Departure]]]:
            relay = RelayRepository(unit)
            report = relay.report(self._id, slots=self._slots, lease_s=self._lease_s)
            return report, relay.take(
                most_out=self._window.most_out(capacity),
                most_each=self._window.most_each(capacity),
                lease_s=_TAKEN_S,
            )

        report, taken = await self._database.run(_EVERYBODYS, look)
        self._last = report.result
        self._window = self._window.after(
            in_queue=report.result.in_queue, oldest_s=report.result.oldest_s, waiting=report.result.waiting
        )
        if taken.result:
            await self._carry(taken.result)
        return len(taken.result)

    async def leave(self) -> None:
        """Say that this process runs no jobs any more."""
        with suppress(AppError):  # the database notices by itself, later
            await self._database.run(
                _EVERYBODYS, lambda unit: RelayRepository(unit).report(self._id, slots=0, lease_s=self._lease_s)
            )

    async def _carry(self, departures: Sequence[Departure]) -> None:
        await self._queue.send([_message(one) for one in departures])
        # A relay that ends here has sent what another one will send again: whoever gets the second finds it settled.
        await self._database.run(_EVERYBODYS, lambda unit: RelayRepository(unit).mark(departures))
        self.carried += len(departures)

    async def _recover(self) -> None:
        """Send again, now and then, what the queue has lost."""
        while True:
            await asyncio.sleep(min(_RECOVER_S, self._silence_s / 3))
            try:
                found = await self._database.run(
                    _EVERYBODYS, lambda unit: RelayRepository(unit).recover(silence_s=self._silence_s)
                )
            except AppError as error:
                _log.warning("relay_waits", reason=error.message)
                continue
            if found.result:
                _log.warning("messages_lost", jobs=found.result)
                self.wake()

    def _is_behind(self) -> bool:
        return self._last is not None and self._last.waiting


def _message(one: Departure) -> Message:
    return Message(tenant_id=one.tenant_id, job_id=one.job_id, priority=one.priority, turn=one.turn)
