"""Reprocessing over HTTP: what a curriculum lacks, what would be added, and the jobs that add it."""

from collections.abc import Mapping
from typing import Any

import msgspec

from core.imports.analysis import analysis_answer, issue_answer, issues_of, wanted
from core.imports.answers import present, status_of
from core.imports.desk import ImportDesk, is_trusted
from core.imports.estimates import cost_of, expected, prices_of
from core.imports.models import JobsQuery, NewReprocess, Wishes
from core.imports.orders import REPROCESS_KIND, Progress, Wants
from core.imports.reprocessing import ReprocessOrder
from shared.api import Access, Request, Routes
from shared.clock import iso, utc_now
from shared.domain.curriculum import topic_nodes
from shared.domain.json_values import records_of
from shared.errors import NotFound
from shared.ids import known_id, new_id
from shared.repositories.authored_curricula import AuthoredCurriculumRepository
from shared.repositories.curricula import CurriculumRepository
from shared.repositories.jobs import JobRepository, StoredJob


class ReprocessRoutes:
    """`/api/reprocess`."""

    def __init__(self, desk: ImportDesk) -> None:
        self._desk = desk

    def routes(self) -> Routes:
        """Return the operations."""
        routes = Routes("imports", success_flag=True)
        routes.post("/api/reprocess/analyze/{curriculum_id}", access=Access.CLIENT)(self.analyse)
        routes.get("/api/reprocess/analysis/{curriculum_id}", access=Access.CLIENT)(self.analysis)
        routes.post("/api/reprocess/preview/{curriculum_id}", access=Access.CLIENT)(self.preview)
        routes.post("/api/reprocess/jobs", access=Access.CLIENT)(self.start)
        routes.get("/api/reprocess/jobs", access=Access.CLIENT)(self.list_jobs)
        routes.get("/api/reprocess/jobs/{reprocess_id}", access=Access.CLIENT)(self.get_job)
        routes.delete("/api/reprocess/jobs/{reprocess_id}", access=Access.CLIENT)(self.cancel)
        return routes

    def analyse(self, request: Request, curriculum_id: str) -> dict[str, Any]:
        """Look at what a curriculum lacks for being taught by voice."""
        return self.analysis(request, curriculum_id)

    def analysis(self, request: Request, curriculum_id: str) -> dict[str, Any]:
        """Return what a curriculum lacks, as it is now."""
        document = _document(request, curriculum_id)
        return {"success": True, "analysis": analysis_answer(curriculum_id, document, iso(utc_now()))}

    def preview(self, request: Request, curriculum_id: str, body: Wishes) -> dict[str, Any]:
        """Return what a job with these wishes would see to, and what that would cost; no model is asked."""
        wants = Wants(
            objectives=body.generate_objectives,
            checkpoints=body.create_checkpoints,
            spoken_text=body.generate_spoken_text,
            practice_problems=body.generate_practice_problems,
        )
        with request.unit() as unit:
            found = CurriculumRepository(unit).document(curriculum_id)
            prices = prices_of(self._desk.model, unit)
        document = found.result.document
        changes = [issue for issue in issues_of(document) if wanted(issue, wants)]
        calls = [call for node in topic_nodes(records_of(document.get("content"))) for call in expected(node, wants)]
        return {
            "success": True,
            "preview": {
                "curriculumId": curriculum_id,
                "proposedChanges": [issue_answer(issue) for issue in changes],
                "summary": {
                    "totalChanges": len(changes),
                    "topics": len({issue.topic_id for issue in changes}),
                    "estimatedCostMicroUsd": cost_of(calls, prices.result),
                },
            },
        }

    def start(self, request: Request, body: NewReprocess) -> dict[str, Any]:
        """Order that a model add to an own curriculum; it is paid from the tenant's budget."""
        order = ReprocessOrder(curriculum_id=body.curriculum_id, wants=body.wants, trusted=is_trusted(request))
        with request.unit() as unit:
            AuthoredCurriculumRepository(unit, trusted=order.trusted).claim(body.curriculum_id)
            added = JobRepository(unit).add(new_id(), REPROCESS_KIND, msgspec.to_builtins(order))
        return {"success": True, "jobId": added.result, "status": "queued"}

    def list_jobs(self, request: Request, query: JobsQuery) -> dict[str, Any]:
        """Return the newest of these jobs."""
        with request.unit() as unit:
            found = JobRepository(unit).find(kind=REPROCESS_KIND, limit=query.limit)
        jobs = [job for job in found.result if query.status in {None, status_of(job), job.status}]
        return {"success": True, "jobs": [_answer(job) for job in jobs]}

    def get_job(self, request: Request, reprocess_id: str) -> dict[str, Any]:
        """Return how far a job is."""
        return {"success": True, "progress": _answer(_job(request, reprocess_id))}

    def cancel(self, request: Request, reprocess_id: str) -> dict[str, Any]:
        """Cancel a job; the curriculum stays as it is."""
        job = _job(request, reprocess_id)
        with request.unit() as unit:
            JobRepository(unit).cancel(job.id)
        return {"success": True, "cancelled": True}


def _document(request: Request, curriculum_id: str) -> Mapping[str, Any]:
    with request.unit() as unit:
        found = CurriculumRepository(unit).document(curriculum_id)
    return found.result.document


def _job(request: Request, reprocess_id: str) -> StoredJob:
    known = known_id(reprocess_id, "job")
    with request.unit() as unit:
        found = JobRepository(unit).get(known)
    if found.result.kind != REPROCESS_KIND:
        raise NotFound(f"job {known} not found")
    return found.result


def _answer(job: StoredJob) -> dict[str, Any]:
    order = msgspec.convert(job.payload, ReprocessOrder)
    done = Progress.of(job.checkpoint)
    error = job.error or {}
    return present(
        {
            "id": job.id,
            "jobId": job.id,
            "curriculumId": order.curriculum_id,
            "status": status_of(job),
            "overallProgress": round(job.progress * 100, 1),
            "currentStage": job.stage or "queued",
            "currentActivity": job.item,
            "warnings": list(done.warnings),
            "result": None if job.result is None else dict(job.result),
            "error": error.get("message"),
            "costMicroUsd": job.cost_micros,
            "estimatedCostMicroUsd": done.estimate_micros,
            "createdAt": iso(job.created_at),
            "updatedAt": iso(job.updated_at),
            "completedAt": None if job.finished_at is None else iso(job.finished_at),
        }
    )
