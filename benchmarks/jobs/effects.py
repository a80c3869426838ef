"""The kind of job that benchmarks run, and the rows it leaves.

One effect is one row, written by `RunningJob.write` in the transaction that stores the job's checkpoint. Nothing makes
the rows unique, so a job that took effect twice has two.
"""

import asyncio
import random
from collections.abc import Mapping
from datetime import datetime
from typing import Any, LiteralString

import psycopg

from core.jobs.port import RunningJob
from shared.db import Database, TenantEntry, Unit
from shared.ids import new_id
from shared.repositories.jobs import JobRepository

KIND = "benchmark_effect"
_TABLES = """
CREATE TABLE IF NOT EXISTS job_effects (tenant_id uuid NOT NULL, job_id uuid NOT NULL, at timestamptz DEFAULT now());
CREATE TABLE IF NOT EXISTS job_lags (lag_s double precision NOT NULL);
GRANT SELECT, INSERT ON job_effects TO unamentis_app;
CREATE OR REPLACE FUNCTION note_lag() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO job_lags VALUES (extract(epoch FROM clock_timestamp() - NEW.due_at));
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS note_lag ON outbox;
CREATE TRIGGER note_lag AFTER UPDATE ON outbox FOR EACH ROW
    WHEN (OLD.published_at IS NULL AND NEW.published_at IS NOT NULL) EXECUTE FUNCTION note_lag();
"""
_INSERT: LiteralString = "INSERT INTO job_effects (tenant_id, job_id) VALUES (%(tenant_id)s, %(job_id)s)"


class Effect:
    """Takes a few milliseconds and leaves one row."""

    kind = KIND

    async def run(self, job: RunningJob) -> Mapping[str, object]:
        """Leave the row, unless an earlier run has."""
        if not job.order.checkpoint.get("done"):
            longest_s = 2 * float(job.order.payload.get("ms", 0)) / 1000
            await asyncio.sleep(random.uniform(0, longest_s))  # noqa: S311 - a benchmark

            def leave(unit: Unit) -> None:
                unit.run(_INSERT, job_id=job.order.id)

            await job.write(leave, progress=1, stage="done", checkpoint={"done": True})
        return {}


def make_tables(url: str) -> None:
    """Make what a benchmark counts."""
    with psycopg.connect(url) as connection:
        connection.execute(_TABLES)


def add_tenant(database: Database) -> TenantEntry:
    """Make a tenant of its own."""
    entry = TenantEntry(new_id())
    with database.unit(entry) as unit:
        unit.run("INSERT INTO tenants (tenant_id, kind, name) VALUES (%(tenant_id)s, 'organisation', 'Benchmark')")
    return entry


def order(database: Database, entry: TenantEntry, count: int, *, ms: float = 0) -> None:
    """Order jobs, five hundred in a transaction."""
    for start in range(0, count, 500):
        with database.unit(entry) as unit:
            for _ in range(min(500, count - start)):
                JobRepository(unit).add(new_id(), KIND, {"ms": ms})


def query(url: str, sql: LiteralString, *values: object) -> list[tuple[Any, ...]]:
    """Return what the database answers its owner."""
    with psycopg.connect(url) as connection:
        return connection.execute(sql, values).fetchall()


def ended(url: str) -> int:
    """Return how many jobs are done."""
    return int(query(url, "SELECT count(*) FROM jobs WHERE status = 'completed'")[0][0])


def waits_s(url: str, entry: TenantEntry) -> list[float]:
    """Return how long each job of a tenant waited for its first run, in seconds, in order."""
    rows = query(
        url,
        """SELECT extract(epoch FROM started_at - created_at)::float8 FROM jobs
           WHERE tenant_id = %s AND started_at IS NOT NULL ORDER BY 1""",
        entry.tenant_id,
    )
    return [wait for (wait,) in rows]


def now(url: str) -> datetime:
    """Return the database's time."""
    return query(url, "SELECT clock_timestamp()")[0][0]
