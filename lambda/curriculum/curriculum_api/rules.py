"""What rows look like on the wire, and what a query means; pure."""

from collections.abc import Sequence
from typing import Any

from msgspec import UNSET, UnsetType

from curriculum_api.authoring_models import ArchivedCurriculum, SavedCurriculum
from curriculum_api.models import (
    FARTHEST_OFFSET,
    LONGEST_PAGE,
    CurriculumDetail,
    CurriculumNode,
    ListCurricula,
    Media,
    NodeId,
    Segments,
    Summary,
    TopicItem,
    TopicNode,
    Transcript,
)
from shared.clock import iso
from shared.domain.curriculum import Topic
from shared.errors import NotFound
from shared.repositories import curricula
from shared.repositories.authored_curricula import Archived
from shared.repositories.topics import TopicSummary


def page_of(query: ListCurricula) -> tuple[int, int]:
    """Return the limit and offset a query asks for, cut to what is served."""
    limit = min(query.limit, LONGEST_PAGE)
    offset = query.offset if query.page is None else (query.page - 1) * limit
    return limit, min(offset, FARTHEST_OFFSET)


def summary(row: curricula.CurriculumSummary) -> Summary:
    """Return a curriculum as lists show it."""
    return Summary(**_summary(row))


def detail(row: curricula.CurriculumDetail, topics: Sequence[TopicSummary]) -> CurriculumDetail:
    """Return a curriculum with its topics, in all three shapes that are read."""
    common = _summary(row)
    return CurriculumDetail(
        **common,
        duration=row.duration,
        topics=[_topic_item(topic) for topic in topics],
        glossary_terms=row.glossary,
        learning_objectives=row.objectives,
        curriculum=CurriculumNode(**common, topics=[_topic_node(topic) for topic in topics]),
    )


def transcript(topic: Topic) -> Transcript:
    """Return what is said in a topic."""
    segments = [_segment(segment) for segment in topic.segments]
    return Transcript(
        topic_id=topic.id,
        topic_title=topic.title,
        segments=segments,
        transcript=Segments(segments=segments),
        misconceptions=topic.misconceptions,
        examples=topic.examples,
        assessments=topic.assessments,
        media=Media(
            embedded=topic.embedded,
            reference=topic.reference,
            total_count=len(topic.embedded) + len(topic.reference),
        ),
    )


def topic_assets(topic: Topic) -> list[dict[str, Any]]:
    """Return a topic's visual assets, each saying whether it is shown only on request."""
    return [
        *({**asset, "isReference": False} for asset in topic.embedded),
        *({**asset, "isReference": True} for asset in topic.reference),
    ]


def asset_of(assets: Sequence[dict[str, Any]], topic_id: str, asset_id: str) -> dict[str, Any]:
    """Return one of a topic's assets.

    Raises: NotFound: none has this id.
    """
    for asset in assets:
        if asset["id"] == asset_id:
            return asset
    raise NotFound(f"asset {asset_id} of topic {topic_id} not found")


def saved(row: curricula.CurriculumSummary, *, status: str | None = None) -> SavedCurriculum:
    """Return a curriculum as it is after a change.

    Args:
        status: what happened; without it the curriculum's own status stands there.
    """
    facts: dict[str, Any] = _summary(row)
    if status is not None:
        facts["status"] = status
    return SavedCurriculum(**facts)


def archived(row: Archived, *, status: str | UnsetType = UNSET) -> ArchivedCurriculum:
    """Return a curriculum of the archive."""
    name = f"{row.id}.umcf"
    return ArchivedCurriculum(
        id=row.id,
        title=row.title,
        description=row.description,
        file_name=name,
        file=name,
        topic_count=row.topic_count,
        archived_at=iso(row.archived_at),
        original_id=row.id,
        archived_path=f"archived/{name}",
        status=status,
    )


def _summary(row: curricula.CurriculumSummary) -> dict[str, Any]:
    return {
        "id": row.id,
        "title": row.title,
        "description": row.description,
        "version": row.version,
        "status": row.status,
        "language": row.language,
        "difficulty": row.difficulty,
        "age_range": row.age_range,
        "keywords": row.keywords,
        "topic_count": row.topic_count,
        "topics_count": row.topic_count,
        "camel_topic_count": row.topic_count,
        "total_duration": row.duration,
        "camel_total_duration": row.duration,
        "has_visual_assets": row.visual_asset_count > 0,
        "camel_has_visual_assets": row.visual_asset_count > 0,
        "visual_asset_count": row.visual_asset_count,
        "camel_visual_asset_count": row.visual_asset_count,
        "revision": row.revision,
        "subjects": row.subjects,
        "created_at": iso(row.created_at),
        "updated_at": iso(row.updated_at),
        "grade_level": row.grade_level or UNSET,
        "author": row.author or UNSET,
        "source": row.source or UNSET,
    }


def _topic_item(topic: TopicSummary) -> TopicItem:
    return TopicItem(
        id=topic.id,
        title=topic.title,
        description=topic.description,
        order_index=topic.order_index,
        has_transcript=topic.segment_count > 0,
        segment_count=topic.segment_count,
        assessment_count=topic.assessment_count,
        duration=topic.duration or UNSET,
    )


def _topic_node(topic: TopicSummary) -> TopicNode:
    return TopicNode(
        id=NodeId(catalog=topic.catalog, value=topic.id),
        title=topic.title,
        type="topic",
        description=topic.description,
        order_index=topic.order_index,
    )


def _segment(segment: dict[str, Any]) -> dict[str, Any]:
    """Return a segment with its speaking notes in both spellings."""
    notes = segment.get("speakingNotes")
    return {**segment, "speaking_notes": notes} if notes else segment
