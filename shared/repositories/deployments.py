"""Curricula that are to be spoken ahead of a day. Everybody of a tenant sees them; those who teach or run it decide."""

from dataclasses import dataclass
from datetime import date, datetime

from shared.db import Pending, Unit


@dataclass(frozen=True, slots=True)
class Deployment:
    """One order. seconds_running: since speaking was last begun; None before."""

    id: str
    curriculum_id: str
    name: str
    target_date: date | None
    voice: str
    speed: float
    created_at: datetime
    started_at: datetime | None
    cancelled_at: datetime | None
    seconds_running: float | None


class DeploymentRepository:
    """The deployments of one unit of work's tenant."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def add(
        self, deployment_id: str, *, curriculum_id: str, name: str, target_date: date | None, voice: str, speed: float
    ) -> None:
        """Queue an order.

        Raises (at the unit's end): Forbidden: the caller is a learner. NotFound: the tenant reads no such curriculum.
        """
        self._unit.run("SELECT require_teacher() -- for the tenant_id that entered")
        self._unit.run(
            """SELECT refuse('PT404', format('curriculum %%s not found', %(curriculum_id)s::text))
               WHERE NOT EXISTS (SELECT FROM curricula c WHERE c.tenant_id = ANY (%(readable)s::uuid[])
                                                           AND c.id = %(curriculum_id)s)""",
            curriculum_id=curriculum_id,
        )
        self._unit.run(
            """INSERT INTO deployments (tenant_id, id, curriculum_id, name, target_date, voice, speed, created_by)
               VALUES (%(tenant_id)s, %(id)s, %(curriculum_id)s, %(name)s, %(target_date)s, %(voice)s, %(speed)s,
                       app_user())""",
            id=deployment_id,
            curriculum_id=curriculum_id,
            name=name,
            target_date=target_date,
            voice=voice,
            speed=speed,
        )

    def find(self, *, limit: int) -> Pending[list[Deployment]]:
        """Queue the read of the newest orders, the newest first."""
        return self._unit.all(
            Deployment,
            """SELECT id, curriculum_id, name, target_date, voice, speed, created_at, started_at, cancelled_at,
                      extract(epoch FROM now() - started_at)::float8 AS seconds_running
               FROM deployments WHERE tenant_id = %(tenant_id)s ORDER BY created_at DESC, id DESC LIMIT %(limit)s""",
            limit=limit,
        )

    def get(self, deployment_id: str) -> Pending[Deployment]:
        """Queue the read of one order; NotFound at the unit's end when there is none."""
        return self._unit.one(
            Deployment,
            """SELECT id, curriculum_id, name, target_date, voice, speed, created_at, started_at, cancelled_at,
                      extract(epoch FROM now() - started_at)::float8 AS seconds_running
               FROM deployments WHERE tenant_id = %(tenant_id)s AND id = %(id)s""",
            missing=f"deployment {deployment_id} not found",
            id=deployment_id,
        )

    def start(self, deployment_id: str) -> None:
        """Queue the mark that speaking begins.

        Raises (at the unit's end): Forbidden: the caller is a learner. Conflict: the order was cancelled.
        """
        self._unit.run("SELECT require_teacher() -- for the tenant_id that entered")
        self._unit.run(
            """SELECT refuse('PT409', 'the deployment was cancelled', '{"code": "cancelled"}') FROM deployments
               WHERE tenant_id = %(tenant_id)s AND id = %(id)s AND cancelled_at IS NOT NULL""",
            id=deployment_id,
        )
        self._unit.run(
            "UPDATE deployments SET started_at = now() WHERE tenant_id = %(tenant_id)s AND id = %(id)s",
            id=deployment_id,
        )

    def cancel(self, deployment_id: str) -> None:
        """Queue the cancelling of an order; one that was cancelled stays so.

        Raises (at the unit's end): Forbidden: the caller is a learner.
        """
        self._unit.run("SELECT require_teacher() -- for the tenant_id that entered")
        self._unit.run(
            """UPDATE deployments SET cancelled_at = coalesce(cancelled_at, now())
               WHERE tenant_id = %(tenant_id)s AND id = %(id)s""",
            id=deployment_id,
        )
