"""Imports over HTTP: ordered, watched, cancelled."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from core.imports.answers import imported_answer, progress_answer, status_of
from core.imports.desk import ImportDesk, is_trusted
from core.imports.models import Choices, JobsQuery, NewImport, StatusQuery
from core.imports.orders import IMPORT_KIND, ImportOrder
from core.imports.source_routes import glanced
from shared.api import Access, Listing, Reply, Request, Routes
from shared.api.errors import envelope
from shared.domain.jobs import JobStatus
from shared.errors import Forbidden, NotFound
from shared.ids import known_id, new_id
from shared.repositories.authors import require_importer
from shared.repositories.course_imports import CourseImportRepository
from shared.repositories.jobs import JobEvent, JobRepository, StoredJob

_MOST_ASKED: Final = 1_000
_MOST_EVENTS: Final = 200
# In which of a job's states an import of a status is.
_STATES: Final[dict[str, JobStatus]] = {
    "queued": "queued",
    "completed": "completed",
    "failed": "failed",
    "cancelled": "cancelled",
}


class JobRoutes:
    """`/api/import/jobs`, `/api/import/status`, and the older way to order one."""

    def __init__(self, desk: ImportDesk) -> None:
        self._desk = desk

    def routes(self) -> Routes:
        """Return the operations."""
        routes = Routes("imports", success_flag=True)
        routes.post("/api/import/jobs", access=Access.CLIENT)(self.start)
        routes.get("/api/import/jobs", access=Access.CLIENT)(self.list_jobs)
        routes.get("/api/import/jobs/{import_id}", access=Access.CLIENT)(self.get_job)
        routes.delete("/api/import/jobs/{import_id}", access=Access.CLIENT)(self.cancel)
        routes.get("/api/import/status", access=Access.CLIENT)(self.status)
        routes.post("/api/sources/{catalog_id}/courses/{course_id}/import", access=Access.CLIENT)(self.start_this)
        return routes

    def start(self, request: Request, body: NewImport) -> Reply:
        """Order an import, for those who teach: it is paid from the tenant's budget where a model adds to it."""
        return self.order(request, body.source_id, body.course_id, body)

    def start_this(self, request: Request, catalog_id: str, course_id: str, body: Choices) -> Reply:
        """Order the import of the course in the path."""
        return self.order(request, catalog_id, course_id, body)

    def order(self, request: Request, source_id: str, course_id: str, choices: Choices) -> Reply:
        """Order an import and return its id; 403 with `licenseRestriction` where the licence allows none."""
        course = glanced(self._desk, request, source_id, course_id)
        if not course.licence.allows_derivatives:
            refused = Forbidden("its licence allows no lessons to be made of it", code="license_restriction")
            body = envelope(refused, request.http.request_id, success_flag=True)
            return Reply({**body, "licenseRestriction": True}, 403)
        order = ImportOrder(
            source_id=source_id,
            course_id=course_id,
            course_title=course.title,
            output_name=(choices.output_name or "").strip(),
            selected=choices.selected_lectures or [],
            wants=choices.wants,
            trusted=is_trusted(request),
        )
        with request.unit() as unit:
            require_importer(unit, trusted=is_trusted(request))
            added = JobRepository(unit).add(new_id(), IMPORT_KIND, msgspec.to_builtins(order))
        return Reply({"success": True, "jobId": added.result, "status": "queued"})

    def list_jobs(self, request: Request, query: JobsQuery) -> Listing:
        """Return the newest imports: everybody's to those who teach, one's own to others."""
        state = None if query.status is None else _STATES.get(query.status, "running")
        with request.unit() as unit:
            found = JobRepository(unit).find(status=state, kind=IMPORT_KIND, limit=query.limit)
        jobs = [job for job in found.result if query.status in {None, "running"} or status_of(job) == query.status]
        return Listing("jobs", [_answer(job, ()) for job in jobs], {"success": True})

    def get_job(self, request: Request, import_id: str) -> dict[str, Any]:
        """Return how far an import is."""
        known = known_id(import_id, "import")
        with request.unit() as unit:
            job = JobRepository(unit).get(known)
            events = JobRepository(unit).events(known, limit=_MOST_EVENTS)
        return {"success": True, "progress": _answer(_of_kind(job.result), events.result)}

    def cancel(self, request: Request, import_id: str) -> dict[str, Any]:
        """Cancel an import; nothing of it is seen then. One that has ended stays as it is."""
        known = known_id(import_id, "import")
        with request.unit() as unit:
            job = JobRepository(unit).get(known)
        _of_kind(job.result)
        with request.unit() as unit:
            JobRepository(unit).cancel(known)
        return {"success": True, "cancelled": True}

    def status(self, request: Request, query: StatusQuery) -> dict[str, Any]:
        """Tell which courses are imported, and how many imports there are."""
        ids = list(dict.fromkeys(part for part in query.course_ids.split(",") if part))[:_MOST_ASKED]
        with request.unit() as unit:
            imports = CourseImportRepository(unit)
            found = imports.courses(query.source_id or None, ids)
            counts = imports.counts(IMPORT_KIND)
        known = {course.course_id: course for course in found.result}
        return {
            "success": True,
            "courses": {course_id: imported_answer(known.get(course_id)) for course_id in ids},
            "active_jobs": counts.result.active,
            "pending_jobs": counts.result.pending,
            "completed_today": counts.result.completed_today,
        }


def _of_kind(job: StoredJob) -> StoredJob:
    """Return an import.

    Raises: NotFound: it is another kind of job.
    """
    if job.kind != IMPORT_KIND:
        raise NotFound(f"job {job.id} not found")
    return job


def _answer(job: StoredJob, events: Sequence[JobEvent]) -> dict[str, Any]:
    return progress_answer(job, events, msgspec.convert(job.payload, ImportOrder))
