"""The relay: how many jobs a second it can carry, and how long jobs wait for it at a steady rate."""

import time
from contextlib import ExitStack
from dataclasses import dataclass

from benchmarks.demo_database import demo_database
from benchmarks.jobs.effects import add_tenant, ended, make_tables, order, query, waits_s
from benchmarks.jobs.places import Place, queue_url
from benchmarks.jobs.worker import start
from shared.db import Database, TenantEntry


@dataclass(frozen=True, slots=True)
class Steady:
    """Seconds: of the outbox lag (due to published) and from order to first run."""

    place: Place
    rate: float
    done: int
    lag_median: float
    lag_p99: float
    lag_most: float
    begun_median: float
    begun_p99: float


def steady(place: Place, *, rate: float, seconds: float, processes: int) -> Steady:
    """Order jobs at a steady rate while some processes carry and run them."""
    with demo_database(durable=True) as demo, queue_url(place) as queue, ExitStack() as stack:
        make_tables(demo.database_url)
        database = Database(demo.database_url)
        entry = add_tenant(database)
        for _ in range(processes):
            stack.callback(start(demo.database_url, queue).kill)
        _wait_for(database, demo.database_url)
        ordered = _order_steadily(database, entry, rate, seconds)
        until = time.monotonic() + 60
        while ended(demo.database_url) < ordered + 1 and time.monotonic() < until:
            time.sleep(0.1)
        stack.close()
        lags = [lag for (lag,) in query(demo.database_url, "SELECT lag_s FROM job_lags ORDER BY 1")]
        begun = waits_s(demo.database_url, entry)
        done = ended(demo.database_url)
        database.close()
    return Steady(
        place=place,
        rate=ordered / seconds,
        done=done - 1,
        lag_median=_at(lags, 0.5),
        lag_p99=_at(lags, 0.99),
        lag_most=lags[-1],
        begun_median=_at(begun, 0.5),
        begun_p99=_at(begun, 0.99),
    )


def _at(values: list[float], share: float) -> float:
    return values[min(len(values) - 1, int(len(values) * share))]


def _wait_for(database: Database, url: str) -> None:
    """Have one job done, so that the process is there."""
    first = add_tenant(database)
    order(database, first, 1)
    until = time.monotonic() + 60
    while ended(url) < 1:
        if time.monotonic() > until:
            raise TimeoutError("the worker did not start")
        time.sleep(0.05)
    query(url, "DELETE FROM job_lags RETURNING lag_s")


def _order_steadily(database: Database, entry: TenantEntry, rate: float, seconds: float) -> int:
    begin, ordered = time.monotonic(), 0
    while (elapsed := time.monotonic() - begin) < seconds:
        due = int(elapsed * rate) - ordered
        if due > 0:
            order(database, entry, due)
            ordered += due
        time.sleep(0.005)
    return ordered
