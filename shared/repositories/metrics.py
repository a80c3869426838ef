"""What clients measured themselves: summaries of sessions, and single events.

Callers see their own; those who teach or run the tenant see everybody's in it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from shared.db import Json, Pending, Unit
from shared.ids import new_id


class Measures(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of one session: latencies in milliseconds, duration in seconds, costs in US dollars."""

    session_duration: float
    turns_total: int
    interruptions: int
    stt_latency_median: float
    stt_latency_p99: float
    llm_ttft_median: float
    llm_ttft_p99: float
    tts_ttfb_median: float
    tts_ttfb_p99: float
    e2e_latency_median: float
    e2e_latency_p99: float
    stt_cost: float
    tts_cost: float
    llm_cost: float
    total_cost: float
    thermal_throttle_events: int
    network_degradations: int


class NewSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A client's summary of one session.

    Attributes:
        session_id: the client's name for the session; empty where it tells none.
        key: names this report within its session, so that it is stored once however often it is sent.
        extra: what else the report held.
    """

    client_id: str
    client_name: str
    session_id: str
    key: str
    reported_at: datetime
    measures: Measures
    extra: Mapping[str, Any]


class Snapshot(Measures, frozen=True, kw_only=True):
    """A stored summary."""

    id: str
    client_id: str
    client_name: str
    session_id: str
    reported_at: datetime
    received_at: datetime
    extra: Mapping[str, Any]


class Aggregates(msgspec.Struct, frozen=True):
    """Over all summaries the caller sees; latencies leave out those that measured none."""

    avg_e2e_latency: float
    avg_llm_ttft: float
    avg_stt_latency: float
    avg_tts_ttfb: float
    total_cost: float
    total_sessions: int
    total_turns: int


class NewEvent(msgspec.Struct, frozen=True):
    """A single event.

    Attributes:
        digest: by which one that is sent again is stored once.
        session_id: the client's name for the session; empty where it tells none.
        e2e_ms: from the end of a question to the first sound of its answer, where it measured that.
        providers: by stage, as the client names them.
    """

    digest: str
    event: Mapping[str, Any]
    session_id: str
    e2e_ms: float | None
    providers: Mapping[str, str]


class MetricsRepository:
    """The measurements of one unit of work's tenant."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def add(self, new: NewSnapshot) -> Pending[str]:
        """Queue the storing of a summary and answer its id, which is the first one's when it was sent before."""
        return self._unit.value(
            str,
            """INSERT INTO client_metrics AS m (
                   tenant_id, id, user_id, client_id, client_name, session_id, key, reported_at, session_duration,
                   turns_total, interruptions, stt_latency_median, stt_latency_p99, llm_ttft_median, llm_ttft_p99,
                   tts_ttfb_median, tts_ttfb_p99, e2e_latency_median, e2e_latency_p99, stt_cost, tts_cost, llm_cost,
                   total_cost, thermal_throttle_events, network_degradations, extra)
               VALUES (
                   %(tenant_id)s, %(id)s, app_user(), %(client_id)s, %(client_name)s, %(session_id)s, %(key)s,
                   %(reported_at)s, %(session_duration)s, %(turns_total)s, %(interruptions)s, %(stt_latency_median)s,
                   %(stt_latency_p99)s, %(llm_ttft_median)s, %(llm_ttft_p99)s, %(tts_ttfb_median)s, %(tts_ttfb_p99)s,
                   %(e2e_latency_median)s, %(e2e_latency_p99)s, %(stt_cost)s, %(tts_cost)s, %(llm_cost)s,
                   %(total_cost)s, %(thermal_throttle_events)s, %(network_degradations)s, %(extra)s)
               ON CONFLICT (tenant_id, user_id, client_id, session_id, key) DO UPDATE SET key = m.key
               RETURNING id""",
            id=new_id(),
            client_id=new.client_id,
            client_name=new.client_name,
            session_id=new.session_id,
            key=new.key,
            reported_at=new.reported_at,
            extra=Json(new.extra),
            **msgspec.structs.asdict(new.measures),
        )

    def find(self, *, client_id: str | None, limit: int) -> Pending[list[Snapshot]]:
        """Queue the read of the newest summaries, newest first."""
        return self._unit.all(
            Snapshot,
            """SELECT id, client_id, client_name, session_id, reported_at, received_at, session_duration, turns_total,
                      interruptions, stt_latency_median, stt_latency_p99, llm_ttft_median, llm_ttft_p99,
                      tts_ttfb_median, tts_ttfb_p99, e2e_latency_median, e2e_latency_p99, stt_cost, tts_cost,
                      llm_cost, total_cost, thermal_throttle_events, network_degradations, extra
               FROM client_metrics
               WHERE tenant_id = %(tenant_id)s AND (user_id = app_user() OR (SELECT app_teaches()))
                 AND (%(client_id)s::text IS NULL OR client_id = %(client_id)s)
               ORDER BY received_at DESC, id DESC LIMIT %(limit)s""",
            client_id=client_id,
            limit=limit,
        )

    def aggregates(self, *, client_id: str | None) -> Pending[Aggregates]:
        """Queue the sums and means over all summaries of `find`, whatever its limit."""
        return self._unit.one(
            Aggregates,
            """SELECT coalesce(avg(nullif(e2e_latency_median, 0)), 0) AS avg_e2e_latency,
                      coalesce(avg(nullif(llm_ttft_median, 0)), 0) AS avg_llm_ttft,
                      coalesce(avg(nullif(stt_latency_median, 0)), 0) AS avg_stt_latency,
                      coalesce(avg(nullif(tts_ttfb_median, 0)), 0) AS avg_tts_ttfb,
                      coalesce(sum(total_cost), 0) AS total_cost, count(*) AS total_sessions,
                      coalesce(sum(turns_total), 0) AS total_turns
               FROM client_metrics
               WHERE tenant_id = %(tenant_id)s AND (user_id = app_user() OR (SELECT app_teaches()))
                 AND (%(client_id)s::text IS NULL OR client_id = %(client_id)s)""",
            client_id=client_id,
        )

    def ingest(self, *, client: str, client_id: str, client_name: str, events: Sequence[NewEvent]) -> None:
        """Queue the storing of single events."""
        self._unit.run(
            """INSERT INTO client_events (tenant_id, id, user_id, client, client_id, client_name, digest, event,
                                          session_id, e2e_ms, providers)
               SELECT %(tenant_id)s, e.id, app_user(), %(client)s, %(client_id)s, %(client_name)s, e.digest, e.event,
                      e.session_id, e.e2e_ms, e.providers
               FROM jsonb_to_recordset(%(events)s) AS e (id uuid, digest text, event jsonb, session_id text,
                                                         e2e_ms double precision, providers jsonb)
               ON CONFLICT (tenant_id, user_id, client_id, digest) DO NOTHING""",
            client=client,
            client_id=client_id,
            client_name=client_name,
            events=Json([{"id": new_id(), **msgspec.structs.asdict(event)} for event in events]),
        )
