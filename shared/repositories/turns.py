"""What was said in a session."""

from datetime import datetime
from typing import Final, Literal

import msgspec

from shared.db import KeepPlan, Pending, Unit
from shared.ids import new_id
from shared.repositories.session_claims import ANY, ENDED, INVALID_TRANSITION, OPEN

Role = Literal["user", "assistant"]

# A learner who is back within this hears the rest of an answer. A phone that changes networks, or whose server was
# replaced, is back within seconds; after a minute a half sentence out of nowhere would puzzle more than it helps.
_RESUMED_WITHIN_S: Final = 60


class NewTurn(msgspec.Struct, frozen=True, kw_only=True):
    """An utterance to be stored.

    Attributes:
        turn_id: shared by a learner's words and the answer to them; a second utterance with the same turn_id and role
            is the same one, sent again.
        content: of an answer, what the learner has heard of it.
        stt_ms, llm_ms, tts_ms, total_ms: how long each stage took, in milliseconds; None where it did not run.
        interrupted: the learner cut the answer short.
        complete: False while an answer is still being spoken: it may be stored again, longer, under its turn_id.
        said: of an answer that may be gone on with, what was said to the end of a clause.
        unsaid: what follows; while there is any, the answer may be stored again even if it is complete.
        sound_ms: how much sound of an answer was sent; of one stored again, the most.
    """

    turn_id: str
    role: Role
    content: str
    audio_url: str | None = None
    stt_ms: int | None = None
    llm_ms: int | None = None
    tts_ms: int | None = None
    total_ms: int | None = None
    interrupted: bool = False
    complete: bool = True
    said: str | None = None
    unsaid: str | None = None
    sound_ms: int = 0


class Turn(msgspec.Struct, frozen=True):
    """A stored utterance; `sequence` counts from 1 within its session."""

    id: str
    turn_id: str
    sequence: int
    role: Role
    content: str
    audio_url: str | None
    stt_ms: int | None
    llm_ms: int | None
    tts_ms: int | None
    total_ms: int | None
    interrupted: bool
    complete: bool
    created_at: datetime


class RecentTurn(Turn, frozen=True):
    """A stored utterance and what is left to say of it; None when nothing is, or too much time has passed."""

    said: str | None
    unsaid: str | None


class Latencies(msgspec.Struct, frozen=True):
    """Medians over a session's turns, in milliseconds; None where no turn says."""

    stt_ms: int | None
    llm_ms: int | None
    tts_ms: int | None
    total_ms: int | None


