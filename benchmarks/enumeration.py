"""Does the time of an answer tell whether an address has an account?

Known and unknown addresses take turns, each as often first, so that a change of the machine's speed and what one call
leaves behind for the next meet both. The two samples of each operation are compared with the Mann-Whitney U test
(two-sided, normal approximation with ties). The effect is the probability that a known address takes longer: 0.5 tells
nothing. Registration tells by its 409, which clients rely on; its time does not, since its answers come at multiples
of a pace, which is shorter here than the default so that this ends sooner.

    uv run --group dev python -m benchmarks.enumeration
"""

import argparse
import logging
import math
import os
import platform
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from msgspec import structs

ROOT = Path(__file__).resolve().parents[1]
sys.path += [str(ROOT / "lambda" / "auth")]
# A line for each request would hide the table; it is set before the first logger is made.
os.environ["UNAMENTIS_LOG_LEVEL"] = "CRITICAL"

from auth_api.routes import routes  # noqa: E402  found by the line above

from benchmarks.demo_database import demo_database  # noqa: E402
from shared.api import Context, Service  # noqa: E402
from shared.config import Settings  # noqa: E402
from tests.support.api import Answer, ApiClient  # noqa: E402

MANY = 10_000_000
PASSWORD = "violet-harbour-97"  # noqa: S105  of accounts that live for this run
SIGNIFICANT = 0.01


@dataclass(frozen=True, slots=True)
class Comparison:
    """Milliseconds of both kinds, and whether the bodies are the same."""

    known: list[float]
    unknown: list[float]
    same_bodies: bool


def main() -> int:
    """Run and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--timings", type=int, default=500, help="counted timings of each kind and operation")
    parser.add_argument("--pace-ms", type=int, default=100, help="UNAMENTIS_REGISTRATION_MS of the measured service")
    options = parser.parse_args()
    logging.getLogger("psycopg").setLevel(logging.CRITICAL)
    with demo_database() as demo:
        settings = Settings(database_url=demo.database_url, secret=demo.secret)
        settings = structs.replace(
            settings,
            logins_per_minute=MANY,
            registrations_per_hour=MANY,
            requests_per_minute=MANY,
            address_requests_per_minute=MANY,
        )
        context = Context.of(structs.replace(settings, registration_ms=options.pace_ms))
        paced = ApiClient(Service(routes, context))
        at_once = ApiClient(
            Service(routes, structs.replace(context, settings=structs.replace(settings, registration_ms=0)))
        )
        timings: int = options.timings
        print(f"{platform.machine()}, Python {platform.python_version()}, {timings} interleaved timings of each kind\n")
        print("| operation | known ms | unknown ms | p | effect | same body |\n|---|---|---|---|---|---|")
        for name, operation in OPERATIONS.items():
            print_row(name, compare(at_once, paced, operation, timings))
        context.database.close()
    return 0


def compare(
    at_once: ApiClient, paced: ApiClient, operation: Callable[[ApiClient, str], Answer], timings: int
) -> Comparison:
    """Time an operation for addresses with and without an account, in turns; the accounts are made at once."""
    known = [f"known-{name()}@school.example" for _ in range(timings)]
    for email in known:
        assert register(at_once, email).status == 201
    unknown = [f"other-{name()}@school.example" for _ in range(timings)]
    times: tuple[list[float], list[float]] = ([], [])
    bodies: tuple[set[bytes], set[bytes]] = (set(), set())
    for number, pair in enumerate(zip(known, unknown, strict=True)):
        for kind in (0, 1) if number % 2 else (1, 0):
            email = pair[kind]
            begin = time.perf_counter()
            answer = operation(paced, email)
            times[kind].append((time.perf_counter() - begin) * 1000)
            bodies[kind].add(answer.raw)
    return Comparison(times[0], times[1], bodies[0] == bodies[1])


def register(client: ApiClient, email: str) -> Answer:
    return client.post("/api/auth/register", {"email": email, "password": PASSWORD})


def log_in(client: ApiClient, email: str) -> Answer:
    return client.post("/api/auth/login", {"email": email, "password": "another-harbour-97"})


def forget(client: ApiClient, email: str) -> Answer:
    return client.post("/api/auth/forgot-password", {"email": email})


OPERATIONS = {"login": log_in, "forgot-password": forget, "register (tells by its 409)": register}
_numbers = count()


def name() -> str:
    """Return a name as long as every other."""
    return f"{next(_numbers):07}"


def mann_whitney(first: list[float], second: list[float]) -> tuple[float, float]:
    """Return the two-sided p-value and the probability that a value of `first` is the larger one."""
    m, n = len(first), len(second)
    ties = Counter([*first, *second])
    rank: dict[float, float] = {}
    position = 0
    for value, times in sorted(ties.items()):
        rank[value] = position + (times + 1) / 2
        position += times
    u = sum(rank[value] for value in first) - m * (m + 1) / 2
    correction = sum(t**3 - t for t in ties.values()) / ((m + n) * (m + n - 1))
    deviation = math.sqrt(m * n / 12 * (m + n + 1 - correction))
    z = (u - m * n / 2) / deviation
    return math.erfc(abs(z) / math.sqrt(2)), u / (m * n)


def print_row(operation: str, found: Comparison) -> None:
    """Print one operation."""
    p, effect = mann_whitney(found.known, found.unknown)
    known, unknown = statistics.median(found.known), statistics.median(found.unknown)
    verdict = "tells" if p < SIGNIFICANT else "tells nothing"
    same = "yes" if found.same_bodies else "no"
    print(f"| {operation} | {known:.2f} | {unknown:.2f} | {p:.3f} ({verdict}) | {effect:.3f} | {same} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
