"""What a learner did, session by session."""

from datetime import datetime

import msgspec

from shared.db import Pending, Unit


class PastSession(msgspec.Struct, frozen=True):
    """A session as the learner's history shows it.

    Attributes:
        active_ms: milliseconds spent active.
        passages: of the topic; None where it is not stored (any more).
    """

    id: str
    topic_id: str
    topic_title: str
    curriculum_id: str
    curriculum_title: str
    started_at: datetime
    ended_at: datetime | None
    active_ms: int
    turn_count: int
    position: int
    passages: int | None


class SessionHistoryRepository:
    """The sessions the caller has started."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def page(self, *, limit: int, offset: int) -> Pending[list[PastSession]]:
        """Queue the read of the caller's own started sessions, the latest first."""
        return self._unit.all(
            PastSession,
            """SELECT s.id, s.topic_id, s.topic_title, s.curriculum_id, s.curriculum_title, s.started_at, s.ended_at,
                      session_active_ms(s) AS active_ms, s.turn_count, s.position, t.segment_count AS passages
               FROM learning_sessions s
               LEFT JOIN LATERAL find_topic(s.tenant_id, s.curriculum_id, s.topic_id) t
                    ON s.topic_id <> '' AND s.material IS NULL
               WHERE s.tenant_id = %(tenant_id)s AND s.user_id = app_user() AND s.started_at IS NOT NULL
               ORDER BY s.created_at DESC, s.id DESC LIMIT %(limit)s OFFSET %(offset)s""",
            limit=limit,
            offset=offset,
        )
