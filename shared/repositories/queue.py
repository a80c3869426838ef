"""The queue that is a table: messages hold ids of jobs, and nothing of what the jobs are about."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from shared.db import Json, Pending, Unit


class Received(msgspec.Struct, frozen=True):
    """A message that is invisible to others until its lease ends; deliveries counts this one."""

    id: int
    body: Mapping[str, Any]
    deliveries: int


class Dead(msgspec.Struct, frozen=True):
    """A message that nobody gets any more, and why."""

    id: int
    body: Mapping[str, Any]
    reason: str


class QueueRepository:
    """One queue by name. A receipt names one delivery: what was delivered anew since is not settled by it."""

    def __init__(self, unit: Unit, queue: str) -> None:
        self._unit = unit
        self._queue = queue

    def send(self, bodies: Sequence[Mapping[str, object]]) -> None:
        """Queue messages; a body's "priority" decides who is delivered first."""
        self._unit.run(
            """-- cross-tenant: the queue holds ids alone
               INSERT INTO queue_messages (queue, body, priority)
               SELECT %(queue)s, b.value, coalesce((b.value ->> 'priority')::int, 0)
               FROM jsonb_array_elements(%(bodies)s) WITH ORDINALITY AS b (value, number) ORDER BY b.number""",
            queue=self._queue,
            bodies=Json(list(bodies)),
        )

    def receive(self, receipt: str, *, most: int, lease_s: float) -> Pending[list[Received]]:
        """Queue the taking of up to `most` messages that are due; nobody else gets them within the lease."""
        return self._unit.all(
            Received,
            """-- cross-tenant: the queue holds ids alone
               UPDATE queue_messages m SET visible_at = now() + make_interval(secs => %(lease_s)s),
                   receipt = %(receipt)s, deliveries = m.deliveries + 1
               FROM (SELECT id FROM queue_messages
                     WHERE queue = %(queue)s AND dead_at IS NULL AND visible_at <= now()
                     ORDER BY priority DESC, id LIMIT %(most)s FOR UPDATE SKIP LOCKED) due
               WHERE m.id = due.id RETURNING m.id, m.body, m.deliveries""",
            queue=self._queue,
            receipt=receipt,
            most=most,
            lease_s=lease_s,
        )

    def extend(self, deliveries: Mapping[int, str], *, lease_s: float) -> None:
        """Queue another lease on messages that are still worked on. Args: deliveries: receipts by message id."""
        self._unit.run(
            """-- cross-tenant: the queue holds ids alone
               UPDATE queue_messages m SET visible_at = now() + make_interval(secs => %(lease_s)s)
               FROM unnest(%(ids)s::bigint[], %(receipts)s::uuid[]) AS d (id, receipt)
               WHERE m.queue = %(queue)s AND m.id = d.id AND m.receipt = d.receipt""",
            queue=self._queue,
            ids=list(deliveries),
            receipts=list(deliveries.values()),
            lease_s=lease_s,
        )

    def release(self, message_id: int, receipt: str, *, after_s: float) -> None:
        """Queue the return of a message. Its receipt ends: a sign of life that comes late hides it from nobody."""
        self._unit.run(
            """-- cross-tenant: the queue holds ids alone
               UPDATE queue_messages SET visible_at = now() + make_interval(secs => %(after_s)s), receipt = NULL
               WHERE queue = %(queue)s AND id = %(id)s AND receipt = %(receipt)s""",
            queue=self._queue,
            id=message_id,
            receipt=receipt,
            after_s=after_s,
        )

    def remove(self, deliveries: Mapping[int, str]) -> None:
        """Queue the end of messages that are done with. Args: deliveries: receipts by message id."""
        self._unit.run(
            """-- cross-tenant: the queue holds ids alone
               DELETE FROM queue_messages m USING unnest(%(ids)s::bigint[], %(receipts)s::uuid[]) AS d (id, receipt)
               WHERE m.queue = %(queue)s AND m.id = d.id AND m.receipt = d.receipt""",
            queue=self._queue,
            ids=list(deliveries),
            receipts=list(deliveries.values()),
        )

    def bury(self, message_id: int, receipt: str, reason: str) -> None:
        """Queue that nobody gets a message any more."""
        self._unit.run(
            """-- cross-tenant: the queue holds ids alone
               UPDATE queue_messages SET dead_at = now(), reason = %(reason)s
               WHERE queue = %(queue)s AND id = %(id)s AND receipt = %(receipt)s""",
            queue=self._queue,
            id=message_id,
            receipt=receipt,
            reason=reason[:500],
        )

    def dead(self, *, most: int) -> Pending[list[Dead]]:
        """Queue the read of dead letters, the oldest first."""
        return self._unit.all(
            Dead,
            """-- cross-tenant: the queue holds ids alone
               SELECT id, body, reason FROM queue_messages WHERE queue = %(queue)s AND dead_at IS NOT NULL
               ORDER BY id LIMIT %(most)s""",
            queue=self._queue,
            most=most,
        )

    def redrive(self, *, most: int) -> Pending[int]:
        """Queue the delivery of dead letters as if they were new; answers how many."""
        return self._unit.run(
            """-- cross-tenant: the queue holds ids alone
               UPDATE queue_messages m SET dead_at = NULL, reason = NULL, receipt = NULL, deliveries = 0,
                   visible_at = now()
               FROM (SELECT id FROM queue_messages WHERE queue = %(queue)s AND dead_at IS NOT NULL
                     ORDER BY id LIMIT %(most)s FOR UPDATE SKIP LOCKED) d
               WHERE m.id = d.id""",
            queue=self._queue,
            most=most,
        )
