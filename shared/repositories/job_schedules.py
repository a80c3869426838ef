"""Jobs that the deployment orders by itself."""

from collections.abc import Mapping
from datetime import datetime

from shared.db import Json, Pending, Unit


class JobScheduleRepository:
    """The slots of schedules; their jobs are the unit's tenant's."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def order(
        self, name: str, slot: datetime, *, job_id: str, job_kind: str, payload: Mapping[str, object]
    ) -> Pending[bool]:
        """Queue the job of a slot; answers whether this call made it: a slot has one, whoever asks how often."""
        return self._unit.value(
            bool,
            """SELECT schedule_job(%(name)s, %(slot)s, %(id)s, %(job_kind)s, %(payload)s)
               -- for the tenant_id that entered""",
            name=name,
            slot=slot,
            id=job_id,
            job_kind=job_kind,
            payload=Json(dict(payload)),
        )
