"""What turns tell of a learner and of the tutor: signals and confidence, noted when the turn is stored."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from shared.db import Json, KeepPlan, Pending, Unit
from shared.domain.confidence import WINDOW, Confidence, Expansion, Marker, confidence_of
from shared.domain.signals import Signal, signals_of
from shared.ids import new_id
from shared.repositories.turns import NewTurn

# Of what was said, so much is kept with a signal.
_LONGEST_EXCERPT = 200


class ScoredAnswer(msgspec.Struct, frozen=True):
    """How sure an answer sounded."""

    score: float
    markers: list[Marker]
    created_at: datetime


class SessionInsightRepository:
    """Signals and confidence of the sessions of one unit of work's tenant."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def observe(self, session_id: str, turn: NewTurn) -> None:
        """Queue what a turn tells, once however often it is stored; the unit has claimed the session.

        An answer tells something once it is complete.
        """
        if turn.role == "user":
            for signal in signals_of(turn.content):
                self.signal(session_id, signal, key=f"{turn.turn_id}:{signal}", content=turn.content)
        elif turn.complete and turn.content:
            self.score(session_id, confidence_of(turn.content), turn_id=turn.turn_id)

    def signal(self, session_id: str, signal: Signal, *, key: str | None = None, content: str = "") -> None:
        """Queue the count of a signal; the unit has claimed the session.

        Args: key: names what was said, so that it counts once; None: every report counts.
        """
        self._unit.run(
            """INSERT INTO session_events (tenant_id, session_id, id, type, key, data)
               VALUES (%(tenant_id)s, %(session_id)s, %(id)s, 'signal', %(key)s, %(data)s)
               ON CONFLICT (tenant_id, session_id, type, key) DO NOTHING""",
            session_id=session_id,
            id=new_id(),
            key=key,
            data=Json({"signal": signal, "content": content[:_LONGEST_EXCERPT]}),
        )
        self._unit.run(
            """UPDATE learning_sessions s
               SET clarifications = n.clarifications, repetitions = n.repetitions, confusions = n.confusions,
                   questions = n.questions
               FROM (SELECT count(*) FILTER (WHERE e.data ->> 'signal' = 'clarification') AS clarifications,
                            count(*) FILTER (WHERE e.data ->> 'signal' = 'repetition') AS repetitions,
                            count(*) FILTER (WHERE e.data ->> 'signal' = 'confusion') AS confusions,
                            count(*) FILTER (WHERE e.data ->> 'signal' = 'question') AS questions
                     FROM session_events e
                     WHERE e.tenant_id = %(tenant_id)s AND e.session_id = %(session_id)s AND e.type = 'signal') n
               WHERE s.tenant_id = %(tenant_id)s AND s.id = %(session_id)s""",
            session_id=session_id,
        )

    def score(self, session_id: str, found: Confidence, *, turn_id: str | None = None) -> None:
        """Queue the record of how sure an answer sounded; the unit has claimed the session."""
        self._unit.run(
            """INSERT INTO answer_confidence (tenant_id, session_id, id, turn_id, score, markers)
               VALUES (%(tenant_id)s, %(session_id)s, %(id)s, %(turn_id)s, %(score)s, %(markers)s)
               ON CONFLICT (tenant_id, session_id, turn_id) DO NOTHING""",
            session_id=session_id,
            id=new_id(),
            turn_id=turn_id,
            score=found.score,
            markers=list(found.markers),
        )

    def scores(self, session_id: str, *, limit: int = WINDOW) -> Pending[list[ScoredAnswer]]:
        """Queue the read of the last answers' confidence, oldest first."""
        return self._unit.all(
            ScoredAnswer,
            KeepPlan(
                """SELECT score, markers, created_at FROM (
                       SELECT c.id, c.score, c.markers, c.created_at
                       FROM answer_confidence c
                       JOIN learning_sessions s ON s.tenant_id = c.tenant_id AND s.id = c.session_id
                       WHERE c.tenant_id = %(tenant_id)s AND c.session_id = %(session_id)s AND app_sees(s.user_id)
                       ORDER BY c.created_at DESC, c.id DESC LIMIT %(limit)s) newest
                   ORDER BY created_at, id"""
            ),
            session_id=session_id,
            limit=limit,
        )

    def expanded(self, session_id: str, expansion: Expansion, *, key: str | None = None) -> None:
        """Queue the count of a look beyond the topic; the unit has claimed the session.

        Args: key: names the turn it was for, so that it counts once.
        """
        self._unit.run(
            """INSERT INTO session_events (tenant_id, session_id, id, type, key, data)
               VALUES (%(tenant_id)s, %(session_id)s, %(id)s, 'expanded', %(key)s, %(data)s)
               ON CONFLICT (tenant_id, session_id, type, key) DO NOTHING""",
            session_id=session_id,
            id=new_id(),
            key=key,
            data=Json({"scope": expansion.scope, "priority": expansion.priority, "reason": expansion.reason}),
        )
        self._unit.run(
            """UPDATE learning_sessions SET expansion_count = (
                   SELECT count(*) FROM session_events e
                   WHERE e.tenant_id = %(tenant_id)s AND e.session_id = %(session_id)s AND e.type = 'expanded')
               WHERE tenant_id = %(tenant_id)s AND id = %(session_id)s""",
            session_id=session_id,
        )


class Related(msgspec.Struct, frozen=True):
    """A passage of another topic that speaks of what was asked."""

    topic_title: str
    text: str


class RelatedPassages:
    """Passages of the rest of a session's curriculum."""

    # Topics whose passages are weighed against each other, the nearest to the present one first.
    MOST_TOPICS = 60

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def find(self, session_id: str, words: str, *, limit: int = 3) -> Pending[list[Related]]:
        """Queue the search for passages of other topics that say most about the words, the best first.

        None where the session has no stored curriculum, or the caller does not see it.
        """
        return self._unit.all(
            Related,
            """WITH here AS (
                   SELECT t.tenant_id, t.curriculum_id, t.id, t.order_index
                   FROM learning_sessions s, LATERAL find_topic(s.tenant_id, s.curriculum_id, s.topic_id) t
                   WHERE s.tenant_id = %(tenant_id)s AND s.id = %(session_id)s AND s.topic_id <> ''
                     AND app_sees(s.user_id)),
               asked AS (
                   SELECT replace(plainto_tsquery('english', %(words)s)::text, ' & ', ' | ')::tsquery AS query),
               near AS (
                   SELECT t.title, t.segments FROM topics t, here
                   WHERE t.tenant_id = here.tenant_id AND t.curriculum_id = here.curriculum_id AND t.id <> here.id
                   ORDER BY abs(t.order_index - here.order_index), t.order_index LIMIT %(topics)s)
               SELECT near.title AS topic_title, segment ->> 'content' AS text
               FROM near, asked, LATERAL jsonb_array_elements(near.segments) segment,
                    LATERAL to_tsvector('english', segment ->> 'content') words
               WHERE words @@ asked.query
               ORDER BY ts_rank(words, asked.query, 1) DESC LIMIT %(limit)s""",
            session_id=session_id,
            words=words[:1_000],
            topics=self.MOST_TOPICS,
            limit=limit,
        )


def scores_of(answers: Sequence[ScoredAnswer]) -> list[float]:
    """Return the bare scores."""
    return [answer.score for answer in answers]
