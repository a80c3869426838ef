"""What a request costs in a full library: 100 000 questions and 2 000 curricula in one tenant, 50 tenants beside it.

The same requests are sent while the tenant grows, so that the last columns say how the cost follows the number of rows.
Times are of whole requests, from the gateway's event to the answer, on one connection. Ends with 1 when one takes more
than one round trip, or reads a content table from end to end.

    PYTHONPATH=.:lambda/kb:lambda/curriculum .venv/bin/python -m benchmarks.learning
"""

import argparse
import logging
import platform
import statistics
import sys
import time
from collections.abc import Callable

import psycopg

from benchmarks.demo_database import demo_database
from benchmarks.learning.holdings import Size, Words, add_tenants, fill, tidy
from benchmarks.learning.requests import ASKS, Cost, measure
from shared.db import Database


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=100_000)
    parser.add_argument("--curricula", type=int, default=2_000)
    parser.add_argument("--tenants", type=int, default=50, help="beside the one that is measured")
    parser.add_argument("--times", type=int, default=200, help="requests of each kind")
    options = parser.parse_args()
    logging.disable(logging.INFO)
    sizes = [Size(max(500, options.questions // share), max(10, options.curricula // share)) for share in (100, 10, 1)]
    words = Words()
    found: list[dict[str, Cost]] = []
    with demo_database() as demo:
        others = add_tenants(demo.database_url, options.tenants)
        for tenant_id in others:
            add(demo.database_url, tenant_id, words, Size(0, 0), Size(500, 10))
        have = Size(0, 0)
        for size in sizes:
            begin = time.monotonic()
            add(demo.database_url, demo.claims.tenant_id, words, have, size)
            have = size
            tidy(demo.database_url)
            note(f"{size.questions} questions, {size.curricula} curricula after {time.monotonic() - begin:.0f} s")
            found.append(
                {
                    ask.name: measure(ask, demo.database_url, demo.secret, demo.token, words, size, times=options.times)
                    for ask in ASKS
                }
            )
        reference = compare(demo.database_url, demo.claims.tenant_id, words)
    print(f"{platform.machine()}, Python {platform.python_version()}, {options.times} requests of each kind\n")
    table(sizes, found)
    print(reference)
    return int(any(cost.round_trips != 1 or cost.scanned for cost in found[-1].values()))


def add(url: str, tenant_id: str, words: Words, have: Size, want: Size) -> None:
    """Fill a tenant over a connection that is closed afterwards, as whoever counts scans wants it."""
    database = Database(url)
    fill(database, tenant_id, words, have, want)
    database.close()


def table(sizes: list[Size], found: list[dict[str, Cost]]) -> None:
    """Print the costs at the largest size, and how they grew."""
    grown = " | ".join(f"p50 at {size.questions}" for size in sizes)
    print(f"| request | p50 ms | p95 ms | round trips | read from end to end | {grown} |")
    print("|---|---|---|---|---|" + "---|" * len(sizes))
    for name, cost in found[-1].items():
        scanned = ", ".join(cost.scanned) or "nothing"
        growth = " | ".join(f"{costs[name].p50:.1f}" for costs in found)
        print(f"| {name} | {cost.p50:.1f} | {cost.p95:.1f} | {cost.round_trips} | {scanned} | {growth} |")


def compare(url: str, tenant_id: str, words: Words) -> str:
    """Search as a query under row-level security would, beside ours."""
    wanted = words.words[2_000:2_050]
    plain = "SELECT id FROM questions WHERE search @@ plainto_tsquery('english', %s) AND tenant_id = %s LIMIT 20"
    like = "SELECT id FROM questions WHERE question_text ILIKE '%%' || %s || '%%' AND tenant_id = %s LIMIT 20"
    ours = "SELECT id FROM search_questions(%s, %s, NULL, NULL, NULL, NULL, NULL, NULL) LIMIT 20"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET ROLE unamentis_app")
        connection.execute("SELECT set_config('app.tenant_id', %s, false)", (tenant_id,))

        def timed(run: Callable[[str], object]) -> float:
            timings: list[float] = []
            for word in wanted:
                begin = time.perf_counter()
                run(word)
                timings.append((time.perf_counter() - begin) * 1000)
            return statistics.median(timings)

        mine = timed(lambda word: connection.execute(ours.encode(), (tenant_id, word)).fetchall())
        under = timed(lambda word: connection.execute(plain.encode(), (word, tenant_id)).fetchall())
        literal = timed(lambda word: connection.execute(like.encode(), (word, tenant_id)).fetchall())
    return (
        f"\nA rare word in the questions, the database's part: ours {mine:.2f} ms; the same index under row-level "
        f"security {under:.2f} ms ({under / mine:.0f} times); ILIKE {literal:.2f} ms ({literal / mine:.0f} times)"
    )


def note(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
