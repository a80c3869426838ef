"""Where a learner looks round: subjects, topics of all curricula, own progress."""

from msgspec import UNSET

from curriculum_api.discovery_models import (
    FindProgress,
    FindTopics,
    FoundTopic,
    FoundTopics,
    ProgressAnswer,
    Subject,
    Subjects,
    TopicProgress,
)
from shared.api import Access, Request, Routes
from shared.clock import iso
from shared.repositories.curricula import CurriculumRepository
from shared.repositories.topic_progress import TopicProgress as Row
from shared.repositories.topic_progress import TopicProgressRepository
from shared.repositories.topics import TopicRepository

routes = Routes("curriculum")


@routes.get("/api/curricula/subjects", access=Access.CLIENT)
def list_subjects(request: Request) -> Subjects:
    """Return the subjects that curricula belong to."""
    with request.unit() as unit:
        rows = CurriculumRepository(unit).subjects()
    subjects = [
        Subject(id=row.name.lower().replace(" ", "-"), name=row.name, curriculum_count=row.curriculum_count)
        for row in rows.result
    ]
    return Subjects(subjects=subjects, total=len(subjects))


@routes.get("/api/curricula/topics", access=Access.CLIENT)
def list_topics(request: Request, query: FindTopics) -> FoundTopics:
    """Return topics of all curricula, by curriculum and in its order."""
    with request.unit() as unit:
        topics = TopicRepository(unit)
        rows = topics.page(curriculum_id=query.curriculum_id, limit=query.limit, offset=query.offset)
        total = topics.count(curriculum_id=query.curriculum_id)
    found = [
        FoundTopic(
            id=row.id,
            curriculum_id=row.curriculum_id,
            curriculum_title=row.curriculum_title,
            title=row.title,
            description=row.description,
            order_index=row.order_index,
            segment_count=row.segment_count,
            assessment_count=row.assessment_count,
            has_transcript=row.segment_count > 0,
            duration=row.duration or UNSET,
        )
        for row in rows.result
    ]
    return FoundTopics(topics=found, total=total.result, limit=query.limit, offset=query.offset)


@routes.get("/api/curricula/progress", access=Access.CLIENT)
def get_progress(request: Request, query: FindProgress) -> ProgressAnswer:
    """Return how far the caller has come in each topic they have begun."""
    with request.unit() as unit:
        rows = TopicProgressRepository(unit).own(curriculum_id=query.curriculum_id, limit=query.limit)
    return ProgressAnswer(progress=[_progress(row) for row in rows.result], total=len(rows.result))


def _progress(row: Row) -> TopicProgress:
    return TopicProgress(
        curriculum_id=row.curriculum_id,
        topic_id=row.topic_id,
        topic_title=row.topic_title,
        position=row.position,
        segment_count=row.passages,
        completion_percentage=row.percent,
        duration_seconds=row.spent_ms // 1000,
        completed=row.completed_at is not None,
        started_at=iso(row.started_at),
        updated_at=iso(row.updated_at),
        completed_at=UNSET if row.completed_at is None else iso(row.completed_at),
    )
