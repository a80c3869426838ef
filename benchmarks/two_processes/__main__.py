"""Conversations over two processes behind a round-robin proxy, one of which is killed every 20 seconds.

    python -m benchmarks.two_processes
    python -m benchmarks.two_processes --seconds 60 --every 15 --learners 6

Exits with 1 when a turn was lost, stored twice or left half done in silence, when a watcher of either process was not
told of a turn, or when a job that was ordered meanwhile did not end well.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import aiohttp

from benchmarks.chaos.house import Core, House, house
from benchmarks.chaos.learner import Asked, HungUp, Learner
from benchmarks.chaos.tally import Tally, table
from benchmarks.two_processes.proxy import RoundRobin
from benchmarks.two_processes.watcher import Watcher

_PATIENCE_S: Final = 60.0
# News of a turn that is over takes less.
_NEWS_S: Final = 5.0
_PAUSE_S: Final = 0.25
_ORDER_S: Final = 3.0
_LEASE_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class Quiet:
    """A turn during which nothing broke, and when it was."""

    turn_id: str
    begin: float
    end: float


@dataclass(slots=True)
class Report:
    """What came of it.

    Attributes:
        moved: sessions that went on with another process than before.
        owed, missed: turns that a watcher of a process should have been told of, and was not.
        jobs, done: ids of the jobs that were ordered meanwhile; how many of them are completed.
    """

    tally: Tally
    kills: int = 0
    moved: int = 0
    owed: int = 0
    missed: int = 0
    jobs: list[str] = field(default_factory=list[str])
    done: int = 0
    quiet: list[Quiet] = field(default_factory=list[Quiet])

    @property
    def is_good(self) -> bool:
        """Whether nothing happened that must not."""
        return self.tally.is_good and not self.missed and self.done == len(self.jobs)


def main() -> int:
    """Run it, print what came of it, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=300, help="how long (%(default)s)")
    parser.add_argument("--every", type=int, default=20, help="seconds between two kills (%(default)s)")
    parser.add_argument("--learners", type=int, default=6, help="at once (%(default)s)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="unamentis-two-") as folder, house(Path(folder)) as built:
        report = asyncio.run(_run(built, options))
    print(table([report.tally]))
    print(f"{report.kills} kills; {report.moved} times a session went on with the other process")
    print(f"news of turns: {report.owed} owed to watchers of both processes, {report.missed} MISSED")
    print(f"jobs: {len(report.jobs)} ordered, {report.done} completed, {len(report.jobs) - report.done} NOT")
    return 0 if report.is_good else 1


async def _run(built: House, options: argparse.Namespace) -> Report:
    report = Report(Tally(f"two processes, one killed every {options.every} s"))
    async with (
        aiohttp.ClientSession() as http,
        built.core(http, "first", UNAMENTIS_PROVIDERS="mock") as first,
        built.core(http, "second", UNAMENTIS_PROVIDERS="mock") as second,
        RoundRobin([urlsplit(core.url).port or 0 for core in (first, second)]).serving() as proxy,
    ):
        watchers = [Watcher(core.url, built.demo.token) for core in (first, second)]
        async with watchers[0].watching(http), watchers[1].watching(http):
            until = time.monotonic() + options.seconds
            learners = [Learner(built, built.session(), http) for _ in range(options.learners)]
            talks = [_Talk(number, one, proxy, report) for number, one in enumerate(learners)]
            await asyncio.gather(
                _kill([first, second], http, options.every, until, report),
                _order(built, until, report),
                *(talk.go_on(until) for talk in talks),
            )
            await _settle(report, watchers)
            await _finish(built, report)
    return report


async def _kill(cores: list[Core], http: aiohttp.ClientSession, every: int, until: float, report: Report) -> None:
    """Kill one after the other in the middle of whatever it does, and start it again as an orchestrator would.

    The next one has to wait where a machine takes longer than that to start a process: one of them always stands.
    """
    due = time.monotonic() + every
    while due < until:
        await asyncio.sleep(due - time.monotonic())
        core = cores[report.kills % len(cores)]
        core.kill()
        report.kills += 1
        await core.start(http)
        due = max(due + every, time.monotonic())


async def _order(built: House, until: float, report: Report) -> None:
    """Order a copy of the tenant's data now and then; whichever process is there makes it."""
    while time.monotonic() < until:
        report.jobs.append(await asyncio.to_thread(built.order, "tenant_export"))
        await asyncio.sleep(_ORDER_S)


async def _finish(built: House, report: Report) -> None:
    """Wait until nothing is left to do, as long as a lease of a killed process may take to lapse."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_LEASE_S):
            while report.done < len(report.jobs):
                report.done = await asyncio.to_thread(built.completed, report.jobs)
                await asyncio.sleep(_PAUSE_S)


@dataclass(slots=True)
class _Talk:
    """One learner's conversation."""

    number: int
    learner: Learner
    proxy: RoundRobin
    report: Report

    async def go_on(self, until: float) -> None:
        """Ask one question after the other, and come back whenever the line breaks."""
        await self._come_back()
        asked_so_far = 0
        while time.monotonic() < until:
            asked_so_far += 1
            await self._turn(f"What is question {asked_so_far} of learner {self.number}")
        await self.learner.hang_up()

    async def _turn(self, words: str) -> None:
        begin = time.monotonic()
        asked, killed = await self.learner.ask(words), False
        while asked.broken:
            killed = True
            await self._come_back()
            if asked.told or await self._stored(words):
                break
            # As a client does whose words did not arrive.
            asked = await self.learner.ask(words)
        await self._count(asked, begin, killed=killed)

    async def _come_back(self) -> None:
        session = self.learner.session_id
        before, known = self.proxy.served_by.get(session), await self._stored()
        async with asyncio.timeout(_PATIENCE_S):
            while True:
                with suppress(aiohttp.ClientError, ConnectionError, HungUp):
                    await self.learner.connect(self.proxy.url)
                    break
                await asyncio.sleep(_PAUSE_S)
        if before is not None:
            self.report.tally.resumed += self.learner.resumed == bool(known)
            self.report.moved += self.proxy.served_by[session] != before

    async def _stored(self, words: str | None = None) -> int:
        """Count the session's questions, all or those of these words."""
        turns = await asyncio.to_thread(self.learner.house.turns, self.learner.session_id)
        return sum(turn.role == "user" and words in {None, turn.content} for turn in turns)

    async def _count(self, asked: Asked, begin: float, *, killed: bool) -> None:
        stored = await asyncio.to_thread(self.learner.house.turns, self.learner.session_id)
        self.report.tally.count(asked, stored, killed=killed)
        ids = [turn.turn_id for turn in stored if turn.role == "user" and turn.content == asked.words]
        if not killed and ids:
            self.report.quiet.append(Quiet(str(ids[0]), begin, time.monotonic()))


async def _settle(report: Report, watchers: list[Watcher]) -> None:
    """Give the last news its time, and compare what each watcher was told with what happened while it listened."""
    await asyncio.sleep(_NEWS_S)
    for watcher in watchers:
        for turn in report.quiet:
            if watcher.was_there(turn.begin, turn.end + _NEWS_S):
                report.owed += 1
                report.missed += turn.turn_id not in watcher.turns


if __name__ == "__main__":
    sys.exit(main())
