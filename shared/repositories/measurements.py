"""What all use amounts to, from sums that were taken when it happened.

Callers see their own; those who teach or run the tenant see everybody's in it. Latencies are milliseconds, their
percentiles right to 2.5 %.
"""

from datetime import date, datetime
from typing import Any, LiteralString

import msgspec

from shared.db import Database, Pending, TenantEntry, Unit


class Totals(msgspec.Struct, frozen=True):
    """Everything that is still counted, and how much of it came within the last hour."""

    total_metrics: int
    total_logs: int
    errors: int
    warnings: int
    logs_last_hour: int
    sessions_last_hour: int
    total_turns: int
    avg_e2e_latency: float
    avg_llm_ttft: float
    online_clients: int
    total_clients: int
    total_sessions: int
    active_sessions: int
    avg_session_duration: float
    answer_seconds: float


class Latency(msgspec.Struct, frozen=True):
    """A stage's latencies over a window. source: "server" measured its turns, "client" reported its own."""

    source: str
    stage: str
    count: int
    p50: float
    p95: float
    p99: float
    least: float
    most: float
    average: float


class ProviderLatency(msgspec.Struct, frozen=True):
    """The end-to-end latencies that clients measured with one provider."""

    provider: str
    count: int
    average: float


class Reporters(msgspec.Struct, frozen=True):
    """How many reports and events came within a window, of how many clients and sessions."""

    measured: int
    clients: int
    sessions: int


class ClientSession(msgspec.Struct, frozen=True):
    """What a client measured in one of its own sessions. providers: by stage, as it names them."""

    session_id: str
    client: str
    client_id: str
    client_name: str
    measured: int
    providers: dict[str, Any]
    e2e_count: int
    e2e_sum: float
    e2e_least: float | None
    e2e_most: float | None
    first_seen: datetime
    last_seen: datetime


class Day(msgspec.Struct, frozen=True):
    """A day (UTC) of use; seconds and US dollars as clients reported them."""

    day: date
    sessions: int
    turns: int
    interruptions: int
    reported_seconds: float
    reported_usd: float


class Person(msgspec.Struct, frozen=True):
    """One person's use over a window."""

    user_id: str
    display_name: str
    sessions: int
    turns: int
    interruptions: int
    reported_seconds: float
    last_hour: datetime


_LATENCIES: LiteralString = """
    WITH step AS (
        SELECT source, stage, step, sum(measured) AS measured, sum(total_ms) AS total, min(least_ms) AS least,
               max(most_ms) AS most
        FROM latency_hours
        WHERE tenant_id = %(tenant_id)s AND (user_id = app_user() OR (SELECT app_teaches()))
          AND hour > now() - make_interval(hours => %(hours)s)
          AND (%(client)s::text IS NULL OR client = %(client)s)
        GROUP BY source, stage, step
    ), rank AS (
        SELECT *, sum(measured) OVER (PARTITION BY source, stage ORDER BY step) AS upto,
               sum(measured) OVER (PARTITION BY source, stage) AS count
        FROM step
    )
    SELECT source, stage, max(count)::bigint AS count,
           latency_of(min(step) FILTER (WHERE upto >= 0.5 * count)) AS p50,
           latency_of(min(step) FILTER (WHERE upto >= 0.95 * count)) AS p95,
           latency_of(min(step) FILTER (WHERE upto >= 0.99 * count)) AS p99,
           min(least) AS least, max(most) AS most, sum(total) / sum(measured) AS average
    FROM rank GROUP BY source, stage ORDER BY source, stage"""


