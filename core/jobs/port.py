"""What a kind of job implements, and what it is given while it runs."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, Protocol, TypeVar

import msgspec

from shared.auth.caller import Caller
from shared.db import TenantEntry, Unit

Result = TypeVar("Result")
StopReason = Literal["cancelled", "paused", "draining", "lost"]


class JobStopped(Exception):
    """This run ends here, by no fault of its own: let it pass. What was stored stays, and a later run goes on from it.

    Attributes:
        reason: somebody cancelled or paused the job, this process ends ("draining"), or another run has taken the job
            over because this one was silent for too long ("lost").
    """

    def __init__(self, reason: StopReason) -> None:
        super().__init__(reason)
        self.reason: StopReason = reason


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done.

    Attributes:
        user_id: who asked for it; None: the tenant itself, or a schedule.
        checkpoint: what the last run stored; empty at first.
        attempt: runs since the last one that stored something new, from 1.
    """

    id: str
    tenant_id: str
    user_id: str | None
    kind: str
    payload: Mapping[str, Any]
    checkpoint: Mapping[str, Any] = msgspec.field(default_factory=dict[str, Any])
    attempt: int = 1

    @property
    def caller(self) -> Caller:
        """Whose budget pays: the tenant's, in the name of who asked."""
        return Caller("job", self.tenant_id, user_id=self.user_id)

    @property
    def entry(self) -> TenantEntry:
        """How a unit of work of this job enters."""
        return TenantEntry(self.tenant_id, self.user_id)


class RunningJob(Protocol):
    """A job under work.

    Every method raises JobStopped when the job was cancelled or paused, when the process ends, or when another run has
    taken over; and Unavailable when the database does not answer, which a handler lets pass too.
    """

    @property
    def order(self) -> Order:
        """What is to be done."""
        ...

    async def advance(
        self,
        *,
        progress: float,
        stage: str,
        item: str = "",
        checkpoint: Mapping[str, object] | None = None,
        cost_micros: int = 0,
    ) -> None:
        """Store how far the job is, and show that this run is alive.

        Args:
            progress: from 0 to 1. stage, item: what is being done, and to what, as people read it.
            checkpoint: replaces what the next run would begin with; None leaves it.
            cost_micros: what was spent since the last call, in micro-dollars; it is added up.
        """
        ...

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
        """Advance in the same transaction as statements of the handler's own: both happen, or neither.

        That is how an effect in the database happens once, however often the job is delivered or its process killed:
        the checkpoint that says it is done commits with it, and a run that was replaced can commit nothing.
        Args: work: queues statements in a unit of the job's tenant, and returns what they will answer.
        """
        ...

    async def say(self, message: str, **facts: object) -> None:
        """Add an event to the job, for people: a sentence, and facts in JSON. Never secrets or what somebody said."""
        ...


class JobHandler(Protocol):
    """One kind of job."""

    @property
    def kind(self) -> str:
        """What jobs of this kind are called: lower case, such as "curriculum_import"."""
        ...

    async def run(self, job: RunningJob) -> Mapping[str, object]:
        """Do the work, from the order's checkpoint on, and return the result, as JSON.

        It is called again whenever a run did not come to its end, so what it does must bear being done again from the
        last checkpoint: rows by `write`, objects by content-addressed keys, vendors' work through the speech cache.
        Raises: Unavailable, RateLimited: tried again after a while. Any other AppError: the job has failed, with the
            error's code, message and, where `details` has one, "remedy".
        """
        ...
