"""Jobs of every tenant: seen, cancelled, paused, resumed and retried. Like everything here, each call is audited."""

from collections.abc import Callable

from msgspec import UNSET

from admin_api.requests import FindTenantJobs
from admin_api.rules import wanted_id
from shared.api import Access, Request, Routes
from shared.api.cursors import Cursors
from shared.api.job_answers import Events, FindEvents, JobAnswer, Jobs, OneJob
from shared.ids import known_id
from shared.repositories.job_oversight import JobOversightRepository
from shared.repositories.jobs import JobRepository

routes = Routes("admin")


@routes.get("/api/admin/jobs", access=Access.ADMIN)
def find_jobs(request: Request, query: FindTenantJobs) -> Jobs:
    """Search the jobs of the tenants the administrator reaches, the newest first."""
    cursors = Cursors(request.context.settings.secret, "admin-jobs")
    before = cursors.decode(query.cursor)
    tenant_id = wanted_id(query.tenant_id, "tenant_id")
    with request.unit() as unit:
        found = JobOversightRepository(unit).find(
            tenant_id=tenant_id, status=query.status, kind=query.kind, before=before, limit=query.limit
        )
    jobs = [JobAnswer.of(job, tenant_id=job.tenant_id) for job in found.result]
    return Jobs(jobs, cursors.encode(jobs[-1].id) if len(jobs) == query.limit else UNSET)


@routes.get("/api/admin/tenants/{tenant_id}/jobs/{id}", access=Access.ADMIN)
def get_job(request: Request, tenant_id: str, id: str) -> OneJob:  # noqa: A002  as the path names it
    """Return one job of a tenant."""
    known = known_id(id, "job")
    with request.unit() as unit:
        found = JobRepository(unit).get(known)
    return OneJob(JobAnswer.of(found.result, tenant_id=tenant_id))


@routes.get("/api/admin/tenants/{tenant_id}/jobs/{id}/events", access=Access.ADMIN)
def get_events(request: Request, tenant_id: str, id: str, query: FindEvents) -> Events:  # noqa: A002  as the path names it
    """Return what happened to a job of a tenant, behind a cursor."""
    del tenant_id  # the unit has entered it
    known = known_id(id, "job")
    with request.unit() as unit:
        job = JobRepository(unit).get(known)
        events = JobRepository(unit).events(known, after=query.cursor, limit=query.limit)
    return Events.of(job.result, events.result, query)


@routes.post("/api/admin/tenants/{tenant_id}/jobs/{id}/cancel", access=Access.ADMIN)
def cancel_job(request: Request, tenant_id: str, id: str) -> OneJob:  # noqa: A002  as the path names it
    """End a job of a tenant: at once where it waits, at its next step where it runs."""
    return _ask(request, tenant_id, id, JobRepository.cancel)


@routes.post("/api/admin/tenants/{tenant_id}/jobs/{id}/pause", access=Access.ADMIN)
def pause_job(request: Request, tenant_id: str, id: str) -> OneJob:  # noqa: A002  as the path names it
    """Let a job of a tenant rest until it is resumed."""
    return _ask(request, tenant_id, id, JobRepository.pause)


@routes.post("/api/admin/tenants/{tenant_id}/jobs/{id}/resume", access=Access.ADMIN)
def resume_job(request: Request, tenant_id: str, id: str) -> OneJob:  # noqa: A002  as the path names it
    """Let a paused job of a tenant go on."""
    return _ask(request, tenant_id, id, JobRepository.resume)


@routes.post("/api/admin/tenants/{tenant_id}/jobs/{id}/retry", access=Access.ADMIN)
def retry_job(request: Request, tenant_id: str, id: str) -> OneJob:  # noqa: A002  as the path names it
    """Try a failed or cancelled job of a tenant again, from what it has done."""
    return _ask(request, tenant_id, id, JobRepository.retry)


def _ask(request: Request, tenant_id: str, job_id: str, act: Callable[[JobRepository, str], None]) -> OneJob:
    known = known_id(job_id, "job")
    with request.unit() as unit:
        repository = JobRepository(unit)
        act(repository, known)
        job = repository.get(known)
    return OneJob(JobAnswer.of(job.result, tenant_id=tenant_id))
