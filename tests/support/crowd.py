"""Several processes that want in at the same moment, as containers of one deployment do."""

import multiprocessing
from multiprocessing.synchronize import Barrier

from shared.auth.caller import Caller, Limit, Rates
from shared.db import Database
from shared.errors import RateLimited


def admitted(url: str, caller: Caller, limit: Limit | None, rates: Rates, *, processes: int, attempts: int) -> int:
    """Return how many requests pass when each process makes some, all from the same moment on."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(processes)
    counts = context.SimpleQueue()
    crowd = [
        context.Process(target=_attempt, args=(url, caller, limit, rates, attempts, barrier, counts), daemon=True)
        for _ in range(processes)
    ]
    for one in crowd:
        one.start()
    passed = sum(counts.get() for _ in crowd)
    for one in crowd:
        one.join()
    return passed


def _attempt(
    url: str,
    caller: Caller,
    limit: Limit | None,
    rates: Rates,
    attempts: int,
    barrier: Barrier,
    counts: "multiprocessing.SimpleQueue[int]",
) -> None:
    database = Database(url)
    with database.unit(caller.check()):
        pass  # connected
    barrier.wait(timeout=60)
    passed = 0
    for _ in range(attempts):
        try:
            with database.unit(caller.enter(limit, rates)):
                pass
        except RateLimited:
            continue
        passed += 1
    counts.put(passed)
    database.close()
