"""What happened in a session, beside what was said."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import msgspec

from shared.db import Json, Pending, Unit
from shared.ids import new_id
from shared.repositories.session_claims import claim_open

EventType = Literal["created", "started", "paused", "resumed", "ended", "connected", "topic_changed", "barge_in"]


class SessionEvent(msgspec.Struct, frozen=True):
    """Something that happened; `data` maps text to text."""

    id: str
    type: str
    data: Mapping[str, str]
    created_at: datetime


class BargeIn(msgspec.Struct, frozen=True, kw_only=True):
    """A learner spoke while the tutor did.

    Attributes:
        heard_by: "voice": the socket noticed; "client": the client reported it.
        key: names this interruption, so that it counts once however often it is sent; None: every report counts.
        utterance: what the learner said; empty where it is not known.
        position_ms: how much of the answer had been played, in milliseconds; None where it is not known.
    """

    heard_by: Literal["voice", "client"]
    key: str | None = None
    utterance: str = ""
    position_ms: int | None = None


class SessionEventRepository:
    """The events of the sessions of one unit of work's tenant."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def add(self, session_id: str, type_: EventType, data: Mapping[str, str] | None = None) -> None:
        """Queue an event of a session that this unit has claimed or made."""
        self._unit.run(
            """INSERT INTO session_events (tenant_id, session_id, id, type, data)
               VALUES (%(tenant_id)s, %(session_id)s, %(id)s, %(type)s, %(data)s)""",
            session_id=session_id,
            id=new_id(),
            type=type_,
            data=Json(dict(data or {})),
        )

    def find(self, session_id: str, *, type_: str | None = None, limit: int = 500) -> Pending[list[SessionEvent]]:
        """Queue the read of a session's events in order; those of a session the caller does not see are none."""
        return self._unit.all(
            SessionEvent,
            """SELECT e.id, e.type, e.data, e.created_at
               FROM session_events e JOIN learning_sessions s ON s.tenant_id = e.tenant_id AND s.id = e.session_id
               WHERE e.tenant_id = %(tenant_id)s AND e.session_id = %(session_id)s AND app_sees(s.user_id)
                 AND (%(type)s::text IS NULL OR e.type = %(type)s)
               ORDER BY e.created_at, e.id LIMIT %(limit)s""",
            session_id=session_id,
            type=type_,
            limit=limit,
        )

    def barge_in(self, session_id: str, what: BargeIn) -> Pending[int]:
        """Queue the record of an interruption and answer how many the session has had.

        The same interruption is often noticed by the socket and reported by the client: whichever comes second within
        five seconds is not counted again.
        Raises (at the unit's end): NotFound; Conflict `session_ended`.
        """
        claim_open(self._unit, session_id, "interrupted")
        data = {"heard_by": what.heard_by, "utterance": what.utterance}
        if what.position_ms is not None:
            data["position_ms"] = str(what.position_ms)
        self._unit.run(
            """INSERT INTO session_events (tenant_id, session_id, id, type, key, data)
               SELECT tenant_id, id, %(id)s, 'barge_in', %(key)s,
                      %(data)s::jsonb || jsonb_build_object('topic_id', topic_id)
               FROM learning_sessions
               WHERE tenant_id = %(tenant_id)s AND id = %(session_id)s AND NOT EXISTS (
                   SELECT FROM session_events e
                   WHERE e.tenant_id = %(tenant_id)s AND e.session_id = %(session_id)s AND e.type = 'barge_in'
                     AND e.created_at > now() - interval '5 seconds' AND e.data ->> 'heard_by' <> %(heard_by)s)
               ON CONFLICT (tenant_id, session_id, type, key) DO NOTHING""",
            session_id=session_id,
            id=new_id(),
            key=what.key,
            data=Json(data),
            heard_by=what.heard_by,
        )
        return self._unit.value(
            int,
            """UPDATE learning_sessions SET barge_in_count = (
                   SELECT count(*) FROM session_events e
                   WHERE e.tenant_id = %(tenant_id)s AND e.session_id = %(session_id)s AND e.type = 'barge_in')
               WHERE tenant_id = %(tenant_id)s AND id = %(session_id)s
               RETURNING barge_in_count""",
            session_id=session_id,
        )
