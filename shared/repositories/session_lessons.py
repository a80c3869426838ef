"""What a session teaches: its curriculum, its topic, and the lesson made of them."""

from collections.abc import Mapping
from typing import Any

import msgspec

from shared.db import Json, KeepPlan, Pending, Unit
from shared.domain.context import Place
from shared.domain.curriculum import Topic
from shared.domain.lesson import Lesson
from shared.domain.lesson_material import lesson_of
from shared.repositories.session_claims import claim_open
from shared.repositories.session_events import SessionEventRepository
from shared.repositories.topic_progress import TopicProgressRepository


class SessionLesson(msgspec.Struct, frozen=True):
    """The stored material of a session's topic; every field below `place` is None where there is no such topic.

    Attributes:
        owner_id: the tenant whose topic it is.
    """

    curriculum_title: str
    material: Mapping[str, Any] | None
    place: Mapping[str, Any] | None
    topic_id: str | None
    owner_id: str | None
    title: str | None
    segments: list[dict[str, Any]] | None
    objectives: list[dict[str, Any]] | None
    misconceptions: list[dict[str, Any]] | None
    assessments: list[dict[str, Any]] | None
    glossary: list[dict[str, Any]] | None
    outline: list[str] | None
    topic_index: int | None

    @property
    def lesson(self) -> Lesson | None:
        """The lesson: what the client brought, else the topic's own; None in a free conversation."""
        if self.material is not None:
            return msgspec.convert(self.material, Lesson)
        if self.topic_id is None:
            return None
        topic = Topic(
            id=self.topic_id,
            title=self.title or "",
            segments=self.segments or [],
            objectives=self.objectives or [],
            misconceptions=self.misconceptions or [],
            assessments=self.assessments or [],
        )
        return lesson_of(self.curriculum_title, topic, self.glossary or [])

    @property
    def standing(self) -> Place:
        """Where the topic stands: as the client says, else as the curriculum does."""
        if self.place is not None:
            return msgspec.convert(self.place, Place)
        outline = tuple(self.outline or ())
        return Place(
            curriculum_title=self.curriculum_title, index=self.topic_index or 0, total=len(outline), outline=outline
        )


