"""A job under work, as its handler sees it: every step is stored, and shows whether the run may go on."""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from core.jobs.port import JobStopped, Order, StopReason
from core.jobs.threads import JobDatabase
from shared.db import Pending, Unit
from shared.domain.jobs import Wish
from shared.errors import Conflict, InvalidInput
from shared.repositories.job_runs import JobRunRepository, Stand

Result = TypeVar("Result")

_REASONS: Final[dict[Wish, StopReason]] = {"cancel": "cancelled", "pause": "paused"}


class Run:
    """Implements RunningJob.

    Args:
        run_id: of this run alone: what it writes is refused once another one holds the job.
        lease_s: seconds it may be silent.
    """

    def __init__(self, database: JobDatabase, order: Order, run_id: str, *, lease_s: int) -> None:
        self._database = database
        self._order = order
        self.id = run_id
        self._lease_s = lease_s
        self._stop: StopReason | None = None

    @property
    def order(self) -> Order:
        """What is to be done."""
        return self._order

    def stop(self, reason: StopReason) -> None:
        """End the run at its next step."""
        # Who has lost the job has nothing to store any more, whatever else was asked.
        if self._stop != "lost":
            self._stop = reason

    def heed(self, wish: Wish | None) -> None:
        """Take note of what somebody asked."""
        if wish is not None:
            self.stop(_REASONS[wish])

    async def advance(
        self,
        *,
        progress: float,
        stage: str,
        item: str = "",
        checkpoint: Mapping[str, object] | None = None,
        cost_micros: int = 0,
    ) -> None:
        """Store how far the job is."""
        await self.write(
            lambda _unit: None,
            progress=progress,
            stage=stage,
            item=item,
            checkpoint=checkpoint,
            cost_micros=cost_micros,
        )

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
        """Store how far the job is, in one transaction with statements of the handler's."""
        if not 0 <= progress <= 1:
            raise InvalidInput("progress: from 0 to 1", details={"progress": "from 0 to 1"})
        self._still_ours()

        def carry_out(unit: Unit) -> tuple[Pending[Stand | None], Result]:
            runs = JobRunRepository(unit)
            # First: whatever follows happens only if the job is still this run's.
            runs.hold(self._order.id, self.id)
            stand = runs.advance(
                self._order.id,
                self.id,
                lease_s=self._lease_s,
                progress=progress,
                stage=stage,
                item=item,
                checkpoint=checkpoint,
                cost_micros=cost_micros,
            )
            return stand, work(unit)

        stand, result = await self._carry_out(carry_out)
        if stand.result is not None:
            self.heed(stand.result.wish)
        if self._stop is not None:
            raise JobStopped(self._stop)
        return result

    async def say(self, message: str, **facts: object) -> None:
        """Add an event to the job."""
        self._still_ours()
        await self._carry_out(lambda unit: JobRunRepository(unit).say(self._order.id, self.id, message, facts))

    def _still_ours(self) -> None:
        if self._stop == "lost":
            raise JobStopped("lost")

    async def _carry_out(self, work: Callable[[Unit], Result]) -> Result:
        try:
            return await self._database.run(self._order.entry, work)
        except Conflict as error:
            if error.error_code != "job_lost":
                raise
            self.stop("lost")
            raise JobStopped("lost") from error