class TurnRepository:
    """The turns of the sessions of one unit of work's tenant."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def add(self, session_id: str, turn: NewTurn, *, late: bool = False) -> Pending[Turn]:
        """Queue the storing of an utterance and answer it as stored, which is the first one when it was sent before.

        Raises (at the unit's end): as `keep`.
        """
        self.keep(session_id, turn, late=late)
        return self._unit.one(
            Turn,
            KeepPlan(
                """SELECT id, turn_id, sequence, role, content, audio_url, stt_ms, llm_ms, tts_ms, total_ms,
                          interrupted, complete, created_at
                   FROM turns
                   WHERE tenant_id = %(tenant_id)s AND session_id = %(session_id)s AND turn_id = %(turn_id)s
                     AND role = %(role)s"""
            ),
            session_id=session_id,
            turn_id=turn.turn_id,
            role=turn.role,
        )

    def keep(self, session_id: str, turn: NewTurn, *, late: bool = False) -> None:
        """Queue the storing of an utterance, once however often it is sent.

        Args:
            late: a session that has ended takes it too: what was being said when somebody ended it is not lost.
        Raises (at the unit's end): NotFound; Conflict `session_ended`.
        """
        allowed, code = (ANY, INVALID_TRANSITION) if late else (OPEN, ENDED)
        self._unit.run(
            KeepPlan(
                """SELECT keep_turn(%(tenant_id)s, %(session_id)s, %(allowed)s, %(code)s, %(id)s, %(turn_id)s, %(role)s,
                                    %(content)s, %(audio_url)s, %(stt_ms)s, %(llm_ms)s, %(tts_ms)s, %(total_ms)s,
                                    %(interrupted)s, %(complete)s, %(said)s, %(unsaid)s, %(sound_ms)s)"""
            ),
            session_id=session_id,
            allowed=list(allowed),
            code=code,
            id=new_id(),
            turn_id=turn.turn_id,
            role=turn.role,
            content=turn.content,
            audio_url=turn.audio_url,
            stt_ms=turn.stt_ms,
            llm_ms=turn.llm_ms,
            tts_ms=turn.tts_ms,
            total_ms=turn.total_ms,
            interrupted=turn.interrupted,
            complete=turn.complete,
            said=turn.said,
            unsaid=turn.unsaid,
            sound_ms=turn.sound_ms,
        )

    def correct(self, session_id: str, turn_id: str, content: str) -> None:
        """Queue the storing of an answer as it was heard after all, in place of what was stored of it.

        Raises (at the unit's end): NotFound.
        """
        self.keep(session_id, NewTurn(turn_id=turn_id, role="assistant", content=content, interrupted=True), late=True)
        self._unit.run(
            """UPDATE turns SET content = %(content)s, interrupted = true
               WHERE tenant_id = %(tenant_id)s AND session_id = %(session_id)s AND turn_id = %(turn_id)s
                 AND role = 'assistant'""",
            session_id=session_id,
            turn_id=turn_id,
            content=content,
        )

    def last(self, session_id: str, limit: int) -> Pending[list[Turn]]:
        """Queue the read of a session's last turns, oldest first; none where the caller does not see the session."""
        return self._unit.all(
            Turn,
            KeepPlan(
                """SELECT * FROM (
                       SELECT t.id, t.turn_id, t.sequence, t.role, t.content, t.audio_url, t.stt_ms, t.llm_ms, t.tts_ms,
                              t.total_ms, t.interrupted, t.complete, t.created_at
                       FROM turns t JOIN learning_sessions s ON s.tenant_id = t.tenant_id AND s.id = t.session_id
                       WHERE t.tenant_id = %(tenant_id)s AND t.session_id = %(session_id)s AND app_sees(s.user_id)
                       ORDER BY t.sequence DESC LIMIT %(limit)s) newest
                   ORDER BY sequence"""
            ),
            session_id=session_id,
            limit=limit,
        )

    def recent(self, session_id: str, limit: int) -> Pending[list[RecentTurn]]:
        """Queue the read of the same with what is left to say of them."""
        return self._unit.all(
            RecentTurn,
            KeepPlan(
                """SELECT * FROM (
                       SELECT t.id, t.turn_id, t.sequence, t.role, t.content, t.audio_url, t.stt_ms, t.llm_ms, t.tts_ms,
                              t.total_ms, t.interrupted, t.complete, t.created_at, t.said,
                              CASE WHEN t.unsaid_at > now() - %(seconds)s * interval '1 second' THEN t.unsaid END
                                  AS unsaid
                       FROM turns t JOIN learning_sessions s ON s.tenant_id = t.tenant_id AND s.id = t.session_id
                       WHERE t.tenant_id = %(tenant_id)s AND t.session_id = %(session_id)s AND app_sees(s.user_id)
                       ORDER BY t.sequence DESC LIMIT %(limit)s) newest
                   ORDER BY sequence"""
            ),
            session_id=session_id,
            limit=limit,
            seconds=_RESUMED_WITHIN_S,
        )

    def page(self, session_id: str, *, limit: int, offset: int) -> Pending[list[Turn]]:
        """Queue the read of a session's turns in order."""
        return self._unit.all(
            Turn,
            """SELECT t.id, t.turn_id, t.sequence, t.role, t.content, t.audio_url, t.stt_ms, t.llm_ms, t.tts_ms,
                      t.total_ms, t.interrupted, t.complete, t.created_at
               FROM turns t JOIN learning_sessions s ON s.tenant_id = t.tenant_id AND s.id = t.session_id
               WHERE t.tenant_id = %(tenant_id)s AND t.session_id = %(session_id)s AND app_sees(s.user_id)
               ORDER BY t.sequence LIMIT %(limit)s OFFSET %(offset)s""",
            session_id=session_id,
            limit=limit,
            offset=offset,
        )

    def latencies(self, session_id: str) -> Pending[Latencies]:
        """Queue the medians over a session's answers."""
        return self._unit.one(
            Latencies,
            """SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY t.stt_ms) AS stt_ms,
                      percentile_disc(0.5) WITHIN GROUP (ORDER BY t.llm_ms) AS llm_ms,
                      percentile_disc(0.5) WITHIN GROUP (ORDER BY t.tts_ms) AS tts_ms,
                      percentile_disc(0.5) WITHIN GROUP (ORDER BY t.total_ms) AS total_ms
               FROM turns t JOIN learning_sessions s ON s.tenant_id = t.tenant_id AND s.id = t.session_id
               WHERE t.tenant_id = %(tenant_id)s AND t.session_id = %(session_id)s AND t.role = 'assistant'
                 AND app_sees(s.user_id)""",
            session_id=session_id,
        )
