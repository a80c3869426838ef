"""`/api/jobs`: what became of a tenant's jobs, and what may be asked of them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Final

import msgspec

from core.http.streaming import offer
from shared.api import Access, Context, Request, Routes
from shared.api.cursors import Cursors
from shared.api.job_answers import EventAnswer, Events, FindEvents, FindJobs, JobAnswer, Jobs, OneJob
from shared.api.reply import Reply
from shared.auth.caller import Caller
from shared.domain.jobs import ENDED
from shared.errors import AppError, InvalidInput
from shared.ids import known_id
from shared.repositories.jobs import JobEvent, JobRepository, StoredJob

# A stream looks this often, says something at least so often, and ends after a while: its client comes back for more.
_LOOK_S: Final = 1.0
_SILENCE_S: Final = 15.0
_LONGEST_S: Final = 600.0
_PAGE: Final = 200
_BIGGEST_CURSOR: Final = 2**63 - 1

VERBS: Final[Mapping[str, Callable[[JobRepository, str], None]]] = {
    "cancel": JobRepository.cancel,
    "pause": JobRepository.pause,
    "resume": JobRepository.resume,
    "retry": JobRepository.retry,
}


def job_routes() -> Routes:
    """Return the operations."""
    routes = Routes("jobs")
    routes.get("/api/jobs", access=Access.CLIENT)(find_jobs)
    routes.get("/api/jobs/{id}", access=Access.CLIENT)(get_job)
    routes.get("/api/jobs/{id}/events", access=Access.CLIENT)(get_events)
    routes.post("/api/jobs/{id}/cancel", access=Access.CLIENT)(cancel_job)
    routes.post("/api/jobs/{id}/pause", access=Access.CLIENT)(pause_job)
    routes.post("/api/jobs/{id}/resume", access=Access.CLIENT)(resume_job)
    routes.post("/api/jobs/{id}/retry", access=Access.CLIENT)(retry_job)
    return routes


def find_jobs(request: Request, query: FindJobs) -> Jobs:
    """Search the caller's jobs, or the tenant's for who teaches or runs it, the newest first."""
    cursors = Cursors(request.context.settings.secret, "jobs")
    before = cursors.decode(query.cursor)
    with request.unit() as unit:
        found = JobRepository(unit).find(status=query.status, kind=query.kind, before=before, limit=query.limit)
    jobs = [JobAnswer.of(job) for job in found.result]
    return Jobs(jobs, cursors.encode(jobs[-1].id) if len(jobs) == query.limit else msgspec.UNSET)


def get_job(request: Request, id: str) -> OneJob:  # noqa: A002  as the path names it
    """Return one job."""
    known = known_id(id, "job")
    with request.unit() as unit:
        found = JobRepository(unit).get(known)
    return OneJob(JobAnswer.of(found.result))


def get_events(request: Request, id: str, query: FindEvents) -> Reply:  # noqa: A002  as the path names it
    """Return what happened to a job, behind a cursor; as server-sent events for who accepts those."""
    known = known_id(id, "job")
    if "text/event-stream" in request.http.headers.get("accept", ""):
        cursor = _last_seen(request.http.headers.get("last-event-id")) or query.cursor
        with request.unit() as unit:
            JobRepository(unit).get(known)
        offer(lambda: _stream(request.context, request.caller, known, cursor))
        return Reply(b"", headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
    with request.unit() as unit:
        # First the job: where it has ended, the event that says so is there.
        job = JobRepository(unit).get(known)
        events = JobRepository(unit).events(known, after=query.cursor, limit=query.limit)
    return Reply(Events.of(job.result, events.result, query))


def cancel_job(request: Request, id: str) -> OneJob:  # noqa: A002  as the path names it
    """End a job: at once where it waits, at its next step where it runs."""
    return _ask(request, id, "cancel")


def pause_job(request: Request, id: str) -> OneJob:  # noqa: A002  as the path names it
    """Let a job rest until it is resumed; it keeps what it has done."""
    return _ask(request, id, "pause")


def resume_job(request: Request, id: str) -> OneJob:  # noqa: A002  as the path names it
    """Let a paused job go on."""
    return _ask(request, id, "resume")


def retry_job(request: Request, id: str) -> OneJob:  # noqa: A002  as the path names it
    """Try a failed or cancelled job again, from what it has done."""
    return _ask(request, id, "retry")


def _ask(request: Request, job_id: str, verb: str) -> OneJob:
    known = known_id(job_id, "job")
    with request.unit() as unit:
        repository = JobRepository(unit)
        VERBS[verb](repository, known)
        job = repository.get(known)
    return OneJob(JobAnswer.of(job.result))


def _last_seen(header: str | None) -> int | None:
    """Return the cursor an interrupted reader of server-sent events names.

    Raises: InvalidInput: it is none.
    """
    if header is None:
        return None
    if not header.isascii() or not header.isdigit() or int(header) > _BIGGEST_CURSOR:
        expected = "the id of the last event"
        raise InvalidInput(f"Last-Event-ID: {expected}", details={"Last-Event-ID": expected})
    return int(header)


async def _stream(context: Context, caller: Caller, job_id: str, cursor: int) -> AsyncIterator[bytes]:
    """Yield a job's events as they happen, until it has ended, the credential does not hold any more, or it is late."""
    loop = asyncio.get_running_loop()
    ends, spoke = loop.time() + _LONGEST_S, loop.time()
    yield b": jobs\n\n"
    while loop.time() < ends:
        try:
            job, events = await asyncio.to_thread(_look, context, caller, job_id, cursor)
        except AppError as error:
            yield _event("error", {"code": error.error_code, "message": error.message})
            return
        for one in events:
            cursor = one.cursor
            yield _event(one.type, EventAnswer.of(one), cursor)
        if events:
            spoke = loop.time()
            continue
        if job.status in ENDED:
            yield _event("end", {"status": job.status})
            return
        if loop.time() - spoke > _SILENCE_S:
            spoke = loop.time()
            yield b": still here\n\n"
        await asyncio.sleep(_LOOK_S)


def _look(context: Context, caller: Caller, job_id: str, cursor: int) -> tuple[StoredJob, list[JobEvent]]:
    with context.database.unit(caller.check()) as unit:
        job = JobRepository(unit).get(job_id)
        events = JobRepository(unit).events(job_id, after=cursor, limit=_PAGE)
    return job.result, events.result


def _event(name: str, data: Any, cursor: int | None = None) -> bytes:  # noqa: ANN401  whatever msgspec encodes
    head = "" if cursor is None else f"id: {cursor}\n"
    return f"{head}event: {name}\ndata: {msgspec.json.encode(data).decode()}\n\n".encode()
