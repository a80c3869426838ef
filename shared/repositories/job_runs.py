"""Runs of jobs. What a run writes, it writes as the run that holds the job: one that was replaced writes nothing."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from shared.db import Json, Pending, Unit
from shared.domain.jobs import Wish
from shared.repositories.jobs import bounded


class Beginning(msgspec.Struct, frozen=True):
    """What somebody who wants to run a job is told.

    Attributes:
        verdict: run: do it; settled: there is nothing to do; held: another run has it and may be silent for wait_s yet.
    """

    verdict: Literal["run", "settled", "held"]
    wait_s: float
    kind: str | None
    payload: Mapping[str, Any] | None
    checkpoint: Mapping[str, Any] | None
    attempt: int | None
    user_id: str | None


class Stand(msgspec.Struct, frozen=True):
    """A run that still holds its job, and what was asked of it."""

    wish: Wish | None


class Beat(msgspec.Struct, frozen=True):
    """The same, of one run of many."""

    run: str
    wish: Wish | None


class JobRunRepository:
    """One run of a job of the unit's tenant. Every method queues; `run` is the run's own id."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def begin(self, job_id: str, run: str, *, lease_s: int, most: int) -> Pending[Beginning]:
        """Queue the beginning of a run, if the job is due and nobody else's.

        Args:
            lease_s: seconds the run may be silent. most: runs without progress, after which the job has failed.
        """
        return self._unit.one(
            Beginning,
            """SELECT verdict, wait_s, kind, payload, checkpoint, attempt, user_id
               FROM begin_job(%(id)s, %(run)s, %(lease_s)s, %(most)s) -- for the tenant_id that entered""",
            id=job_id,
            run=run,
            lease_s=lease_s,
            most=most,
        )

    def hold(self, job_id: str, run: str) -> None:
        """Queue the claim that the run holds the job, before statements that depend on it.

        Raises at the unit's end: Conflict (`job_lost`): it does not; nothing of the unit was written.
        """
        self._unit.run("SELECT hold_job(%(id)s, %(run)s) -- for the tenant_id that entered", id=job_id, run=run)

    def advance(
        self,
        job_id: str,
        run: str,
        *,
        lease_s: int,
        progress: float,
        stage: str,
        item: str,
        checkpoint: Mapping[str, object] | None,
        cost_micros: int,
    ) -> Pending[Stand | None]:
        """Queue how far the job is; answers None where the run does not hold it, and nothing was written.

        Raises: InvalidInput: the checkpoint is too long.
        """
        return self._unit.maybe(
            Stand,
            """UPDATE jobs SET progress = %(progress)s, stage = %(stage)s, item = %(item)s,
                   attempt = CASE WHEN %(checkpoint)s::jsonb IS DISTINCT FROM checkpoint
                                   AND %(checkpoint)s::jsonb IS NOT NULL THEN 1 ELSE attempt END,
                   checkpoint = coalesce(%(checkpoint)s, checkpoint), cost_micros = cost_micros + %(cost_micros)s,
                   held_until = now() + make_interval(secs => %(lease_s)s), updated_at = now()
               WHERE tenant_id = %(tenant_id)s AND id = %(id)s AND holder = %(run)s
               RETURNING wish""",
            id=job_id,
            run=run,
            lease_s=lease_s,
            progress=progress,
            stage=stage[:200],
            item=item[:500],
            checkpoint=None if checkpoint is None else bounded(checkpoint, "checkpoint"),
            cost_micros=cost_micros,
        )

    def say(self, job_id: str, run: str, message: str, facts: Mapping[str, object]) -> None:
        """Queue an event of the job.

        Raises: InvalidInput: the facts are no JSON, or too long. At the unit's end: Conflict (`job_lost`).
        """
        data = bounded({"message": message[:1000], "facts": dict(facts)}, "facts")
        self.hold(job_id, run)
        self._unit.run(
            """INSERT INTO job_events (tenant_id, job_id, type, data)
               VALUES (%(tenant_id)s, %(id)s, 'message', %(data)s)""",
            id=job_id,
            data=data,
        )

    def complete(self, job_id: str, run: str, result: Mapping[str, object]) -> None:
        """Queue the end of a job that is done.

        Raises: InvalidInput: the result is no JSON, or too long. At the unit's end: Conflict (`job_lost`).
        """
        stored = bounded(result, "result")
        self.hold(job_id, run)
        self._unit.run(
            """UPDATE jobs SET status = 'completed', progress = 1, item = '', result = %(result)s, error = NULL,
                   wish = NULL, holder = NULL, held_until = NULL, finished_at = now(), updated_at = now()
               WHERE tenant_id = %(tenant_id)s AND id = %(id)s AND holder = %(run)s""",
            id=job_id,
            run=run,
            result=stored,
        )
        self._forget(job_id)

    def fail(self, job_id: str, run: str, error: Mapping[str, str]) -> None:
        """Queue the end of a job as a dead letter; error: code, message, remedy.

        Raises at the unit's end: Conflict (`job_lost`).
        """
        self.hold(job_id, run)
        self._unit.run(
            """UPDATE jobs SET status = 'failed', error = %(error)s, wish = NULL, holder = NULL, held_until = NULL,
                   finished_at = now(), updated_at = now()
               WHERE tenant_id = %(tenant_id)s AND id = %(id)s AND holder = %(run)s""",
            id=job_id,
            run=run,
            error=Json(dict(error)),
        )
        self._forget(job_id)

    def stop(self, job_id: str, run: str, status: Literal["cancelled", "paused"]) -> None:
        """Queue what somebody asked of the run.

        Raises at the unit's end: Conflict (`job_lost`).
        """
        self.hold(job_id, run)
        self._unit.run(
            """UPDATE jobs SET status = %(status)s, wish = NULL, holder = NULL, held_until = NULL, updated_at = now(),
                   attempt = greatest(attempt - 1, 0), finished_at = CASE %(status)s WHEN 'cancelled' THEN now() END
               WHERE tenant_id = %(tenant_id)s AND id = %(id)s AND holder = %(run)s""",
            id=job_id,
            run=run,
            status=status,
        )
        self._forget(job_id)

    def retry(self, job_id: str, run: str, error: Mapping[str, str], *, after_s: float) -> None:
        """Queue another run after a while; the outbox sends it then.

        Raises at the unit's end: Conflict (`job_lost`).
        """
        self.hold(job_id, run)
        self._unit.run(
            """UPDATE jobs SET status = 'queued', error = %(error)s, holder = NULL, held_until = NULL,
                   due_at = now() + make_interval(secs => %(after_s)s), updated_at = now()
               WHERE tenant_id = %(tenant_id)s AND id = %(id)s AND holder = %(run)s""",
            id=job_id,
            run=run,
            error=Json(dict(error)),
            after_s=after_s,
        )
        self._unit.run(
            """UPDATE outbox SET due_at = now() + make_interval(secs => %(after_s)s), turn = turn + 1, taken_at = NULL,
                   published_at = NULL
               WHERE tenant_id = %(tenant_id)s AND job_id = %(id)s""",
            id=job_id,
            after_s=after_s,
        )

    def hand_back(self, job_id: str, run: str) -> None:
        """Queue that anybody may go on with the job: the run ends by no fault of the job, and does not count.

        Raises at the unit's end: Conflict (`job_lost`).
        """
        self.hold(job_id, run)
        self._unit.run(
            """UPDATE jobs SET status = 'queued', holder = NULL, held_until = NULL, attempt = greatest(attempt - 1, 0),
                   updated_at = now()
               WHERE tenant_id = %(tenant_id)s AND id = %(id)s AND holder = %(run)s""",
            id=job_id,
            run=run,
        )

    def beat(self, runs: Sequence[str], *, lease_s: int) -> Pending[list[Beat]]:
        """Queue the sign of life of runs of any tenant; answers those that still hold their jobs."""
        return self._unit.all(
            Beat,
            """-- cross-tenant: one process runs the jobs of all tenants
               SELECT run, wish FROM beat_jobs(%(runs)s::uuid[], %(lease_s)s)""",
            runs=list(runs),
            lease_s=lease_s,
        )

    def _forget(self, job_id: str) -> None:
        """Queue that the outbox has nothing more to do with the job."""
        self._unit.run("DELETE FROM outbox WHERE tenant_id = %(tenant_id)s AND job_id = %(id)s", id=job_id)
