"""Where a stored session stands, as a tutor keeps it in view."""

from collections.abc import Mapping

from shared.domain.context import Situation
from shared.domain.json_values import text_of
from shared.repositories.session_lessons import SessionLesson
from shared.repositories.sessions import Session


def situation_of(session: Session, lesson: SessionLesson) -> Situation:
    """Return what is known of a session beside its lesson and what was said."""
    covered = session.topics_covered
    if session.topic_title and covered and covered[-1] == session.topic_title:
        covered = covered[:-1]
    told: Mapping[str, object] = session.segment or {}
    return Situation(
        position=session.position,
        segment=text_of(told.get("text")),
        elapsed_s=session.active_ms // 1000,
        covered=tuple(covered),
        signals=session.signals,
        place=lesson.standing,
    )
