"""Orders of prepared speech: what is to be spoken, by which job, and how far that is.

Everybody of a tenant sees them. Except where a learner asks for a topic to come, those who teach or run it decide.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final, Literal, LiteralString

import msgspec

from shared.db import Pending, Unit
from shared.domain.jobs import JobStatus, Wish

Purpose = Literal["topic", "module", "batch", "comparison", "deployment"]
Source = Literal["curriculum", "knowledge-bowl", "custom"]
# What an order is doing. scheduled: it will be begun by itself, later.
OrderState = Literal["pending", "scheduled", "running", "paused", "completed", "failed", "cancelled"]

# Topics and modules on their way at once, of one tenant: a client that asks again and again does not fill the queue.
MOST_WISHES: Final = 20
# A wish that was carried out is of no use later.
_WISH_DAYS: Final = 7

_ORDERS: Final[LiteralString] = """SELECT o.id, o.purpose, o.name, o.description, o.source_type, o.source_id,
    o.profile_id::text, o.voice, o.speed, o.language, o.output_format, o.estimate_micros, o.consecutive_failures,
    o.target_date, o.cancelled_at, o.job_id::text, o.created_at, o.updated_at, j.status AS job_status, j.wish,
    j.due_at > now() AS job_waits, j.due_at, j.error AS job_error, j.started_at, j.updated_at AS job_updated_at,
    j.finished_at, extract(epoch FROM now() - j.started_at)::float8 AS seconds_running,
    c.total, c.completed, c.cached, c.failed, c.cost_micros, c.last_error, c.next_text
    FROM speech_orders o
    LEFT JOIN jobs j ON j.tenant_id = o.tenant_id AND j.id = o.job_id
    LEFT JOIN LATERAL (
        SELECT count(*) AS total, count(*) FILTER (WHERE i.status = 'completed') AS completed,
               count(*) FILTER (WHERE i.status = 'completed' AND i.cached) AS cached,
               count(*) FILTER (WHERE i.status = 'failed') AS failed,
               coalesce(sum(i.cost_micros), 0)::bigint AS cost_micros,
               coalesce(max(i.error) FILTER (WHERE i.status <> 'completed'), '') AS last_error,
               (array_agg(i.text ORDER BY i.attempts, i.position) FILTER (WHERE i.status = 'pending'))[1] AS next_text
        FROM speech_items i WHERE i.tenant_id = %(tenant_id)s AND i.order_id = o.id) c ON true
    WHERE o.tenant_id = %(tenant_id)s"""


class NewOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be prepared; `job_id` of who carries it out is given when it starts."""

    purpose: Purpose
    name: str
    source_type: Source
    source_id: str = ""
    description: str = ""
    profile_id: str | None = None
    voice: str = ""
    speed: float = 1.0
    language: str = "en-US"
    output_format: str = "wav"
    target_date: date | None = None


class SpeechOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order.

    Attributes:
        estimate_micros: what it was to cost, in micro-dollars. cost_micros: what it has cost.
        job_status, wish, due_at, job_error, started_at, job_updated_at, finished_at: of its last job; None before.
        job_waits: it will be begun later.
        total, completed, failed: of its items; `cached` of the completed were there.
        next_text: what is spoken next.
    """

    id: str
    purpose: Purpose
    name: str
    description: str
    source_type: Source
    source_id: str
    profile_id: str | None
    voice: str
    speed: float
    language: str
    output_format: str
    estimate_micros: int
    consecutive_failures: int
    target_date: date | None
    cancelled_at: datetime | None
    job_id: str | None
    created_at: datetime
    updated_at: datetime
    job_status: JobStatus | None
    wish: Wish | None
    job_waits: bool | None
    due_at: datetime | None
    job_error: Mapping[str, str] | None
    started_at: datetime | None
    job_updated_at: datetime | None
    finished_at: datetime | None
    seconds_running: float | None
    total: int
    completed: int
    cached: int
    failed: int
    cost_micros: int
    last_error: str
    next_text: str | None

    @property
    def left(self) -> int:
        """Items that are neither spoken nor given up."""
        return self.total - self.completed - self.failed

    @property
    def progress(self) -> float:
        """From 0 to 1."""
        return (self.completed + self.failed) / self.total if self.total else 1.0

    @property
    def error(self) -> str:
        """The code of why it failed, or of its last failure."""
        return (self.job_error or {}).get("code", "") or self.last_error

    @property
    def is_at_work(self) -> bool:
        """Whether a job of it runs or is about to."""
        return self.job_status == "running" or (self.job_status == "queued" and not self.job_waits)

    @property
    def state(self) -> OrderState:
        """What it is doing."""
        if self.cancelled_at is not None:
            return "cancelled"
        if self.job_id is None:
            return "pending"
        if self.job_status is None:  # its job was so long ago that it is forgotten
            return "failed" if self.left else "completed"
        if self.wish is not None:
            return "paused" if self.wish == "pause" else "cancelled"
        if self.job_status == "queued":
            return "scheduled" if self.job_waits else "running"
        return self.job_status


class SpeechOrderRepository:
    """The orders of the unit's tenant."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def require_teacher(self) -> None:
        """Queue the check that the caller teaches or runs the tenant; Forbidden at the unit's end."""
        self._unit.run("SELECT require_teacher() -- for the tenant_id that entered")

    def require_curriculum(self, curriculum_id: str) -> None:
        """Queue the check that a curriculum can be read; NotFound at the unit's end."""
        self._unit.run(
            """SELECT refuse('PT404', format('curriculum %%s not found', %(curriculum_id)s::text))
               WHERE NOT EXISTS (SELECT FROM curricula c WHERE c.tenant_id = ANY (%(readable)s::uuid[])
                                                           AND c.id = %(curriculum_id)s)""",
            curriculum_id=curriculum_id,
        )

    def require_room(self) -> None:
        """Queue the check that the tenant has not too many wishes on their way; Conflict `too_many_jobs`."""
        self._unit.run(
            """DELETE FROM speech_orders o WHERE o.tenant_id = %(tenant_id)s AND o.purpose IN ('topic', 'module')
                                             AND o.created_at < now() - make_interval(days => %(days)s)""",
            days=_WISH_DAYS,
        )
        self._unit.run(
            """SELECT refuse('PT409', format('at most %%s at once; wait for one to end', %(most)s::int),
                             '{"code": "too_many_jobs"}')
               WHERE %(most)s <= (
                   SELECT count(*) FROM speech_orders o JOIN jobs j ON j.tenant_id = o.tenant_id AND j.id = o.job_id
                   WHERE o.tenant_id = %(tenant_id)s AND o.purpose IN ('topic', 'module')
                     AND j.status IN ('queued', 'running'))""",
            most=MOST_WISHES,
        )

    def add(self, order_id: str, new: NewOrder) -> None:
        """Queue an order."""
        self._unit.run(
            """INSERT INTO speech_orders (tenant_id, id, purpose, name, description, source_type, source_id, profile_id,
                                          voice, speed, language, output_format, target_date, created_by)
               VALUES (%(tenant_id)s, %(id)s, %(purpose)s, %(name)s, %(description)s, %(source_type)s, %(source_id)s,
                       %(profile_id)s, %(voice)s, %(speed)s, %(language)s, %(output_format)s, %(target_date)s,
                       app_user())""",
            id=order_id,
            purpose=new.purpose,
            name=new.name,
            description=new.description,
            source_type=new.source_type,
            source_id=new.source_id,
            profile_id=new.profile_id,
            voice=new.voice,
            speed=new.speed,
            language=new.language,
            output_format=new.output_format,
            target_date=new.target_date,
        )

    def get(self, order_id: str, *purposes: Purpose) -> Pending[SpeechOrder]:
        """Queue the read of one order, of some purposes or any; NotFound at the unit's end."""
        return self._unit.one(
            SpeechOrder,
            _ORDERS
            + """ AND o.id = %(id)s
                 AND (cardinality(%(purposes)s::text[]) = 0 OR o.purpose = ANY(%(purposes)s::text[]))""",
            missing=f"{_named(purposes)} {order_id} not found",
            id=order_id,
            purposes=list(purposes),
        )

    def find(
        self, *purposes: Purpose, statuses: Sequence[str] | None = None, limit: int, offset: int = 0
    ) -> Pending[list[SpeechOrder]]:
        """Queue the read of a page of orders, the newest first.

        Args: statuses: of their jobs, "pending" without one; None: any.
        """
        return self._unit.all(
            SpeechOrder,
            _ORDERS
            + """ AND o.purpose = ANY(%(purposes)s::text[])
                 AND (%(statuses)s::text[] IS NULL OR coalesce(j.status, 'pending') = ANY(%(statuses)s::text[]))
               ORDER BY o.created_at DESC, o.id DESC LIMIT %(limit)s OFFSET %(offset)s""",
            purposes=list(purposes),
            statuses=None if statuses is None else list(statuses),
            limit=limit,
            offset=offset,
        )

    def count(self, *purposes: Purpose, statuses: Sequence[str] | None = None) -> Pending[int]:
        """Queue the count of what `find` pages through."""
        return self._unit.value(
            int,
            """SELECT count(*) FROM speech_orders o
               LEFT JOIN jobs j ON j.tenant_id = o.tenant_id AND j.id = o.job_id
               WHERE o.tenant_id = %(tenant_id)s AND o.purpose = ANY(%(purposes)s::text[])
                 AND (%(statuses)s::text[] IS NULL OR coalesce(j.status, 'pending') = ANY(%(statuses)s::text[]))""",
            purposes=list(purposes),
            statuses=None if statuses is None else list(statuses),
        )

    def carried_out_by(self, order_id: str, job_key: str) -> None:
        """Queue that the job with a key, made in this unit or by somebody who was faster, carries an order out."""
        self._unit.run(
            """UPDATE speech_orders o SET job_id = j.id, updated_at = now() FROM jobs j
               WHERE o.tenant_id = %(tenant_id)s AND o.id = %(id)s AND j.tenant_id = o.tenant_id AND j.key = %(key)s""",
            id=order_id,
            key=job_key,
        )

    def estimate(self, order_id: str, micro_usd: int) -> None:
        """Queue what an order is to cost."""
        self._unit.run(
            """UPDATE speech_orders SET estimate_micros = %(micro_usd)s, updated_at = now()
               WHERE tenant_id = %(tenant_id)s AND id = %(id)s""",
            id=order_id,
            micro_usd=micro_usd,
        )

    def failing(self, order_id: str, failures: int) -> None:
        """Queue how many texts in a row could not be spoken."""
        self._unit.run(
            """UPDATE speech_orders SET consecutive_failures = %(failures)s, updated_at = now()
               WHERE tenant_id = %(tenant_id)s AND id = %(id)s AND consecutive_failures <> %(failures)s""",
            id=order_id,
            failures=failures,
        )

    def refuse_cancelled(self, order_id: str) -> None:
        """Queue the check that an order was not cancelled for good; Conflict `cancelled` at the unit's end."""
        self._unit.run(
            """SELECT refuse('PT409', 'it was cancelled', '{"code": "cancelled"}') FROM speech_orders
               WHERE tenant_id = %(tenant_id)s AND id = %(id)s AND cancelled_at IS NOT NULL""",
            id=order_id,
        )

    def cancel(self, order_id: str) -> None:
        """Queue the cancelling of an order for good; one that was cancelled stays so."""
        self._unit.run(
            """UPDATE speech_orders SET cancelled_at = coalesce(cancelled_at, now()), updated_at = now()
               WHERE tenant_id = %(tenant_id)s AND id = %(id)s""",
            id=order_id,
        )

    def remove(self, order_id: str) -> None:
        """Queue the removal of an order and its items; its clips stay."""
        self._unit.run("DELETE FROM speech_orders WHERE tenant_id = %(tenant_id)s AND id = %(id)s", id=order_id)


def _named(purposes: tuple[Purpose, ...]) -> str:
    return {"deployment": "deployment", "comparison": "session"}.get(purposes[0], "job") if purposes else "job"
