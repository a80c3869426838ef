"""Jobs of every tenant, for units of work of an administrator."""

from shared.db import Pending, Unit
from shared.domain.jobs import JobStatus
from shared.repositories.jobs import StoredJob


class TenantJob(StoredJob, frozen=True, kw_only=True):
    """A job, and whose it is."""

    tenant_id: str


class JobOversightRepository:
    """What administrators see of jobs in the tenants they reach."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def find(
        self, *, tenant_id: str | None, status: JobStatus | None, kind: str | None, before: str | None, limit: int
    ) -> Pending[list[TenantJob]]:
        """Queue the read of jobs, the newest first, from the one behind the id `before`."""
        return self._unit.all(
            TenantJob,
            """-- cross-tenant: of every tenant the administrator reaches
               SELECT tenant_id, id, kind, payload, status, priority, attempt, progress, stage, item, checkpoint,
                      result, error, cost_micros, user_id, wish, due_at, created_at, started_at, updated_at, finished_at
               FROM admin_jobs(%(only)s::uuid, %(status)s, %(kind)s, %(before)s::uuid, %(limit)s)""",
            only=tenant_id,
            status=status,
            kind=kind,
            before=before,
            limit=limit,
        )
