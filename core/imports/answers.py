"""What consoles are told about imports, in the names of both where two clients use different ones."""

from collections.abc import Sequence
from typing import Any

from core.imports.licences import Licence, licence_of
from core.imports.orders import ImportOrder, Progress, Wants
from core.imports.registry import Installed
from core.imports.sources.port import Course, Shelf
from shared.clock import iso
from shared.repositories.course_imports import ImportedCourse
from shared.repositories.import_uploads import ImportUpload
from shared.repositories.jobs import JobEvent, StoredJob

_PERCENT = 100


def present(facts: dict[str, Any]) -> dict[str, Any]:
    """Return facts without those that are not known."""
    return {name: value for name, value in facts.items() if value is not None}


def source_answer(installed: Installed, courses: int) -> dict[str, Any]:
    """Return a source."""
    plugin = installed.plugin
    licence = licence_answer_of(plugin.licence)
    return {
        "id": plugin.id,
        "name": plugin.name,
        "description": plugin.description,
        "provider": "UnaMentis",
        "logoUrl": "",
        "logo": "",
        "website": "",
        "baseUrl": "",
        "url": "",
        "license": licence,
        "license_type": licence["type"],
        "courseCount": courses,
        "features": list(plugin.features),
        "supported_features": list(plugin.features),
        "contentTypes": list(plugin.content_types),
        "subjects": [],
        "status": "active" if installed.enabled else "disabled",
        "isActive": installed.enabled,
        "requires_auth": False,
    }


def licence_answer(licence: Licence) -> dict[str, Any]:
    """Return a licence."""
    permissions = ["share"]
    permissions += ["adapt"] if licence.allows_derivatives else []
    permissions += ["commercial-use"] if licence.allows_commercial_use else []
    conditions = (["attribution"] if licence.attribution_required else []) + (
        ["share-alike"] if licence.share_alike else []
    )
    restrictions = ([] if licence.allows_commercial_use else ["no-commercial-use"]) + (
        [] if licence.allows_derivatives else ["no-derivatives"]
    )
    return {
        "type": licence.type,
        "name": licence.name,
        "url": licence.url,
        "permissions": permissions,
        "conditions": conditions,
        "restrictions": restrictions,
        "attributionRequired": licence.attribution_required,
        "requiresAttribution": licence.attribution_required,
        "allowsCommercialUse": licence.allows_commercial_use,
        "allowsDerivatives": licence.allows_derivatives,
        "shareAlike": licence.share_alike,
    }


def licence_answer_of(name: str) -> dict[str, Any]:
    """Return a licence by its name."""
    return licence_answer(licence_of(name))


def course_answer(course: Course) -> dict[str, Any]:
    """Return a course; its lectures are its topics, where it was looked into."""
    lectures = [
        {"id": place.key, "title": place.title, "number": at, "order": at, "unit": place.unit}
        for at, place in enumerate(course.places, 1)
    ]
    features = [{"type": "transcript", "count": len(lectures), "available": True}] if lectures else []
    return present(
        {
            "id": course.id,
            "sourceId": course.source_id,
            "title": course.title,
            "instructors": [course.author] if course.author else [],
            "description": course.description,
            "level": course.level,
            "department": course.subject,
            "semester": "",
            "features": features,
            "license": licence_answer(course.licence),
            "thumbnailUrl": "",
            "keywords": list(course.keywords),
            "revision": course.revision or None,
            "sizeBytes": course.size,
            "lectures": lectures or None,
            "leftOut": list(course.left_out) or None,
        }
    )