class MeasurementRepository:
    """The sums of one unit of work's tenant."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def latencies(self, *, hours: int, client: str | None = None) -> Pending[list[Latency]]:
        """Queue the read of every stage's latencies over the running hour and those before it.

        Args:
            client: the kind or name of client that measured; None for all.
        """
        return self._unit.all(Latency, _LATENCIES, hours=hours, client=client)

    def by_provider(self, *, hours: int, client: str | None) -> Pending[list[ProviderLatency]]:
        """Queue the read of what clients measured with each provider they named."""
        return self._unit.all(
            ProviderLatency,
            """SELECT provider, sum(measured)::bigint AS count, sum(total_ms) / sum(measured) AS average
               FROM latency_hours
               WHERE tenant_id = %(tenant_id)s AND (user_id = app_user() OR (SELECT app_teaches()))
                 AND source = 'client' AND stage = 'e2e' AND provider <> ''
                 AND hour > now() - make_interval(hours => %(hours)s)
                 AND (%(client)s::text IS NULL OR client = %(client)s)
               GROUP BY provider ORDER BY provider""",
            hours=hours,
            client=client,
        )

    def reporters(self, *, hours: int, client: str | None) -> Pending[Reporters]:
        """Queue the count of what came within a window, by sessions that were last heard of in it."""
        return self._unit.one(
            Reporters,
            """SELECT coalesce(sum(measured), 0)::bigint AS measured, count(DISTINCT client_id) AS clients,
                      count(*) AS sessions
               FROM client_sessions
               WHERE tenant_id = %(tenant_id)s AND (user_id = app_user() OR (SELECT app_teaches()))
                 AND last_seen > now() - make_interval(hours => %(hours)s)
                 AND (%(client)s::text IS NULL OR %(client)s IN (client, client_name))""",
            hours=hours,
            client=client,
        )

    def client_sessions(self, *, client: str | None, client_id: str | None, limit: int) -> Pending[list[ClientSession]]:
        """Queue the read of what clients measured in their own sessions, the latest first."""
        return self._unit.all(
            ClientSession,
            """SELECT session_id, client, client_id, client_name, measured, providers, e2e_count, e2e_sum, e2e_least,
                      e2e_most, first_seen, last_seen
               FROM client_sessions
               WHERE tenant_id = %(tenant_id)s AND (user_id = app_user() OR (SELECT app_teaches()))
                 AND (%(client)s::text IS NULL OR %(client)s IN (client, client_name))
                 AND (%(client_id)s::text IS NULL OR client_id = %(client_id)s)
               ORDER BY last_seen DESC, session_id LIMIT %(limit)s""",
            client=client,
            client_id=client_id,
            limit=limit,
        )

    def days(self, *, days: int) -> Pending[list[Day]]:
        """Queue the read of each day's use, today's last."""
        return self._unit.all(
            Day,
            """SELECT (hour AT TIME ZONE 'UTC')::date AS day, sum(sessions)::bigint AS sessions,
                      sum(turns)::bigint AS turns, sum(interruptions)::bigint AS interruptions,
                      sum(reported_seconds) AS reported_seconds, sum(reported_usd) AS reported_usd
               FROM activity_hours
               WHERE tenant_id = %(tenant_id)s AND (user_id = app_user() OR (SELECT app_teaches()))
                 AND hour > now() - make_interval(days => %(days)s)
               GROUP BY 1 ORDER BY 1""",
            days=days,
        )

    def people(self, *, days: int, limit: int) -> Pending[list[Person]]:
        """Queue the read of each person's use over so many days, the most active first."""
        return self._unit.all(
            Person,
            """SELECT a.user_id, max(u.display_name) AS display_name, sum(a.sessions)::bigint AS sessions,
                      sum(a.turns)::bigint AS turns, sum(a.interruptions)::bigint AS interruptions,
                      sum(a.reported_seconds) AS reported_seconds, max(a.hour) AS last_hour
               FROM activity_hours a
               JOIN users u ON u.tenant_id = a.tenant_id AND u.id = a.user_id
               WHERE a.tenant_id = %(tenant_id)s AND (a.user_id = app_user() OR (SELECT app_teaches()))
                 AND a.hour > now() - make_interval(days => %(days)s)
               GROUP BY a.user_id ORDER BY turns DESC, a.user_id LIMIT %(limit)s""",
            days=days,
            limit=limit,
        )

    def active_sessions(self) -> Pending[int]:
        """Queue the count of the sessions the caller sees that are active."""
        return self._unit.value(
            int,
            """SELECT count(*) FROM learning_sessions
               WHERE tenant_id = %(tenant_id)s AND status = 'active'
                 AND (user_id = app_user() OR (SELECT app_teaches()))""",
        )

    def totals(self) -> Pending[Totals]:
        """Queue the sum of everything that is still counted."""
        return self._unit.one(
            Totals,
            """WITH a AS (
                   SELECT coalesce(sum(reports + events), 0)::bigint AS metrics, coalesce(sum(logs), 0)::bigint AS logs,
                          coalesce(sum(errors), 0)::bigint AS errors, coalesce(sum(warnings), 0)::bigint AS warnings,
                          coalesce(sum(sound_ms) / 1000.0, 0)::float8 AS answer_seconds
                   FROM activity_hours
                   WHERE tenant_id = %(tenant_id)s AND (user_id = app_user() OR (SELECT app_teaches()))
               ), recent AS (
                   SELECT count(*) AS logs FROM client_logs
                   WHERE tenant_id = %(tenant_id)s AND (user_id = app_user() OR (SELECT app_teaches()))
                     AND received_at > now() - interval '1 hour'
               ), l AS (
                   SELECT sum(total_ms) FILTER (WHERE stage = 'e2e')
                              / nullif(sum(measured) FILTER (WHERE stage = 'e2e'), 0) AS e2e,
                          sum(total_ms) FILTER (WHERE stage = 'llm')
                              / nullif(sum(measured) FILTER (WHERE stage = 'llm'), 0) AS llm
                   FROM latency_hours
                   WHERE tenant_id = %(tenant_id)s AND (user_id = app_user() OR (SELECT app_teaches()))
                     AND source = 'client'
               ), c AS (
                   SELECT count(*) AS clients, count(*) FILTER (WHERE last_seen > now() - interval '1 minute') AS online
                   FROM clients WHERE tenant_id = %(tenant_id)s AND (user_id = app_user() OR (SELECT app_teaches()))
               ), s AS (
                   SELECT count(*) AS sessions, count(*) FILTER (WHERE status = 'active') AS active,
                          count(*) FILTER (WHERE created_at > now() - interval '1 hour') AS recent,
                          coalesce(sum(turn_count), 0)::bigint AS turns,
                          coalesce(avg(session_active_ms(learning_sessions)) / 1000.0, 0)::float8 AS duration
                   FROM learning_sessions
                   WHERE tenant_id = %(tenant_id)s AND (user_id = app_user() OR (SELECT app_teaches()))
               )
               SELECT a.metrics AS total_metrics, a.logs AS total_logs, a.errors, a.warnings,
                      recent.logs AS logs_last_hour, s.recent AS sessions_last_hour, s.turns AS total_turns,
                      coalesce(l.e2e, 0) AS avg_e2e_latency, coalesce(l.llm, 0) AS avg_llm_ttft,
                      c.online AS online_clients, c.clients AS total_clients, s.sessions AS total_sessions,
                      s.active AS active_sessions, s.duration AS avg_session_duration, a.answer_seconds
               FROM a, recent, l, c, s""",
        )


class Retention(msgspec.Struct, frozen=True):
    """How long what is measured is kept, in days: clients' logs, what they report, and the sums over it."""

    log_days: int = 14
    measurement_days: int = 90
    sum_days: int = 400


def forget_measurements(database: Database, kept: Retention) -> int:
    """Delete what is older, in every tenant, and return how many rows went.

    Raises: Unavailable: the database is away.
    """
    with database.unit(TenantEntry(None)) as unit:
        # cross-tenant: what is old goes wherever it is.
        gone = unit.value(
            int,
            """-- cross-tenant: housekeeping of all tenants
               SELECT forget_measurements(make_interval(days => %(log_days)s), make_interval(days => %(days)s),
                                          make_interval(days => %(sum_days)s))""",
            log_days=kept.log_days,
            days=kept.measurement_days,
            sum_days=kept.sum_days,
        )
    return gone.result
