"""What a context is built from, read in one round trip."""

import msgspec

from sessions_api.rules import session_context
from shared.db import Pending, Unit
from shared.domain.context import Context
from shared.repositories.session_insights import Related, RelatedPassages, ScoredAnswer, SessionInsightRepository
from shared.repositories.session_lessons import SessionLesson, SessionLessonRepository
from shared.repositories.sessions import Session, SessionRepository
from shared.repositories.turns import Turn, TurnRepository


class View(msgspec.Struct, frozen=True):
    """A session, its lesson, the last turns, how sure the last answers were, and what other topics say."""

    session: Pending[Session]
    lesson: Pending[SessionLesson]
    turns: Pending[list[Turn]]
    scores: Pending[list[ScoredAnswer]]
    related: Pending[list[Related]] | None

    @classmethod
    def queue(cls, unit: Unit, session_id: str, turns: int, words: str = "") -> "View":
        """Queue the reads.

        Args:
            turns: how many of the last ones. words: what the learner says now; other topics are searched for it.
        """
        return cls(
            SessionRepository(unit).get(session_id),
            SessionLessonRepository(unit).lesson(session_id),
            TurnRepository(unit).last(session_id, turns),
            SessionInsightRepository(unit).scores(session_id),
            RelatedPassages(unit).find(session_id, words) if words else None,
        )

    def context(self, *, most_turns: int | None = None, words: str = "", barge_in: str = "") -> Context:
        """Return what the model would be told now."""
        turns = self.turns.result
        if most_turns is not None:
            turns = turns[len(turns) - most_turns :] if most_turns < len(turns) else turns
        return session_context(
            self.session.result,
            self.lesson.result,
            turns,
            self.scores.result,
            self.related.result if self.related else (),
            words=words,
            barge_in=barge_in,
        )
