"""How far learners have come in their topics."""

from datetime import datetime

import msgspec

from shared.db import Pending, Unit


class TopicProgress(msgspec.Struct, frozen=True):
    """How far a learner has come in one topic, over all sessions on it.

    Attributes:
        position: index of the passage to go on with; offset_ms: how far that one was played.
        farthest: passages finished at any time, of `passages`.
        spent_ms: time spent in active sessions on it, in milliseconds.
    """

    curriculum_id: str
    topic_id: str
    topic_title: str
    position: int
    offset_ms: int
    farthest: int
    passages: int
    spent_ms: int
    completed_at: datetime | None
    started_at: datetime
    updated_at: datetime

    @property
    def percent(self) -> int:
        """The share of the topic that was ever finished, in percent."""
        return 100 * self.farthest // self.passages if self.passages else 0


class TopicProgressRepository:
    """The progress of the learners of one unit of work's tenant."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def note(self, session_id: str) -> None:
        """Queue the taking over of a session's position and active time; the unit has claimed the session."""
        self._unit.run("SELECT note_progress(%(tenant_id)s, %(session_id)s)", session_id=session_id)

    def own(self, *, curriculum_id: str | None = None, limit: int = 1_000) -> Pending[list[TopicProgress]]:
        """Queue the read of the caller's own progress, the latest first; in one curriculum where one is named."""
        return self._unit.all(
            TopicProgress,
            """SELECT curriculum_id, topic_id, topic_title, position, offset_ms, farthest, passages, spent_ms,
                      completed_at, started_at, updated_at
               FROM progress
               WHERE tenant_id = %(tenant_id)s AND user_id = app_user()
                 AND (%(curriculum_id)s::text IS NULL OR curriculum_id = %(curriculum_id)s)
               ORDER BY updated_at DESC, curriculum_id, topic_id LIMIT %(limit)s""",
            curriculum_id=curriculum_id,
            limit=limit,
        )
