"""Runs a test's queued jobs one after another, by the rows of `jobs`, as a process that runs jobs would."""

from dataclasses import dataclass

import msgspec
import psycopg

from core.jobs.port import JobHandler, JobStopped, Order
from shared.db import Database
from shared.errors import AppError
from tests.fakes.jobs import RecordedJob


@dataclass(frozen=True, slots=True)
class Foreman:
    """Has jobs of one kind done.

    Attributes:
        database_url: the superuser's, to write what a run comes to.
    """

    handler: JobHandler
    database: Database
    database_url: str

    async def work_off(self, *, stop_at: int | None = None) -> int:
        """Do every job that is due, in the order of priority and age, and return how many there were.

        Args: stop_at: the step, from 1, at which each run is paused.
        """
        done = 0
        while (order := self._next()) is not None:
            done += 1
            job = RecordedJob(order, database=self.database, stop_at=stop_at, reason="paused")
            try:
                await self.handler.run(job)
            except JobStopped:
                self._end(order, "paused", job)
            except AppError as error:
                self._end(order, "failed", job, {"code": error.error_code, "message": error.message, **error.details})
            else:
                self._end(order, "completed", job)
        return done

    def _next(self) -> Order | None:
        with psycopg.connect(self.database_url) as connection:
            row = connection.execute(
                """UPDATE jobs SET status = 'running', holder = gen_random_uuid(), started_at = now()
                   WHERE id = (SELECT id FROM jobs WHERE status = 'queued' AND due_at <= now() AND kind = %s
                               ORDER BY priority DESC, id LIMIT 1)
                   RETURNING id::text, tenant_id::text, user_id::text, kind, payload, checkpoint""",
                (self.handler.kind,),
            ).fetchone()
        if row is None:
            return None
        job_id, tenant_id, user_id, kind, payload, checkpoint = row
        return Order(id=job_id, tenant_id=tenant_id, user_id=user_id, kind=kind, payload=payload, checkpoint=checkpoint)

    def _end(self, order: Order, status: str, job: RecordedJob, error: dict[str, str] | None = None) -> None:
        with psycopg.connect(self.database_url) as connection:
            connection.execute(
                """UPDATE jobs SET status = %s, holder = NULL, checkpoint = %s, error = %s, updated_at = now(),
                       finished_at = CASE WHEN %s <> 'paused' THEN now() END WHERE id = %s""",
                (
                    status,
                    msgspec.json.encode(job.checkpoint).decode(),
                    msgspec.json.encode(error).decode() if error else None,
                    status,
                    order.id,
                ),
            )
