"""Imports a book and a cartridge of 300 topics, killing the process half-way: python -m benchmarks.imports.

Every write of a topic is counted by a trigger of the benchmark's own, so that whatever was done twice is seen.
"""

import argparse
import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg

from benchmarks.demo_database import Demo, demo_database
from core.imports.orders import IMPORT_KIND
from shared.db import Database, TenantEntry
from shared.ids import new_id
from shared.repositories.import_uploads import ImportUploadRepository
from shared.repositories.jobs import JobRepository, StoredJob
from shared.storage.objects import Objects, open_objects
from tests.support.books import cartridge, markdown

PATIENCE_S = 300.0
COUNTING = """
    CREATE TABLE topic_writes (job_id uuid, position int, at timestamptz DEFAULT clock_timestamp());
    GRANT INSERT ON topic_writes TO unamentis_app;
    CREATE FUNCTION count_topic() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO topic_writes (job_id, position) VALUES (NEW.job_id, NEW.position); RETURN NULL; END $$;
    CREATE TRIGGER count_topic AFTER INSERT OR UPDATE ON staged_topics FOR EACH ROW EXECUTE FUNCTION count_topic();
"""


@dataclass
class Import:
    """What one import came to."""

    name: str
    bytes: int
    topics: int = 0
    done_at_kill: int = 0
    redone: int = 0
    seconds: float = 0.0
    peak_mb: float = 0.0


class Bench:
    """One database and one folder of objects, and processes that import."""

    def __init__(self, demo: Demo, folder: Path) -> None:
        self.url = demo.server.url
        self.entry = TenantEntry(demo.claims.tenant_id, demo.claims.user_id)
        self.database = Database(self.url, pool_size=2)
        self.objects_url = folder.as_uri()
        self.objects: Objects = open_objects(self.objects_url)
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(COUNTING.encode())
            connection.execute("UPDATE memberships SET role = 'teacher'")

    def run(self, name: str, body: bytes, topics: int) -> Import:
        """Import a book, killing the process once half of its topics are done."""
        found = Import(name, len(body), topics)
        job_id = self.order(name, body, topics)
        began = time.monotonic()
        first = self.worker()
        self.until(job_id, lambda job: int(job.checkpoint.get("extracted", 0)) >= topics // 2)
        os.kill(first.pid, signal.SIGKILL)
        found.peak_mb = peak_mb(first)
        found.done_at_kill = int(self.job(job_id).checkpoint["extracted"])
        assert self.curricula() == 0, "half an import is seen"
        second = self.worker()
        ended = self.until(job_id, lambda job: job.status in {"completed", "failed"})
        found.seconds = time.monotonic() - began
        second.terminate()
        found.peak_mb = max(found.peak_mb, peak_mb(second))
        assert ended.status == "completed", ended.error
        assert ended.result is not None
        assert ended.result["topicCount"] == topics, ended.result
        found.redone = self.redone(job_id)
        assert self.curricula(remove=True) == 1
        return found

    def order(self, name: str, body: bytes, topics: int) -> str:
        upload_id, job_id = new_id(), new_id()
        key = f"tenants/{self.entry.tenant_id}/uploads/{upload_id}"
        self.objects.put(key, body)
        with self.database.unit(self.entry) as unit:
            ImportUploadRepository(unit).add(
                upload_id,
                name=name,
                title=name,
                size=len(body),
                revision=hashlib.sha256(body).hexdigest(),
                license_name="",
                topics=topics,
                object_key=key,
            )
            JobRepository(unit).add(job_id, IMPORT_KIND, {"source_id": "upload", "course_id": upload_id})
        return job_id

    def worker(self) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "benchmarks.imports.worker", self.url, self.objects_url]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def job(self, job_id: str) -> StoredJob:
        with self.database.unit(self.entry) as unit:
            found = JobRepository(unit).get(job_id)
        return found.result

    def until(self, job_id: str, reached: Callable[[StoredJob], bool]) -> StoredJob:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            job = self.job(job_id)
            if reached(job):
                return job
            time.sleep(0.01)
        raise TimeoutError(f"{job_id} is {self.job(job_id)}")

    def redone(self, job_id: str) -> int:
        with psycopg.connect(self.url) as connection:
            row = connection.execute(
                """SELECT count(*) FROM (SELECT position FROM topic_writes WHERE job_id = %s
                                         GROUP BY position HAVING count(*) > 1) twice""",
                (job_id,),
            ).fetchone()
        return row[0] if row else 0

    def curricula(self, *, remove: bool = False) -> int:
        with psycopg.connect(self.url) as connection:
            row = connection.execute("SELECT count(*) FROM curricula").fetchone()
            if remove:
                connection.execute("DELETE FROM curricula")
        return row[0] if row else 0


def peak_mb(process: "subprocess.Popen[bytes]") -> float:
    """Wait for a process and return the most memory it had."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    unit = 1 if sys.platform == "darwin" else 1024
    return usage.ru_maxrss * unit / 1_000_000


def main() -> int:
    """Run both imports and print what they came to."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.imports")
    parser.add_argument("--topics", type=int, default=300)
    topics = parser.parse_args().topics
    books = {
        "Markdown book": (markdown(topics, paragraphs=12, units=20), topics),
        # Its discussion and its quiz are topics too.
        "cartridge zip": (cartridge(topics - 2, units=20), topics),
    }
    print("| import | bytes | topics | done when killed | redone | seconds in all | peak RSS |")
    print("|---|---|---|---|---|---|---|")
    with demo_database(durable=True) as demo, tempfile.TemporaryDirectory(prefix="unamentis-imports-") as folder:
        bench = Bench(demo, Path(folder))
        for name, (body, count) in books.items():
            one = bench.run(name, body, count)
            print(
                f"| {one.name} | {one.bytes} | {one.topics} | {one.done_at_kill} | {one.redone} | {one.seconds:.1f}"
                f" | {one.peak_mb:.0f} MB |"
            )
            assert one.redone == 0
        bench.database.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