class SessionLessonRepository:
    """What the sessions of one unit of work's tenant teach."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def choose_curriculum(self, session_id: str, curriculum_id: str) -> None:
        """Queue the choice of a curriculum for a session this unit has made; it begins with its first topic.

        Raises (at the unit's end): NotFound: the tenant reads no such curriculum.
        """
        self._unit.run(
            """SELECT refuse('PT404', format('curriculum %%s not found', %(curriculum_id)s::text))
               WHERE NOT EXISTS (
                   SELECT FROM curricula WHERE tenant_id = ANY(%(readable)s::uuid[]) AND id = %(curriculum_id)s)""",
            curriculum_id=curriculum_id,
        )
        self._unit.run(
            """UPDATE learning_sessions s
               SET curriculum_id = c.id, curriculum_title = c.title, curriculum_tenant = c.tenant_id,
                   curriculum_revision = c.revision, topic_id = coalesce(t.id, ''),
                   topic_title = coalesce(t.title, ''), topics_covered = array_remove(ARRAY[t.title], NULL)
               FROM (SELECT tenant_id, id, title, revision FROM curricula
                     WHERE tenant_id = ANY(%(readable)s::uuid[]) AND id = %(curriculum_id)s
                     ORDER BY tenant_id = %(tenant_id)s DESC, tenant_id DESC LIMIT 1) c
               LEFT JOIN LATERAL (SELECT id, title FROM topics
                                  WHERE tenant_id = c.tenant_id AND curriculum_id = c.id
                                  ORDER BY order_index, id LIMIT 1) t ON true
               WHERE s.tenant_id = %(tenant_id)s AND s.id = %(session_id)s""",
            session_id=session_id,
            curriculum_id=curriculum_id,
        )

    def choose_topic(self, session_id: str, topic_id: str, *, title: str = "", material: Lesson | None = None) -> None:
        """Queue a change of topic, within the session's curriculum or to any the tenant reads where it has none.

        Args:
            title: of a topic the client made up; with one, the topic need not be stored.
            material: what such a topic teaches.
        Raises (at the unit's end): NotFound: no such session, or no such topic. Conflict `session_ended`.
        """
        claim_open(self._unit, session_id, "moved to another topic")
        TopicProgressRepository(self._unit).note(session_id)
        self._unit.run(
            """SELECT refuse('PT404', format('topic %%s not found', %(topic_id)s::text)) FROM learning_sessions s
               WHERE s.tenant_id = %(tenant_id)s AND s.id = %(session_id)s AND %(title)s = ''
                 AND NOT EXISTS (SELECT FROM session_topic(s, %(topic_id)s))""",
            session_id=session_id,
            topic_id=topic_id,
            title=title,
        )
        self._unit.run(
            """UPDATE learning_sessions s
               SET curriculum_id = coalesce(t.curriculum_id, s.curriculum_id),
                   curriculum_title = CASE WHEN session_is_pinned(o) THEN s.curriculum_title
                                           ELSE coalesce(c.title, s.curriculum_title) END,
                   curriculum_tenant = CASE WHEN session_is_pinned(o) THEN s.curriculum_tenant ELSE c.tenant_id END,
                   curriculum_revision = CASE WHEN session_is_pinned(o) THEN s.curriculum_revision ELSE c.revision END,
                   topic_id = %(topic_id)s, topic_title = coalesce(nullif(%(title)s, ''), t.title),
                   topics_covered = CASE
                       WHEN s.topic_id = %(topic_id)s THEN s.topics_covered
                       ELSE s.topics_covered || coalesce(nullif(%(title)s, ''), t.title) END,
                   material = %(material)s, place = NULL, segment = NULL,
                   position = CASE WHEN s.topic_id = %(topic_id)s THEN s.position ELSE 0 END,
                   offset_ms = CASE WHEN s.topic_id = %(topic_id)s THEN s.offset_ms ELSE 0 END
               FROM learning_sessions o
               LEFT JOIN LATERAL session_topic(o, %(topic_id)s) t ON true
               LEFT JOIN curricula c ON c.tenant_id = t.tenant_id AND c.id = t.curriculum_id
               WHERE o.tenant_id = %(tenant_id)s AND o.id = %(session_id)s
                 AND s.tenant_id = o.tenant_id AND s.id = o.id""",
            session_id=session_id,
            topic_id=topic_id,
            title=title,
            material=Json(msgspec.to_builtins(material)) if material else None,
        )
        SessionEventRepository(self._unit).add(session_id, "topic_changed", {"topic_id": topic_id})

    def lesson(self, session_id: str) -> Pending[SessionLesson]:
        """Queue the read of what a session teaches.

        Raises (at the unit's end): NotFound: the caller sees no such session.
        """
        return self._unit.one(
            SessionLesson,
            KeepPlan(
                """SELECT s.curriculum_title, s.material, s.place, t.id AS topic_id, t.tenant_id AS owner_id, t.title,
                          t.segments, t.objectives, t.misconceptions, t.assessments,
                          coalesce(past.glossary, c.glossary) AS glossary,
                          CASE WHEN t.id IS NOT NULL THEN ARRAY(
                              SELECT o.title FROM session_topics(s, t.tenant_id, t.curriculum_id) o
                              ORDER BY o.order_index, o.id) END AS outline,
                          (SELECT count(*) FROM session_topics(s, t.tenant_id, t.curriculum_id) o
                           WHERE (o.order_index, o.id) < (t.order_index, t.id)) AS topic_index
                   FROM learning_sessions s
                   LEFT JOIN LATERAL session_topic(s, s.topic_id) t ON s.topic_id <> ''
                   LEFT JOIN curricula c ON c.tenant_id = t.tenant_id AND c.id = t.curriculum_id
                   LEFT JOIN past_curricula past
                        ON past.tenant_id = s.curriculum_tenant AND past.id = s.curriculum_id
                       AND past.revision = s.curriculum_revision
                   WHERE s.tenant_id = %(tenant_id)s AND s.id = %(session_id)s AND app_sees(s.user_id)"""
            ),
            missing=f"session {session_id} not found",
            session_id=session_id,
        )
