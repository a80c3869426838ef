"""Jobs as those see them who ask for them: the order, what became of it, and what is asked of it afterwards."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from shared.db import Json, Pending, Unit
from shared.domain.jobs import HIGHEST_PRIORITY, LONGEST_KEY, LOWEST_PRIORITY, MOST_BYTES, JobStatus, Wish
from shared.errors import InvalidInput


class StoredJob(msgspec.Struct, frozen=True, kw_only=True):
    """A job.

    Attributes:
        attempt: runs since the last one that stored something new.
        progress: from 0 to 1. stage, item: what is being done, and to what.
        result: of a completed one. error: of a failed one, or of the last run of one that waits: code, message, remedy.
        cost_micros: what it has spent, in micro-dollars.
        user_id: who asked for it; None: the tenant itself, or somebody who has left.
        wish: what was asked of a run that goes on.
        due_at: it does not begin before.
    """

    id: str
    kind: str
    payload: Mapping[str, Any]
    status: JobStatus
    priority: int
    attempt: int
    progress: float
    stage: str
    item: str
    checkpoint: Mapping[str, Any]
    result: Mapping[str, Any] | None
    error: Mapping[str, str] | None
    cost_micros: int
    user_id: str | None
    wish: Wish | None
    due_at: datetime
    created_at: datetime
    started_at: datetime | None
    updated_at: datetime
    finished_at: datetime | None


class JobEvent(msgspec.Struct, frozen=True):
    """Something that happened to a job; cursors of one job grow."""

    cursor: int
    at: datetime
    type: str
    data: Mapping[str, Any]


class JobRepository:
    """The jobs of one unit of work's tenant: those of its caller, and all of them for who teaches or runs the tenant.

    A unit without a person, such as a job's own, sees all of them too.
    """

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def add(
        self,
        job_id: str,
        kind: str,
        payload: Mapping[str, object],
        *,
        priority: int = 0,
        after: datetime | None = None,
        key: str | None = None,
    ) -> Pending[str]:
        """Queue a job and its way to the queue, in this unit's transaction; answers the job's id.

        Args:
            job_id: names the job: a second one with it changes nothing.
            kind: which handler runs it. payload: what that takes, as JSON.
            priority: from -100 to 100, among the jobs of the tenant.
            after: it does not begin before; None: as soon as there is room.
            key: names the wish: while the tenant has a job with it, whatever its state, that one's id is answered.
        Raises: InvalidInput: the payload, the key or the priority is out of bounds.
        """
        if not LOWEST_PRIORITY <= priority <= HIGHEST_PRIORITY:
            expected = f"from {LOWEST_PRIORITY} to {HIGHEST_PRIORITY}"
            raise InvalidInput(f"priority: {expected}", details={"priority": expected})
        if key is not None and not 0 < len(key) <= LONGEST_KEY:
            expected = f"1 to {LONGEST_KEY} characters"
            raise InvalidInput(f"key: {expected}", details={"key": expected})
        bound = bounded(payload, "payload")
        self._unit.run(
            """WITH added AS (
                   INSERT INTO jobs (tenant_id, id, kind, payload, priority, due_at, key, user_id)
                   VALUES (%(tenant_id)s, %(id)s, %(kind)s, %(payload)s, %(priority)s, coalesce(%(after)s, now()),
                           %(key)s, (SELECT m.user_id FROM memberships m
                                     WHERE m.tenant_id = %(tenant_id)s AND m.user_id = app_user()))
                   ON CONFLICT DO NOTHING RETURNING tenant_id, id, priority, due_at)
               INSERT INTO outbox (tenant_id, job_id, priority, due_at)
               SELECT a.tenant_id, a.id, a.priority, a.due_at FROM added a WHERE a.tenant_id = %(tenant_id)s""",
            id=job_id,
            kind=kind,
            payload=bound,
            priority=priority,
            after=after,
            key=key,
        )
        return self._unit.value(
            str,
            """SELECT id::text FROM jobs
               WHERE tenant_id = %(tenant_id)s AND (id = %(id)s OR (key IS NOT NULL AND key = %(key)s))
               ORDER BY id <> %(id)s LIMIT 1""",
            id=job_id,
            key=key,
        )

    def get(self, job_id: str) -> Pending[StoredJob]:
        """Queue the read of one job; NotFound at the unit's end where the caller sees none."""
        return self._unit.one(
            StoredJob,
            """SELECT id, kind, payload, status, priority, attempt, progress, stage, item, checkpoint, result, error,
                      cost_micros, user_id, wish, due_at, created_at, started_at, updated_at, finished_at
               FROM jobs WHERE tenant_id = %(tenant_id)s AND id = %(id)s
                           AND (user_id = app_user() OR (SELECT app_oversees_jobs()))""",
            missing=f"job {job_id} not found",
            id=job_id,
        )

    def find(
        self, *, status: JobStatus | None = None, kind: str | None = None, before: str | None = None, limit: int
    ) -> Pending[list[StoredJob]]:
        """Queue the read of jobs, the newest first, from the one behind the id `before`."""
        return self._unit.all(
            StoredJob,
            """SELECT id, kind, payload, status, priority, attempt, progress, stage, item, checkpoint, result, error,
                      cost_micros, user_id, wish, due_at, created_at, started_at, updated_at, finished_at
               FROM jobs WHERE tenant_id = %(tenant_id)s
                           AND (user_id = app_user() OR (SELECT app_oversees_jobs()))
                           AND (%(status)s::text IS NULL OR status = %(status)s)
                           AND (%(kind)s::text IS NULL OR kind = %(kind)s)
                           AND (%(before)s::uuid IS NULL OR id < %(before)s)
               ORDER BY id DESC LIMIT %(limit)s""",
            status=status,
            kind=kind,
            before=before,
            limit=limit,
        )

    def events(self, job_id: str, *, after: int = 0, limit: int = 100) -> Pending[list[JobEvent]]:
        """Queue the read of a job's events in order, behind a cursor; none of a job the caller does not see."""
        return self._unit.all(
            JobEvent,
            """SELECT e.cursor, e.at, e.type, e.data
               FROM job_events e JOIN jobs j ON j.tenant_id = e.tenant_id AND j.id = e.job_id
               WHERE e.tenant_id = %(tenant_id)s AND e.job_id = %(id)s AND e.cursor > %(after)s
                 AND (j.user_id = app_user() OR (SELECT app_oversees_jobs()))
               ORDER BY e.cursor LIMIT %(limit)s""",
            id=job_id,
            after=after,
            limit=limit,
        )

    def cancel(self, job_id: str) -> None:
        """Queue the end of a job: at once where it waits, at its next step where it runs; one that ended stays so.

        Raises at the unit's end: NotFound: the caller sees no such job.
        """
        self._ask("cancel", job_id)

    def pause(self, job_id: str) -> None:
        """Queue a rest for a job: it keeps its checkpoint, and goes on when it is resumed.

        Raises at the unit's end: NotFound. Conflict: it has ended.
        """
        self._ask("pause", job_id)

    def resume(self, job_id: str) -> None:
        """Queue the going on of a paused job; one that is not paused goes on as it is.

        Raises at the unit's end: NotFound. Conflict: it has ended.
        """
        self._ask("resume", job_id)

    def retry(self, job_id: str) -> None:
        """Queue another try of a failed or cancelled job, from its checkpoint; one that is still to end is left alone.

        Raises at the unit's end: NotFound. Conflict: it is completed.
        """
        self._ask("retry", job_id)

    def _ask(self, verb: str, job_id: str) -> None:
        self._unit.run("SELECT ask_job(%(verb)s, %(id)s) -- for the tenant_id that entered", verb=verb, id=job_id)


def bounded(value: Mapping[str, object], name: str) -> Json:
    """Return what is kept with a job, as a value of a jsonb column.

    Raises: InvalidInput: it is no JSON, or longer than MOST_BYTES.
    """
    try:
        size = len(msgspec.json.encode(value))
    except (TypeError, ValueError):
        raise InvalidInput(f"{name}: values of JSON", details={name: "values of JSON"}) from None
    if size > MOST_BYTES:
        expected = f"at most {MOST_BYTES} bytes of JSON; store the rest as an object and name its key"
        raise InvalidInput(f"{name}: {expected}", details={name: expected})
    return Json(dict(value))