def page_answer(shelf: Shelf, page: int, page_size: int) -> dict[str, Any]:
    """Return what stands beside a page of courses, in both families' names."""
    pages = -(-shelf.total // page_size)
    return {
        "success": True,
        "pagination": {"page": page, "pageSize": page_size, "total": shelf.total, "totalPages": pages},
        "filters": {"subjects": list(shelf.subjects), "levels": list(shelf.levels), "features": ["transcript"]},
        "total": shelf.total,
        "page": page,
        "page_size": page_size,
        "total_pages": pages,
    }


def status_of(job: StoredJob) -> str:
    """Return where an import is, in the contract's words."""
    if job.status == "running":
        return job.stage or "downloading"
    return "queued" if job.status == "paused" else job.status


def progress_answer(job: StoredJob, events: Sequence[JobEvent], order: ImportOrder) -> dict[str, Any]:
    """Return how far an import is, as upstream's console and ours read it."""
    done = Progress.of(job.checkpoint)
    stats = done.stats
    error = job.error or {}
    return present(
        {
            "id": job.id,
            "jobId": job.id,
            "sourceId": order.source_id,
            "courseId": order.course_id,
            "courseName": done.title or order.output_name or order.course_title,
            "config": config_answer(order),
            "status": status_of(job),
            "overallProgress": round(job.progress * _PERCENT, 1),
            "currentStage": job.stage or "queued",
            "stageProgress": _stage_share(job, done),
            "currentActivity": job.item,
            "stages": _stages(job, order.wants, done),
            "log": [_log_line(event) for event in events if event.type in {"message", "status"}],
            "warnings": list(done.warnings),
            "stats": {
                "filesDownloaded": stats.files_downloaded,
                "filesProcessed": stats.files_processed,
                "topicsCreated": stats.topics_created or done.extracted,
                "objectivesGenerated": stats.objectives_generated,
                "assessmentsGenerated": stats.assessments_generated,
                "checkpointsGenerated": stats.checkpoints_generated,
                "termsGenerated": stats.terms_generated,
            },
            "result": None if job.result is None else dict(job.result),
            "error": error.get("message"),
            "errorCode": error.get("code"),
            "remedy": error.get("remedy"),
            "costMicroUsd": job.cost_micros,
            "estimatedCostMicroUsd": done.estimate_micros,
            "createdAt": iso(job.created_at),
            "updatedAt": iso(job.updated_at),
            "startedAt": iso(job.started_at or job.created_at),
            "completedAt": None if job.finished_at is None else iso(job.finished_at),
        }
    )


def config_answer(order: ImportOrder) -> dict[str, Any]:
    """Return what an import was asked for, as it was asked."""
    wants = order.wants
    return {
        "sourceId": order.source_id,
        "courseId": order.course_id,
        "outputName": order.output_name,
        "selectedLectures": list(order.selected),
        "includeTranscripts": wants.transcripts,
        "includeLectureNotes": wants.lecture_notes,
        "includeAssignments": wants.assignments,
        "includeExams": wants.exams,
        "includeVideos": False,
        "generateObjectives": wants.objectives,
        "createCheckpoints": wants.checkpoints,
        "generateSpokenText": wants.spoken_text,
        "buildKnowledgeGraph": wants.knowledge_graph,
        "generatePracticeProblems": wants.practice_problems,
    }


def imported_answer(course: ImportedCourse | None) -> dict[str, Any]:
    """Return whether a course is imported."""
    if course is None:
        return {"imported": False}
    return {"imported": True, "curriculumId": course.curriculum_id, "importedAt": iso(course.imported_at)}


def upload_answer(upload: ImportUpload) -> dict[str, Any]:
    """Return a file that was brought."""
    return {
        "id": upload.id,
        "sourceId": "upload",
        "courseId": upload.id,
        "name": upload.name,
        "title": upload.title,
        "sizeBytes": upload.size,
        "revision": upload.revision,
        "topicCount": upload.topics,
        "createdAt": iso(upload.created_at),
    }


def plugin_answer(installed: Installed) -> dict[str, Any]:
    """Return a plug-in as a tenant has it."""
    plugin = installed.plugin
    return {
        "plugin_id": plugin.id,
        "id": plugin.id,
        "name": plugin.name,
        "description": plugin.description,
        "version": plugin.version,
        "plugin_type": "sources",
        "author": "UnaMentis",
        "license_type": plugin.licence or "various",
        "features": list(plugin.features),
        "enabled": installed.enabled,
        "priority": installed.priority,
        "settings": dict(installed.settings),
        "has_config": plugin.schema is not None,
    }


def _stages(job: StoredJob, wants: Wants, done: Progress) -> list[dict[str, Any]]:
    """Return each stage with how much of it is done; those before the present one are."""
    names = wants.stages
    at = names.index(job.stage) if job.stage in names else -1
    ended = job.status == "completed"
    found: list[dict[str, Any]] = []
    for number, name in enumerate(names):
        status = "completed" if ended or number < at else "pending"
        if number == at and not ended:
            status = job.status if job.status in {"failed", "cancelled"} else "running"
        share = 100.0 if status == "completed" else _stage_share(job, done) if number == at else 0.0
        found.append({"id": name, "name": name.title(), "status": status, "progress": share})
    return found


def _stage_share(job: StoredJob, done: Progress) -> float:
    if job.status == "completed":
        return 100.0
    through = {"extracting": done.extracted, "enriching": done.enriched, "generating": done.generated}
    if job.stage in through and done.total:
        return round(through[job.stage] * _PERCENT / done.total, 1)
    return 0.0


def _log_line(event: JobEvent) -> dict[str, Any]:
    data = event.data
    text = str(data.get("message") or data.get("status") or "")
    level = "error" if data.get("error") else "info"
    return {"timestamp": iso(event.at), "level": level, "message": text}
