"""Tutoring sessions: who holds one, on which topic, and in which state.

created → active ⇄ paused → ended. Every change first locks its session with `claim_session`, which refuses what the
present state does not allow, so two requests cannot both win. Only a session's own learner and those who teach or run
the tenant see it; for everybody else it does not exist.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec

from shared.db import Json, KeepPlan, Pending, Unit
from shared.domain.context import Place, Signals
from shared.ids import new_id
from shared.repositories.session_claims import ANY, claim, claim_open
from shared.repositories.session_events import SessionEventRepository
from shared.repositories.topic_progress import TopicProgressRepository

Status = Literal["created", "active", "paused", "ended"]


class NewSession(msgspec.Struct, frozen=True, kw_only=True):
    """A session to be made; a free conversation until a curriculum is chosen for it.

    Attributes:
        model_context_window: tokens.
        system_prompt: what the client wants said to the model first; empty for ours.
    """

    model_name: str
    model_context_window: int
    system_prompt: str
    auto_expand_context: bool


class Session(msgspec.Struct, frozen=True):
    """A session as it stands.

    Attributes:
        curriculum_title, topic_title: as they read when the topic was chosen.
        topics_covered: titles, in order, the present topic's included.
        position: index of the passage being taught; offset_ms: how far it was played.
        segment: the passage a client says it teaches.
        clarifications, repetitions, confusions, questions: how often the learner signalled so.
        expansion_count: how often the tutor looked beyond the topic.
        active_ms: milliseconds spent active.
    """

    id: str
    user_id: str
    status: Status
    curriculum_id: str
    topic_id: str
    curriculum_title: str
    topic_title: str
    topics_covered: list[str]
    position: int
    offset_ms: int
    segment: Mapping[str, Any] | None
    model_name: str
    model_context_window: int
    system_prompt: str
    auto_expand_context: bool
    turn_count: int
    barge_in_count: int
    clarifications: int
    repetitions: int
    confusions: int
    questions: int
    expansion_count: int
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    active_ms: int

    @property
    def signals(self) -> Signals:
        """What the learner signalled, as a tutor keeps it in view."""
        return Signals(self.clarifications, self.repetitions, self.confusions)


class SessionOwner(msgspec.Struct, frozen=True):
    """Whose a session is."""

    tenant_id: str
    user_id: str


class SessionFilter(msgspec.Struct, frozen=True):
    """Which sessions a list holds.

    Attributes:
        everyone: those of the whole tenant, as far as the caller sees them, instead of the caller's own.
    """

    status: Status | None = None
    curriculum_id: str | None = None
    everyone: bool = False


class SessionCounts(msgspec.Struct, frozen=True):
    """How many sessions the caller sees."""

    total: int
    active: int
    paused: int


class SessionRepository:
    """The sessions of one unit of work's tenant, as its caller sees them."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._events = SessionEventRepository(unit)

    def add(self, new: NewSession) -> str:
        """Queue the making of a session for the caller and return its id."""
        session_id = new_id()
        self._unit.run(
            """INSERT INTO learning_sessions (tenant_id, id, user_id, model_name, model_context_window, system_prompt,
                                              auto_expand_context)
               VALUES (%(tenant_id)s, %(session_id)s, app_user(), %(model_name)s, %(window)s, %(system_prompt)s,
                       %(auto_expand)s)""",
            session_id=session_id,
            model_name=new.model_name,
            window=new.model_context_window,
            system_prompt=new.system_prompt,
            auto_expand=new.auto_expand_context,
        )
        self._events.add(session_id, "created")
        return session_id

    def get(self, session_id: str) -> Pending[Session]:
        """Queue the read of one session.

        Raises (at the unit's end): NotFound.
        """
        return self._unit.one(
            Session,
            KeepPlan(
                """SELECT id, user_id, status, curriculum_id, topic_id, curriculum_title, topic_title, topics_covered,
                          position, offset_ms, segment, model_name, model_context_window, system_prompt,
                          auto_expand_context, turn_count, barge_in_count, clarifications, repetitions, confusions,
                          questions, expansion_count, created_at, started_at, ended_at,
                          session_active_ms(s) AS active_ms
                   FROM learning_sessions s
                   WHERE tenant_id = %(tenant_id)s AND id = %(session_id)s AND app_sees(user_id)"""
            ),
            missing=f"session {session_id} not found",
            session_id=session_id,
        )

    def owner(self, session_id: str) -> Pending[SessionOwner]:
        """Queue the search for whose a session is; only the database's owner finds those of every tenant.

        Raises (at the unit's end): NotFound.
        """
        return self._unit.one(
            SessionOwner,
            """-- cross-tenant: who sits at the machine knows a session by its id alone
               SELECT tenant_id, user_id FROM learning_sessions WHERE id = %(session_id)s""",
            missing=f"session {session_id} not found",
            session_id=session_id,
        )

    def find(self, wanted: SessionFilter, *, limit: int, offset: int) -> Pending[list[Session]]:
        """Queue the read of one page of sessions, newest first."""
        return self._unit.all(
            Session,
            """SELECT id, user_id, status, curriculum_id, topic_id, curriculum_title, topic_title, topics_covered,
                      position, offset_ms, segment, model_name, model_context_window, system_prompt,
                      auto_expand_context, turn_count, barge_in_count, clarifications, repetitions, confusions,
                      questions, expansion_count, created_at, started_at, ended_at, session_active_ms(s) AS active_ms
               FROM learning_sessions s
               WHERE tenant_id = %(tenant_id)s
                 AND (user_id = app_user() OR (%(everyone)s AND (SELECT app_teaches())))
                 AND (%(status)s::text IS NULL OR status = %(status)s)
                 AND (%(curriculum_id)s::text IS NULL OR curriculum_id = %(curriculum_id)s)
               ORDER BY created_at DESC, id DESC LIMIT %(limit)s OFFSET %(offset)s""",
            everyone=wanted.everyone,
            status=wanted.status,
            curriculum_id=wanted.curriculum_id,
            limit=limit,
            offset=offset,
        )

    def count(self, wanted: SessionFilter) -> Pending[SessionCounts]:
        """Queue the count of sessions that `find` pages through."""
        return self._unit.one(
            SessionCounts,
            """SELECT count(*) AS total, count(*) FILTER (WHERE status = 'active') AS active,
                      count(*) FILTER (WHERE status = 'paused') AS paused
               FROM learning_sessions
               WHERE tenant_id = %(tenant_id)s
                 AND (user_id = app_user() OR (%(everyone)s AND (SELECT app_teaches())))
                 AND (%(status)s::text IS NULL OR status = %(status)s)
                 AND (%(curriculum_id)s::text IS NULL OR curriculum_id = %(curriculum_id)s)""",
            everyone=wanted.everyone,
            status=wanted.status,
            curriculum_id=wanted.curriculum_id,
        )

    def start(self, session_id: str) -> None:
        """Queue created → active.

        Raises (at the unit's end), as `pause`, `resume` and `end` do: NotFound; Conflict `invalid_transition`, whose
        message names the present state.
        """
        claim(self._unit, session_id, ["created"], "started")
        self._activate(session_id)
        self._events.add(session_id, "started")

    def pause(self, session_id: str) -> None:
        """Queue active → paused."""
        claim(self._unit, session_id, ["active"], "paused")
        self._unit.run(
            """UPDATE learning_sessions SET status = 'paused', active_since = NULL
               WHERE tenant_id = %(tenant_id)s AND id = %(session_id)s""",
            session_id=session_id,
        )
        self._events.add(session_id, "paused")

    def resume(self, session_id: str) -> None:
        """Queue paused → active."""
        claim(self._unit, session_id, ["paused"], "resumed")
        self._activate(session_id)
        self._events.add(session_id, "resumed")

    def end(self, session_id: str) -> None:
        """Queue active or paused → ended, for ever."""
        claim(self._unit, session_id, ["active", "paused"], "ended")
        TopicProgressRepository(self._unit).note(session_id)
        self._unit.run(
            """UPDATE learning_sessions SET status = 'ended', active_since = NULL, ended_at = now()
               WHERE tenant_id = %(tenant_id)s AND id = %(session_id)s""",
            session_id=session_id,
        )
        self._events.add(session_id, "ended")

    def connect(self, session_id: str) -> Pending[int]:
        """Queue a voice socket's arrival: a session that was only made, or paused, becomes active.

        Answers the socket's number, which is higher than that of every earlier socket of the session.
        Raises (at the unit's end): NotFound; Conflict `session_ended`.
        """
        claim_open(self._unit, session_id, "continued")
        return self._unit.value(
            int,
            """WITH before AS (
                   SELECT status FROM learning_sessions
                   WHERE tenant_id = %(tenant_id)s AND id = %(session_id)s),
               connected AS (
                   UPDATE learning_sessions
                   SET status = 'active', active_since = now(), started_at = coalesce(started_at, now()),
                       connection = connection + 1
                   WHERE tenant_id = %(tenant_id)s AND id = %(session_id)s RETURNING connection)
               INSERT INTO session_events (tenant_id, session_id, id, type, data)
               SELECT %(tenant_id)s, %(session_id)s, %(id)s, 'connected',
                      jsonb_build_object('before', before.status, 'connection', connected.connection::text)
               FROM before, connected
               RETURNING (data ->> 'connection')::int""",
            session_id=session_id,
            id=new_id(),
        )

    def touch(self, session_id: str) -> Pending[int]:
        """Queue a sign of life, so that listening without a word counts as time spent.

        Answers the number of the newest voice socket.
        Raises (at the unit's end): NotFound: deleted meanwhile. Conflict `session_ended`: ended meanwhile.
        """
        claim_open(self._unit, session_id, "continued")
        return self._unit.value(
            int,
            "SELECT connection FROM learning_sessions WHERE tenant_id = %(tenant_id)s AND id = %(session_id)s",
            session_id=session_id,
        )

    def set_position(
        self, session_id: str, position: int | None, place: Place | None = None, *, offset_ms: int = 0
    ) -> None:
        """Queue a move to another passage, or the client's account of where the topic stands; None changes nothing.

        Raises (at the unit's end): NotFound; Conflict `session_ended`.
        """
        claim_open(self._unit, session_id, "moved")
        self._unit.run(
            """UPDATE learning_sessions
               SET position = coalesce(%(position)s, position), place = coalesce(%(place)s, place),
                   offset_ms = CASE WHEN %(position)s::int IS NULL THEN offset_ms ELSE %(offset_ms)s END
               WHERE tenant_id = %(tenant_id)s AND id = %(session_id)s""",
            session_id=session_id,
            position=position,
            place=Json(msgspec.to_builtins(place)) if place else None,
            offset_ms=offset_ms,
        )
        TopicProgressRepository(self._unit).note(session_id)

    def set_segment(self, session_id: str, segment: Mapping[str, object]) -> None:
        """Queue the passage a client says it teaches: id, text, and start_time and end_time in seconds.

        Raises (at the unit's end): NotFound; Conflict `session_ended`.
        """
        claim_open(self._unit, session_id, "moved")
        self._unit.run(
            """UPDATE learning_sessions SET segment = %(segment)s
               WHERE tenant_id = %(tenant_id)s AND id = %(session_id)s""",
            session_id=session_id,
            segment=Json(dict(segment)),
        )

    def delete(self, session_id: str) -> None:
        """Queue the removal of a session and everything said in it.

        Raises (at the unit's end): NotFound.
        """
        claim(self._unit, session_id, ANY, "deleted")
        self._unit.run(
            "DELETE FROM learning_sessions WHERE tenant_id = %(tenant_id)s AND id = %(session_id)s",
            session_id=session_id,
        )

    def _activate(self, session_id: str) -> None:
        self._unit.run(
            """UPDATE learning_sessions
               SET status = 'active', active_since = now(), started_at = coalesce(started_at, now())
               WHERE tenant_id = %(tenant_id)s AND id = %(session_id)s""",
            session_id=session_id,
        )
