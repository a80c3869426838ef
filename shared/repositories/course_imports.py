"""Imports: topics of a curriculum that is not there yet, and which course became which curriculum."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from shared.db import Json, Pending, Unit


class StagedTopic(msgspec.Struct, frozen=True):
    """A topic that waits for the others. node: None where it has nothing to say. terms: for the glossary."""

    position: int
    key: str
    node: dict[str, Any] | None
    terms: list[dict[str, Any]]


class ImportedCourse(msgspec.Struct, frozen=True):
    """A course that became a curriculum."""

    course_id: str
    curriculum_id: str
    revision: str
    imported_at: datetime


class ImportCounts(msgspec.Struct, frozen=True):
    """Imports of a tenant: at work, waiting, and completed since midnight (UTC)."""

    active: int
    pending: int
    completed_today: int


class CourseImportRepository:
    """What the imports of one unit of work's tenant have come to."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def stage(
        self,
        job_id: str,
        position: int,
        key: str,
        node: Mapping[str, Any] | None,
        terms: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        """Queue the keeping of one topic; one that is there at this position is replaced."""
        self._unit.run(
            """INSERT INTO staged_topics (tenant_id, job_id, position, key, node, terms)
               VALUES (%(tenant_id)s, %(job_id)s, %(position)s, %(key)s, %(node)s, %(terms)s)
               ON CONFLICT (tenant_id, job_id, position) DO UPDATE
               SET (key, node, terms) = (excluded.key, excluded.node, excluded.terms)""",
            job_id=job_id,
            position=position,
            key=key,
            node=None if node is None else Json(dict(node)),
            terms=Json([dict(term) for term in terms]),
        )

    def staged(self, job_id: str) -> Pending[list[StagedTopic]]:
        """Queue the read of all staged topics, in their order."""
        return self._unit.all(
            StagedTopic,
            """SELECT position, key, node, terms FROM staged_topics
               WHERE tenant_id = %(tenant_id)s AND job_id = %(job_id)s ORDER BY position""",
            job_id=job_id,
        )

    def staged_at(self, job_id: str, position: int) -> Pending[StagedTopic]:
        """Queue the read of one staged topic; NotFound at the unit's end where it is not there."""
        return self._unit.one(
            StagedTopic,
            """SELECT position, key, node, terms FROM staged_topics
               WHERE tenant_id = %(tenant_id)s AND job_id = %(job_id)s AND position = %(position)s""",
            job_id=job_id,
            position=position,
            missing="a topic of this import is gone",
        )

    def unstage(self, job_id: str) -> None:
        """Queue the removal of all staged topics of a job."""
        self._unit.run(
            "DELETE FROM staged_topics WHERE tenant_id = %(tenant_id)s AND job_id = %(job_id)s",
            job_id=job_id,
        )

    def awaited(self, object_keys: Sequence[str]) -> Pending[list[str]]:
        """Queue the search for those of the keys under which a job keeps a course that it will go on with."""
        return self._unit.value(
            list[str],
            """SELECT ARRAY(SELECT k.object_key
                            FROM jobs j CROSS JOIN LATERAL
                                 concat('tenants/', j.tenant_id, '/imports/', j.id) AS k (object_key)
                            WHERE j.tenant_id = %(tenant_id)s AND j.status IN ('queued', 'running', 'paused')
                              AND k.object_key = ANY(%(object_keys)s))""",
            object_keys=list(object_keys),
        )

    def imported(self, job_id: str, *, source_id: str, course_id: str, curriculum_id: str, revision: str) -> None:
        """Queue the note that a course has become a curriculum."""
        self._unit.run(
            """INSERT INTO imported_courses (tenant_id, job_id, source_id, course_id, curriculum_id, revision)
               VALUES (%(tenant_id)s, %(job_id)s, %(source_id)s, %(course_id)s, %(curriculum_id)s, %(revision)s)""",
            job_id=job_id,
            source_id=source_id,
            course_id=course_id,
            curriculum_id=curriculum_id,
            revision=revision,
        )

    def courses(self, source_id: str | None, course_ids: Sequence[str]) -> Pending[list[ImportedCourse]]:
        """Queue the read of the latest import of each of some courses, whose curriculum is still there."""
        return self._unit.all(
            ImportedCourse,
            """SELECT DISTINCT ON (i.course_id) i.course_id, i.curriculum_id, i.revision, i.imported_at
               FROM imported_courses i
               WHERE i.tenant_id = %(tenant_id)s AND i.course_id = ANY(%(course_ids)s::text[])
                 AND (%(source_id)s::text IS NULL OR i.source_id = %(source_id)s)
                 AND EXISTS (SELECT FROM curricula c WHERE c.tenant_id = i.tenant_id AND c.id = i.curriculum_id)
               ORDER BY i.course_id, i.imported_at DESC""",
            source_id=source_id,
            course_ids=list(course_ids),
        )

    def counts(self, kind: str) -> Pending[ImportCounts]:
        """Queue the count of a kind of jobs."""
        return self._unit.one(
            ImportCounts,
            """SELECT count(*) FILTER (WHERE status = 'running')::int AS active,
                      count(*) FILTER (WHERE status IN ('queued', 'paused'))::int AS pending,
                      count(*) FILTER (WHERE status = 'completed'
                                         AND finished_at >= date_trunc('day', now(), 'UTC'))::int AS completed_today
               FROM jobs WHERE tenant_id = %(tenant_id)s AND kind = %(kind)s""",
            kind=kind,
        )
