"""What becomes of a job when a run of it ends."""

import random
from collections.abc import Awaitable, Callable
from typing import Final, Literal

from core.jobs.port import JobStopped
from core.jobs.run import Run
from core.jobs.threads import JobDatabase
from shared.db import Unit
from shared.domain.jobs import MOST_ATTEMPTS, backoff_s
from shared.errors import AppError, Conflict, RateLimited, Unavailable
from shared.logging import get_logger
from shared.repositories.job_runs import JobRunRepository

# What trying again may help.
RETRYABLE: Final = (Unavailable, RateLimited)
# again: the message is to be delivered to others at once. done: nothing more is to come of it.
Left = Literal["done", "again"]
_Store = Callable[[Callable[[JobRunRepository], None]], Awaitable[None]]

_log: Final = get_logger("jobs")


class UnknownKind(Unavailable):
    """No handler here for this kind of job; a process of another release may have one."""

    code = "unknown_kind"


async def carry_out(run: Run, handle: Callable[[Run], Awaitable[object]], database: JobDatabase) -> Left:
    """Run a job and store what became of it.

    Args: handle: runs the handler and stores its result.
    Raises: Unavailable: the database does not answer; the job is delivered again, and goes on from its checkpoint.
    """
    order = run.order

    async def store(write: Callable[[JobRunRepository], None]) -> None:
        def queue(unit: Unit) -> None:
            write(JobRunRepository(unit))

        try:
            await database.run(order.entry, queue)
        except Conflict as error:
            if error.error_code != "job_lost":
                raise
            _log.warning("job_lost", job_id=order.id, kind=order.kind)

    try:
        await handle(run)
    except JobStopped as stopped:
        return await _stopped(run, stopped, store)
    except RETRYABLE as error:
        await _try_again(run, error, store)
    except AppError as error:
        _log.info("job_failed", job_id=order.id, kind=order.kind, code=error.error_code)
        told = _told(error)
        await store(lambda runs: runs.fail(order.id, run.id, told))
    except Exception as error:  # noqa: BLE001  the job's edge: our own bug ends the job, not the process
        _log.error("job_broke", job_id=order.id, kind=order.kind, exc_info=error)
        await store(lambda runs: runs.fail(order.id, run.id, _BUG))
    return "done"


async def hand_back(run: Run, database: JobDatabase) -> None:
    """Let others go on with a job whose process ends."""
    order = run.order
    try:
        await database.run(order.entry, lambda unit: JobRunRepository(unit).hand_back(order.id, run.id))
    except Conflict:
        _log.warning("job_lost", job_id=order.id, kind=order.kind)


_BUG: Final = {
    "code": "internal_error",
    "message": "the job came upon a mistake of ours; the log has the cause",
    "remedy": "retry it once a release with the mistake mended runs",
}


async def _try_again(run: Run, error: AppError, store: _Store) -> None:
    order, told = run.order, _told(error)
    if order.attempt >= MOST_ATTEMPTS:
        _log.info("job_failed", job_id=order.id, kind=order.kind, code=error.error_code)
        await store(lambda runs: runs.fail(order.id, run.id, told))
        return
    wait = backoff_s(order.attempt, random.random())  # noqa: S311 - no secret: it only spreads the attempts
    if isinstance(error, RateLimited):
        wait = max(wait, error.retry_after)
    _log.info("job_waits", job_id=order.id, kind=order.kind, code=error.error_code, attempt=order.attempt)
    await store(lambda runs: runs.retry(order.id, run.id, told, after_s=wait))


async def _stopped(run: Run, stopped: JobStopped, store: _Store) -> Left:
    order, reason = run.order, stopped.reason
    _log.info("job_stopped", job_id=order.id, kind=order.kind, reason=reason)
    if reason == "draining":
        await store(lambda runs: runs.hand_back(order.id, run.id))
        return "again"
    if reason != "lost":
        status: Literal["cancelled", "paused"] = "cancelled" if reason == "cancelled" else "paused"
        await store(lambda runs: runs.stop(order.id, run.id, status))
    return "done"


def _told(error: AppError) -> dict[str, str]:
    remedy = error.details.get("remedy") or (
        "it was tried again and again; retry it once what it needs answers"
        if isinstance(error, RETRYABLE)
        else "change what the message names, and order it anew"
    )
    return {"code": error.error_code, "message": error.message, "remedy": remedy}
