"""Jobs while their processes are killed, at a steady rate, and beside procrastinate.

    python -m benchmarks.jobs kills                        10,000 jobs, 4 processes, a SIGKILL every 3 s, each queue
    python -m benchmarks.jobs kills --queues sqs --jobs 2000
    python -m benchmarks.jobs rate                         200 jobs/s for 20 s, 4 processes
    python -m benchmarks.jobs speed                        jobs/s of each queue and of procrastinate

`kills` exits with 1 when a job was lost, took effect twice, or is stuck. `speed` needs `uv sync --group benchmarks`.
"""

import argparse
import sys

from benchmarks.jobs import kills, rate, speed
from benchmarks.jobs.places import PLACES, Place, use_any_credentials


def main() -> int:
    """Run what was asked for, print it, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("kills", "rate", "speed"))
    parser.add_argument("--queues", default=",".join(PLACES), help="%(default)s")
    parser.add_argument("--jobs", type=int, help="10000 for kills, 2000 for speed")
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--every", type=float, default=3, help="seconds between two kills, about (%(default)s)")
    parser.add_argument("--ms", type=float, default=20, help="how long a job takes, on average (%(default)s)")
    parser.add_argument("--longest", type=float, default=900, help="seconds after which a queue's turn is over")
    parser.add_argument("--rate", type=float, default=200, help="jobs a second (%(default)s)")
    parser.add_argument("--seconds", type=float, default=20, help="of the steady rate (%(default)s)")
    options = parser.parse_args()
    places: list[Place] = [_place(name) for name in options.queues.split(",")]
    use_any_credentials()
    if options.what == "kills":
        return _kills(places, options)
    if options.what == "rate":
        return _rate(places, options)
    return _speed(places, options.jobs or 2_000)


def _kills(places: list[Place], options: argparse.Namespace) -> int:
    outcomes: list[kills.Outcome] = []
    for place in places:
        outcomes.append(
            kills.run(
                place,
                jobs=options.jobs or 10_000,
                processes=options.processes,
                every_s=options.every,
                ms=options.ms,
                longest_s=options.longest,
            )
        )
        print(kills.table(outcomes[-1:]), flush=True)
    print("\n" + kills.table(outcomes))
    return 0 if all(outcome.is_good for outcome in outcomes) else 1


def _rate(places: list[Place], options: argparse.Namespace) -> int:
    print(f"{'queue':9} {'ordered/s':>9} {'done':>6}   outbox lag p50, p99, most (ms)   begun after p50, p99 (ms)")
    for place in places:
        one = rate.steady(place, rate=options.rate, seconds=options.seconds, processes=options.processes)
        lag = f"{one.lag_median * 1000:14.0f} {one.lag_p99 * 1000:7.0f} {one.lag_most * 1000:7.0f}"
        begun = f"{one.begun_median * 1000:9.0f} {one.begun_p99 * 1000:7.0f}"
        print(f"{place:9} {one.rate:9.0f} {one.done:6} {lag} {begun}", flush=True)
    return 0


def _speed(places: list[Place], jobs: int) -> int:
    found = speed.compare(places, jobs)
    for one in found:
        print(f"{one.name:27} {one.per_s:7.0f} jobs/s   {one.per_s / found[0].per_s:5.2f} x procrastinate", flush=True)
    return 0


def _place(name: str) -> Place:
    if name not in PLACES:
        raise SystemExit(f"there is no queue called {name}: {', '.join(PLACES)}")
    return name


if __name__ == "__main__":
    sys.exit(main())
