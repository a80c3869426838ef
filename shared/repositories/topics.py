"""The topics of curricula."""

from collections.abc import Sequence
from typing import Final

import msgspec

from shared.db import Json, Pending, Unit
from shared.domain.curriculum import Topic


class TopicSummary(msgspec.Struct, frozen=True):
    """A topic as its curriculum lists it; `duration` is ISO 8601."""

    id: str
    catalog: str
    title: str
    description: str
    type: str
    order_index: int
    duration: str | None
    segment_count: int
    assessment_count: int


class ListedTopic(TopicSummary, frozen=True):
    """A topic among those of other curricula."""

    curriculum_id: str
    curriculum_title: str


_LISTED: Final = """
    FROM topics t JOIN curricula c ON c.tenant_id = t.tenant_id AND c.id = t.curriculum_id
    WHERE t.tenant_id = ANY(%(readable)s::uuid[]) AND c.status <> 'archived'
      AND (%(curriculum_id)s::text IS NULL OR t.curriculum_id = %(curriculum_id)s)
      AND (t.tenant_id = %(tenant_id)s OR NOT EXISTS (
           SELECT FROM curricula near WHERE near.tenant_id = ANY(%(readable)s::uuid[]) AND near.id = t.curriculum_id
                                        AND is_nearer(near.tenant_id, t.tenant_id)))
"""
_ALL: Final = """
    SELECT t.id, t.catalog, t.title, t.description, t.type, t.order_index, t.duration, t.segment_count,
           t.assessment_count
    FROM topics t
    WHERE t.curriculum_id = %(curriculum_id)s
      AND t.tenant_id = (SELECT c.tenant_id FROM curricula c
                         WHERE c.tenant_id = ANY(%(readable)s::uuid[]) AND c.id = %(curriculum_id)s
                         ORDER BY c.tenant_id = %(tenant_id)s DESC, c.tenant_id DESC LIMIT 1)
    ORDER BY t.order_index
"""
_ONE: Final = """
    SELECT t.id, t.catalog, t.title, t.description, t.type, t.order_index, t.duration, t.segments, t.objectives,
           t.misconceptions, t.examples, t.assessments, t.embedded_assets AS embedded, t.reference_assets AS reference
    FROM topics t
    WHERE t.curriculum_id = %(curriculum_id)s AND t.id = %(topic_id)s
      AND t.tenant_id = (SELECT c.tenant_id FROM curricula c
                         WHERE c.tenant_id = ANY(%(readable)s::uuid[]) AND c.id = %(curriculum_id)s
                         ORDER BY c.tenant_id = %(tenant_id)s DESC, c.tenant_id DESC LIMIT 1)
"""


class TopicRepository:
    """Topics of the curricula the unit's tenant sees."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def of_curriculum(self, curriculum_id: str) -> Pending[list[TopicSummary]]:
        """Queue the read of a curriculum's topics in order; an unknown curriculum has none."""
        return self._unit.all(TopicSummary, _ALL, curriculum_id=curriculum_id)

    def page(self, *, curriculum_id: str | None, limit: int, offset: int) -> Pending[list[ListedTopic]]:
        """Queue the read of one page of topics outside the archive, by curriculum and in its order.

        Args:
            curriculum_id: only this one's.
        """
        columns = """SELECT t.id, t.catalog, t.title, t.description, t.type, t.order_index, t.duration, t.segment_count,
                            t.assessment_count, t.curriculum_id, c.title AS curriculum_title"""
        order = " ORDER BY t.curriculum_id, t.order_index LIMIT %(limit)s OFFSET %(offset)s"
        return self._unit.all(
            ListedTopic, columns + _LISTED + order, curriculum_id=curriculum_id, limit=limit, offset=offset
        )

    def count(self, *, curriculum_id: str | None) -> Pending[int]:
        """Queue the count of all such topics."""
        return self._unit.value(int, "SELECT count(*)" + _LISTED, curriculum_id=curriculum_id)

    def get(self, curriculum_id: str, topic_id: str) -> Pending[Topic]:
        """Queue the read of one topic with all its material; NotFound when there is no such topic."""
        missing = f"topic {topic_id} of curriculum {curriculum_id} not found"
        return self._unit.one(Topic, _ONE, curriculum_id=curriculum_id, topic_id=topic_id, missing=missing)

    def replace(self, curriculum_id: str, topics: Sequence[Topic]) -> None:
        """Queue the upsert of a curriculum's topics and the removal of those it no longer has."""
        self._unit.run(
            """DELETE FROM topics
               WHERE tenant_id = %(tenant_id)s AND curriculum_id = %(curriculum_id)s
                 AND NOT id = ANY(%(kept)s::text[])""",
            curriculum_id=curriculum_id,
            kept=[topic.id for topic in topics],
        )
        self._unit.run(
            """INSERT INTO topics (tenant_id, curriculum_id, id, catalog, title, description, type, order_index,
                    duration, segment_count, assessment_count, segments, objectives, misconceptions, examples,
                    assessments, embedded_assets, reference_assets)
               SELECT %(tenant_id)s, %(curriculum_id)s, t.id, t.catalog, t.title, t.description, t.type,
                    t.order_index, t.duration, jsonb_array_length(t.segments), jsonb_array_length(t.assessments),
                    t.segments, t.objectives, t.misconceptions, t.examples, t.assessments, t.embedded, t.reference
               FROM jsonb_to_recordset(%(topics)s) AS t(id text, catalog text, title text, description text, type text,
                    order_index int, duration text, segments jsonb, objectives jsonb, misconceptions jsonb,
                    examples jsonb, assessments jsonb, embedded jsonb, reference jsonb)
               ON CONFLICT (tenant_id, curriculum_id, id) DO UPDATE SET
                    (catalog, title, description, type, order_index, duration, segment_count, assessment_count,
                     segments, objectives, misconceptions, examples, assessments, embedded_assets, reference_assets) =
                    (excluded.catalog, excluded.title, excluded.description, excluded.type, excluded.order_index,
                     excluded.duration, excluded.segment_count, excluded.assessment_count, excluded.segments,
                     excluded.objectives, excluded.misconceptions, excluded.examples, excluded.assessments,
                     excluded.embedded_assets, excluded.reference_assets)""",
            curriculum_id=curriculum_id,
            topics=Json(msgspec.to_builtins(list(topics))),
        )
