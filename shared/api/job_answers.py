"""Jobs as they are answered and searched for, whoever serves them."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from shared.clock import iso
from shared.domain.jobs import ENDED, JobStatus
from shared.repositories.jobs import JobEvent, StoredJob


class FindJobs(Struct, frozen=True):
    """Which jobs."""

    status: JobStatus | None = None
    kind: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_.-]{0,63}$")] | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, Meta(max_length=500)] | None = None


class FindEvents(Struct, frozen=True):
    """Which events: those behind the cursor of the last one seen."""

    cursor: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 0
    limit: Annotated[int, Meta(ge=1, le=500)] = 100


class JobError(Struct, frozen=True):
    """Why a job has failed, or waits for another try, and what helps."""

    code: str
    message: str
    remedy: str


class JobAnswer(Struct, frozen=True, kw_only=True):
    """A job.

    Attributes:
        progress: from 0 to 1. stage, item: what is being done, and to what.
        attempt: runs since the last one that stored something new.
        cost_micro_usd: what it has spent. estimate_micro_usd: what it was to cost, where it has said so.
        asked: "cancel" or "pause", where the run has not come to its next step yet.
        due_at: where it waits for that.
    """

    id: str
    kind: str
    status: JobStatus
    progress: float
    stage: str
    item: str
    attempt: int
    priority: int
    cost_micro_usd: int
    estimate_micro_usd: int | UnsetType = UNSET
    created_at: str
    updated_at: str
    started_at: str | UnsetType = UNSET
    finished_at: str | UnsetType = UNSET
    due_at: str | UnsetType = UNSET
    asked: str | UnsetType = UNSET
    user_id: str | UnsetType = UNSET
    tenant_id: str | UnsetType = UNSET
    result: Mapping[str, Any] | UnsetType = UNSET
    error: JobError | UnsetType = UNSET

    @classmethod
    def of(cls, job: StoredJob, *, tenant_id: str | None = None) -> "JobAnswer":
        """Return a job as it is answered; tenant_id: for who sees those of several."""
        return cls(
            id=job.id,
            kind=job.kind,
            status=job.status,
            progress=round(job.progress, 4),
            stage=job.stage,
            item=job.item,
            attempt=job.attempt,
            priority=job.priority,
            cost_micro_usd=job.cost_micros,
            estimate_micro_usd=_estimate(job.checkpoint),
            created_at=iso(job.created_at),
            updated_at=iso(job.updated_at),
            started_at=iso(job.started_at) if job.started_at else UNSET,
            finished_at=iso(job.finished_at) if job.finished_at else UNSET,
            due_at=iso(job.due_at) if job.status == "queued" else UNSET,
            asked=job.wish or UNSET,
            user_id=job.user_id or UNSET,
            tenant_id=tenant_id or UNSET,
            result=UNSET if job.result is None else job.result,
            error=UNSET if job.error is None else _error(job.error),
        )


class OneJob(Struct, frozen=True):
    """A job."""

    job: JobAnswer


class Jobs(Struct, frozen=True):
    """Jobs, the newest first; next_cursor where there may be more."""

    jobs: list[JobAnswer]
    next_cursor: str | UnsetType = UNSET


class EventAnswer(Struct, frozen=True):
    """Something that happened; type: status, progress, message or asked."""

    cursor: int
    at: str
    type: str
    data: Mapping[str, Any]

    @classmethod
    def of(cls, event: JobEvent) -> "EventAnswer":
        """Return an event as it is answered."""
        return cls(event.cursor, iso(event.at), event.type, event.data)


class Events(Struct, frozen=True):
    """Events in order; cursor: ask for what is behind it next. ended: the job has, and nothing follows of itself."""

    events: list[EventAnswer]
    cursor: int
    ended: bool

    @classmethod
    def of(cls, job: StoredJob, events: Sequence[JobEvent], query: FindEvents) -> "Events":
        """Return a page of a job's events."""
        last = events[-1].cursor if events else query.cursor
        return cls([EventAnswer.of(one) for one in events], last, job.status in ENDED and len(events) < query.limit)


def _estimate(checkpoint: Mapping[str, Any]) -> int | UnsetType:
    """Return what a job that spends has noted before it spent anything, under the name every kind has for it."""
    found = checkpoint.get("estimate_micros")
    return found if isinstance(found, int) else UNSET


def _error(error: Mapping[str, str]) -> JobError:
    return JobError(error.get("code", ""), error.get("message", ""), error.get("remedy", ""))
