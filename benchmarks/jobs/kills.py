"""Jobs of a big and of a small tenant over some processes, one of which is killed every few seconds."""

import random
import time
from contextlib import ExitStack
from dataclasses import dataclass

from benchmarks.demo_database import demo_database
from benchmarks.jobs.effects import add_tenant, ended, make_tables, order, query, waits_s
from benchmarks.jobs.places import Place, queue_url
from benchmarks.jobs.worker import start
from shared.db import Database

_LOOK_S = 0.5
_LEASE_S = 5


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the jobs; waits in seconds."""

    place: Place
    jobs: int
    small: int
    seconds: float
    kills: int
    effects: int
    distinct: int
    lost: int
    reruns: int
    unfinished: int
    left: int
    big_wait: float
    small_wait: float
    small_median: float

    @property
    def doubled(self) -> int:
        """Effects beyond the first of each job."""
        return self.effects - self.distinct

    @property
    def is_good(self) -> bool:
        """Whether each job took effect once, and nothing is left anywhere."""
        return not (self.lost or self.doubled or self.unfinished or self.left)


def run(place: Place, *, jobs: int, processes: int, every_s: float, ms: float, longest_s: float) -> Outcome:
    """Order the jobs, run and kill, and count."""
    with demo_database(durable=True) as demo, queue_url(place) as queue, ExitStack() as stack:
        make_tables(demo.database_url)
        database = Database(demo.database_url)
        stack.callback(database.close)
        big, small = add_tenant(database), add_tenant(database)
        order(database, big, jobs, ms=ms)
        workers = [start(demo.database_url, queue, lease_s=_LEASE_S) for _ in range(processes)]
        stack.callback(lambda: [worker.kill() for worker in workers])
        began = time.monotonic()
        kills = smalls = 0
        next_kill, next_small = began + every_s, began + 2
        while time.monotonic() - began < longest_s:
            time.sleep(_LOOK_S)
            done = ended(demo.database_url)
            if done >= jobs + smalls:
                break
            if time.monotonic() > next_small and done < jobs:
                order(database, small, 1, ms=ms)
                smalls += 1
                next_small = time.monotonic() + 1
            if time.monotonic() > next_kill:
                victim = random.randrange(processes)  # noqa: S311 - a benchmark
                workers[victim].kill()
                workers[victim].join()
                workers[victim] = start(demo.database_url, queue, lease_s=_LEASE_S)
                kills += 1
                next_kill = time.monotonic() + random.uniform(0.5, 1.5) * every_s  # noqa: S311 - a benchmark
        seconds = time.monotonic() - began
        effects, distinct = query(demo.database_url, "SELECT count(*), count(DISTINCT job_id) FROM job_effects")[0]
        ((reruns,),) = query(
            demo.database_url,
            """SELECT count(*) - count(DISTINCT job_id) FROM job_events
               WHERE type = 'status' AND data ->> 'status' = 'running'""",
        )
        # Ended without an effect, or not there at all.
        ((kept, ended_without),) = query(
            demo.database_url,
            """SELECT count(*), count(*) FILTER (WHERE status NOT IN ('queued', 'running') AND NOT EXISTS (
                   SELECT FROM job_effects e WHERE e.job_id = j.id)) FROM jobs j""",
        )
        lost = jobs + smalls - kept + ended_without
        waits = waits_s(demo.database_url, small) or [0.0]
        return Outcome(
            place=place,
            jobs=jobs,
            small=smalls,
            seconds=seconds,
            kills=kills,
            effects=effects,
            distinct=distinct,
            lost=lost,
            reruns=reruns,
            unfinished=jobs + smalls - ended(demo.database_url),
            left=query(demo.database_url, "SELECT count(*) FROM outbox")[0][0],
            big_wait=waits_s(demo.database_url, big)[-1],
            small_wait=waits[-1],
            small_median=waits[len(waits) // 2],
        )


def table(outcomes: list[Outcome]) -> str:
    """Return the outcomes, one line each."""
    head = (
        f"{'queue':9} {'jobs':>6} {'small':>5} {'s':>5} {'kills':>5} {'reruns':>6} {'effects':>7} {'lost':>4}"
        f" {'doubled':>7} {'stuck':>5} {'big: longest wait':>18} {'small: median':>13} {'longest':>8}"
    )
    lines = [
        f"{one.place:9} {one.jobs:6} {one.small:5} {one.seconds:5.0f} {one.kills:5} {one.reruns:6} {one.effects:7}"
        f" {one.lost:4} {one.doubled:7} {one.unfinished + one.left:5} {one.big_wait:16.1f} s {one.small_median:11.2f} s"
        f" {one.small_wait:6.2f} s"
        for one in outcomes
    ]
    return "\n".join([head, *lines])
