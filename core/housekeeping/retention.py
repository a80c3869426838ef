"""Forgets what is older than the deployment keeps: logs, measurements, the sums over them, and ended jobs."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from core.jobs.port import RunningJob
from shared.db import Database
from shared.repositories.measurements import Retention, forget_measurements
from shared.repositories.old_jobs import forget_jobs


@dataclass(frozen=True, slots=True)
class OldRows:
    """Whether it runs once or twice makes no difference."""

    database: Database
    retention: Retention
    job_days: int
    kind: str = field(default="retention", init=False)

    async def run(self, job: RunningJob) -> Mapping[str, object]:
        """Forget; the result says how long what is kept."""
        await job.advance(progress=0, stage="forgetting")
        await asyncio.to_thread(forget_measurements, self.database, self.retention)
        await asyncio.to_thread(forget_jobs, self.database, self.job_days)
        kept = self.retention
        return {
            "log_days": kept.log_days,
            "measurement_days": kept.measurement_days,
            "sum_days": kept.sum_days,
            "job_days": self.job_days,
        }
