"""The way of jobs from the outbox to the queue. One relay carries the jobs of all tenants."""

from collections.abc import Sequence

import msgspec

from shared.db import Json, Pending, Unit


class Departure(msgspec.Struct, frozen=True):
    """A job that is taken to the queue.

    Attributes:
        turn: how often it was sent anew before. waited_s: seconds since it was due.
    """

    tenant_id: str
    job_id: str
    priority: int
    turn: int
    waited_s: float


class Report(msgspec.Struct, frozen=True):
    """How the queue is doing.

    Attributes:
        capacity: jobs that all processes together run at once.
        in_queue: jobs the queue has and nobody runs yet. oldest_s: seconds the first of them has been there.
        lag_s: seconds the first job that is due has waited for the relay. waiting: whether any does.
    """

    capacity: int
    in_queue: int
    oldest_s: float
    lag_s: float
    waiting: bool


class RelayRepository:
    """What the relay asks of the outbox."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def report(self, worker_id: str, *, slots: int, lease_s: int) -> Pending[Report]:
        """Queue the note that a process runs so many jobs at once (0: it is leaving), and the read of the queue."""
        return self._unit.one(
            Report,
            """-- cross-tenant: one relay carries the jobs of all tenants
               SELECT capacity, in_queue, oldest_s, lag_s, waiting
               FROM relay_report(%(worker)s, %(slots)s, %(lease_s)s)""",
            worker=worker_id,
            slots=slots,
            lease_s=lease_s,
        )

    def take(self, *, most_out: int, most_each: int, lease_s: int) -> Pending[list[Departure]]:
        """Queue the taking of jobs that are due, fairly; what is not marked within the lease is taken again.

        Args: most_out: jobs on their way at once. most_each: of one tenant.
        """
        return self._unit.all(
            Departure,
            """-- cross-tenant: one relay carries the jobs of all tenants
               SELECT tenant_id, job_id, priority, turn, waited_s
               FROM relay_take(%(most_out)s, %(most_each)s, %(lease_s)s)""",
            most_out=most_out,
            most_each=most_each,
            lease_s=lease_s,
        )

    def mark(self, departures: Sequence[Departure]) -> None:
        """Queue the mark that the queue has them."""
        taken = [{"tenant": one.tenant_id, "job": one.job_id, "turn": one.turn} for one in departures]
        self._unit.run(
            "SELECT relay_mark(%(taken)s) -- cross-tenant: one relay carries the jobs of all tenants", taken=Json(taken)
        )

    def recover(self, *, silence_s: int) -> Pending[int]:
        """Queue the sending anew of what the queue seems to have lost; answers how many those are."""
        return self._unit.value(
            int,
            "SELECT relay_recover(%(silence_s)s) -- cross-tenant: one relay carries the jobs of all tenants",
            silence_s=silence_s,
        )
