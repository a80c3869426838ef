"""Jobs of whole processes: one is told to end, the database crashes; nothing is lost, nothing done twice."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from infra.local.postgres import EmbeddedPostgres
from shared.db import Database, TenantEntry
from shared.db.runner import migrate
from shared.errors import Unavailable
from shared.ids import new_id
from shared.repositories.jobs import JobRepository, StoredJob
from tests.conftest import ALPHA_TENANT
from tests.core.jobs.conftest import eventually

# Seconds for what takes one or two where nothing else runs.
PATIENCE_S = 60


@contextmanager
def worker(database_url: str, log: Path) -> Generator["subprocess.Popen[bytes]"]:
    """Run jobs in another process for as long as the block lasts."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.job_worker", database_url], stdout=output, stderr=output
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


class Orders:
    """Jobs of ALPHA's, and what they have written."""

    def __init__(self, database: Database, url: str) -> None:
        self._database = database
        self._url = url

    def add(self, **payload: object) -> str:
        with self._database.unit(TenantEntry(ALPHA_TENANT)) as unit:
            added = JobRepository(unit).add(new_id(), "steps", payload)
        return added.result

    def jobs(self) -> list[StoredJob]:
        with self._database.unit(TenantEntry(ALPHA_TENANT)) as unit:
            found = JobRepository(unit).find(kind="steps", limit=100)
        return found.result

    async def until(self, look: Callable[[list[StoredJob]], bool]) -> list[StoredJob]:
        """Return the jobs once they are as they should be."""

        def seen() -> list[StoredJob] | None:
            try:
                jobs = self.jobs()
            except Unavailable:
                return None
            return jobs if look(jobs) else None

        return await eventually(seen, within_s=PATIENCE_S)

    def effects(self) -> Counter[tuple[str, int]]:
        rows = self.sql("SELECT payload ->> 'job', (payload ->> 'step')::int FROM jobs WHERE kind = 'effect'")
        return Counter((job, step) for job, step in rows)

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self._url) as connection:
            return connection.execute(statement.encode()).fetchall()


def each_once(ids: list[str], steps: int) -> Counter[tuple[str, int]]:
    return Counter((job_id, step) for job_id in ids for step in range(1, steps + 1))


async def test_a_process_that_is_told_to_end_hands_everything_back(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    orders, log = Orders(database, database_url), tmp_path / "log"
    ids = [orders.add(to=5, until_told=how) for how in ("walks", "walks", "walks", "stands")]
    with worker(database_url, log) as process:
        await orders.until(lambda jobs: all(job.checkpoint == {"done": 1} for job in jobs))
        waiting = orders.add(to=5)
        process.send_signal(signal.SIGTERM)
        # It is gone once it has handed back; nothing else ends it.
        assert await asyncio.to_thread(process.wait, PATIENCE_S) == 0, log.read_text()
    left = orders.jobs()
    assert {(job.status, job.wish) for job in left} == {("queued", None)}
    # The run was no fault of theirs, and nobody has to wait until its lease ends.
    assert {job.attempt for job in left} == {0}
    assert orders.sql("SELECT count(*) FROM jobs WHERE holder IS NOT NULL") == [(0,)]
    assert orders.sql("SELECT count(*) FROM queue_messages WHERE visible_at > now()") == [(0,)]
    assert orders.effects() == each_once(ids, 1)
    with worker(database_url, log):
        done = await orders.until(lambda jobs: all(job.status == "completed" for job in jobs))
    assert {job.id: dict(job.result or {})["from"] for job in done} == {**dict.fromkeys(ids, 1), waiting: 0}
    assert orders.effects() == each_once([*ids, waiting], 5)


@pytest.fixture
def own_server() -> Iterator[EmbeddedPostgres]:
    """A database server that keeps its promises when it crashes, with a tenant in it."""
    with tempfile.TemporaryDirectory(prefix="unamentis-jobs-") as folder:
        Path(folder).chmod(0o711)
        with EmbeddedPostgres(Path(folder) / "pg", durable=True) as server:
            migrate(server.url)
            with psycopg.connect(server.url) as connection:
                connection.execute("SELECT app_enter(%s, NULL)", (ALPHA_TENANT,))
                connection.execute(
                    "INSERT INTO tenants (tenant_id, kind, name) VALUES (%s, 'organisation', 'Alpha')", (ALPHA_TENANT,)
                )
            yield server


def crash(server: EmbeddedPostgres) -> None:
    """Let the server go down at once, as a machine does, and come up again on what it had promised to keep."""
    (file,) = server.data_dir.rglob("postmaster.pid")
    os.kill(int(file.read_text().splitlines()[0]), signal.SIGQUIT)
    server.stop()
    server.start()


async def test_the_database_may_crash_and_come_back_while_jobs_run(
    own_server: EmbeddedPostgres, tmp_path: Path
) -> None:
    database = Database(own_server.url)
    orders = Orders(database, own_server.url)
    ids = [orders.add(to=40) for _ in range(6)]
    with worker(own_server.url, tmp_path / "log"), worker(own_server.url, tmp_path / "log"):
        for crashes in (1, 2):
            await orders.until(lambda jobs, least=10 * crashes: sum(map(_done, jobs)) >= least)
            assert any(job.status != "completed" for job in orders.jobs())
            await asyncio.to_thread(crash, own_server)
        done = await orders.until(lambda jobs: all(job.status == "completed" for job in jobs))
    database.close()
    assert [job.error for job in done] == [None] * len(ids)
    assert orders.effects() == each_once(ids, 40)
    assert orders.sql("SELECT count(*) FROM outbox o JOIN jobs j ON j.id = o.job_id WHERE j.kind = 'steps'") == [(0,)]


def _done(job: StoredJob) -> int:
    return int(job.checkpoint.get("done", 0))
