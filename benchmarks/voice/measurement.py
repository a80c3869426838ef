"""One measurement: a number of callers, one server, phase after phase."""

import asyncio
import os
import time
from dataclasses import dataclass
from typing import Final

import aiohttp
import numpy as np

from benchmarks.voice.caller import Caller, Microphone, Utterance, happens
from benchmarks.voice.clips import Voices
from benchmarks.voice.dialects import MakeDialect
from benchmarks.voice.figures import Figures, Spread, per_caller_second
from benchmarks.voice.process_tree import ProcessTree

_STALE_WATCH_S: Final = 0.35
_STOP_PATIENCE_S: Final = 3.0
_STEP_S: Final = 0.005


class CallFailed(Exception):
    """No caller got through, or all were cut off; the text says which server and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What every caller does.

    Attributes:
        frame_ms: length of a microphone frame.
        turns, barge_ins: questions asked and answers interrupted, by each caller.
        pauses: paused sentences said by each caller.
        phase_s: seconds each CPU phase is watched; 0 leaves them out.
        settle_s: seconds given to a server after a change.
        spread_s: callers begin a phase at different times within so many seconds.
        interrupt_after_s: seconds of an answer heard before it is interrupted, and up to 0.4 s more.
        breath_s: seconds a caller waits after an answer, and between questions up to 1 s more.
    """

    frame_ms: int = 20
    turns: int = 6
    barge_ins: int = 4
    pauses: int = 0
    phase_s: float = 8.0
    settle_s: float = 2.0
    spread_s: float = 6.0
    interrupt_after_s: float = 1.2
    breath_s: float = 0.5


class Measurement:
    """Runs the phases in order and fills in the figures."""

    def __init__(self, figures: Figures, server: ProcessTree, voices: Voices, plan: Plan) -> None:
        self._figures = figures
        self._server = server
        self._voices = voices
        self._plan = plan
        self._callers: list[Caller] = []
        self._chance = np.random.default_rng(figures.callers)

    async def run(self, urls: list[str], dialect: MakeDialect) -> Figures:
        """Call every address and measure. Raises: CallFailed: nobody got through."""
        figures = self._figures
        figures.load_before = os.getloadavg()[0]
        figures.rss_empty_mb = self._server.rss_mb()
        figures.cpu_no_callers = await self._cpu_over(self._plan.settle_s) * len(urls)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
            try:
                await self._connect(http, urls, dialect)
                await self._phases()
                self._sum_up()
            finally:
                await asyncio.gather(*(caller.hang_up() for caller in self._callers))
        await asyncio.sleep(self._plan.settle_s)
        figures.rss_after_mb = self._server.rss_mb()
        figures.load_after = os.getloadavg()[0]
        return figures

    async def _connect(self, http: aiohttp.ClientSession, urls: list[str], dialect: MakeDialect) -> None:
        frames = len(self._voices.room) // (32 * self._plan.frame_ms)
        for url in urls:
            microphone = Microphone(
                self._voices.room, self._plan.frame_ms, starts_at=int(self._chance.integers(frames))
            )
            caller = Caller(url, dialect(), microphone)
            try:
                await caller.call(http)
            except (aiohttp.ClientError, OSError) as exc:
                raise CallFailed(f"{self._figures.subject} refused a caller: {exc}") from exc
            self._callers.append(caller)
            await asyncio.sleep(_STEP_S * 10)
        await asyncio.sleep(self._plan.settle_s)
        for caller in self._callers:
            caller.open_microphone(self._random_s(self._plan.frame_ms / 1000))
        await asyncio.sleep(self._plan.settle_s)
        self._check_alive()
        # A greeting must be over before silence is measured.
        await asyncio.gather(*(c.quiet(at_most_s=15) for c in self._callers if c.loudspeaker.last_arrival is not None))

    async def _phases(self) -> None:
        plan = self._plan
        if plan.phase_s:
            self._figures.cpu_silence = await self._cpu_over(plan.phase_s)
            await self._long_speech()
        if plan.turns:
            await self._conversation()
        if plan.barge_ins:
            await self._interruptions()
        if plan.pauses:
            await self._paused_sentences()

    async def _long_speech(self) -> None:
        """Everybody speaks without a pause, then every tutor answers."""
        figures, plan = self._figures, self._plan
        said = [caller.say(self._voices.long_speech) for caller in self._callers]
        await asyncio.sleep(1.0)
        figures.cpu_caller_speaks = await self._cpu_over(plan.phase_s)
        await asyncio.gather(*(c.answer(utterance) for c, utterance in zip(self._callers, said, strict=True)))
        await asyncio.sleep(0.5)
        figures.cpu_tutor_speaks = await self._cpu_over(min(plan.phase_s, 4.0))
        await asyncio.gather(*(caller.quiet() for caller in self._callers))

    async def _conversation(self) -> None:
        """Everybody asks and listens, each at their own times."""
        figures = self._figures
        for caller in self._callers:
            caller.loudspeaker.underruns = 0
        cpu, began = self._server.cpu_s(), time.monotonic()
        asked = await asyncio.gather(*(self._converse(i, caller) for i, caller in enumerate(self._callers)))
        elapsed = time.monotonic() - began
        figures.cpu_conversation = per_caller_second(cpu, self._server.cpu_s(), elapsed, len(self._callers))
        answers = _answers([utterance for said in asked for utterance in said])
        figures.voice_to_voice = Spread.of(answers)
        figures.missed_turns = len(self._callers) * self._plan.turns - len(answers)
        underruns = sum(caller.loudspeaker.underruns for caller in self._callers)
        figures.underruns_per_turn = underruns / len(answers) if answers else None
        figures.furthest_ahead_s = max(caller.loudspeaker.furthest_ahead_s for caller in self._callers)

    async def _converse(self, number: int, caller: Caller) -> list[Utterance]:
        await asyncio.sleep(self._random_s(self._plan.spread_s))
        said: list[Utterance] = []
        questions = self._voices.questions
        for turn in range(self._plan.turns):
            said.append(await caller.ask(questions[(turn + number) % len(questions)]))
            await caller.quiet()
            await asyncio.sleep(self._plan.breath_s + self._random_s(2 * self._plan.breath_s))
        return said

    async def _interruptions(self) -> None:
        """Everybody interrupts the tutor a second or so into the answer."""
        figures = self._figures
        each = await asyncio.gather(*(self._interrupt_often(caller) for caller in self._callers))
        stops = [stop for stops in each for stop in stops]
        signalled = [stop for stop in stops if stop.signal_s is not None]
        figures.barge_in_signal = Spread.of([stop.signal_s for stop in signalled if stop.signal_s is not None])
        figures.barge_in_audible_stop = Spread.of([stop.audible_s for stop in stops])
        figures.barge_in_dropped = Spread.of([stop.dropped_s for stop in signalled])
        figures.barge_in_stale = Spread.of([stop.stale_s for stop in signalled])
        figures.barge_in_reply = Spread.of([stop.reply_s for stop in stops if stop.reply_s is not None])
        figures.barge_ins_unnoticed = len(stops) - len(signalled)

    async def _interrupt_often(self, caller: Caller) -> list["Stop"]:
        await asyncio.sleep(self._random_s(self._plan.spread_s))
        stops: list[Stop] = []
        for _ in range(self._plan.barge_ins):
            asked = await caller.ask(self._voices.questions[3])
            if asked.answered_at is None:
                continue
            await asyncio.sleep(self._plan.interrupt_after_s + self._random_s(0.4))
            stops.append(await interrupt(caller, self._voices.interruption))
            await caller.quiet()
            await asyncio.sleep(self._plan.breath_s)
        return stops

    async def _paused_sentences(self) -> None:
        """Everybody says sentences with pauses inside."""
        figures = self._figures
        each = await asyncio.gather(*(self._say_paused(i, caller) for i, caller in enumerate(self._callers)))
        said = [utterance for utterances in each for utterance in utterances]
        figures.paused_utterances = len(said)
        figures.false_ends = sum(utterance.false_ends for utterance in said)
        figures.talked_over = sum(utterance.talked_over for utterance in said)

    async def _say_paused(self, number: int, caller: Caller) -> list[Utterance]:
        await asyncio.sleep(self._random_s(self._plan.spread_s))
        said: list[Utterance] = []
        clips = self._voices.pausing
        for turn in range(self._plan.pauses):
            said.append(await caller.ask(clips[(turn + number) % len(clips)]))
            await caller.quiet()
            await asyncio.sleep(self._plan.breath_s)
        return said

    def _sum_up(self) -> None:
        self._check_alive()
        figures = self._figures
        figures.rss_per_caller_mb = (self._server.rss_mb() - figures.rss_empty_mb) / len(self._callers)
        figures.calls_lost = sum(caller.lost for caller in self._callers)
        figures.late_frames = sum(caller.late_frames for caller in self._callers)
        for caller in self._callers:
            for name, count in caller.events.items():
                figures.events[name] = figures.events.get(name, 0) + count

    def _check_alive(self) -> None:
        if all(caller.lost for caller in self._callers):
            raise CallFailed(f"{self._figures.subject} hung up on every caller")

    async def _cpu_over(self, seconds: float) -> float:
        cpu, began = self._server.cpu_s(), time.monotonic()
        await asyncio.sleep(seconds)
        return per_caller_second(cpu, self._server.cpu_s(), time.monotonic() - began, self._figures.callers)

    def _random_s(self, most: float) -> float:
        return float(self._chance.uniform(0, most))


@dataclass(frozen=True, slots=True)
class Stop:
    """How one interruption went, in seconds; None where it did not happen."""

    signal_s: float | None
    audible_s: float
    dropped_s: float
    stale_s: float
    reply_s: float | None


async def interrupt(caller: Caller, clip: bytes) -> Stop:
    """Speak into the answer, see it stop, and wait for the answer to the interruption."""
    utterance = caller.say(clip)
    await happens(utterance.began, 1.0)
    began = utterance.began_at or time.monotonic()
    # Old audio may go on until the server has noticed.
    while time.monotonic() < min(began + _STOP_PATIENCE_S, caller.loudspeaker.plays_until + 0.5):
        if caller.dropped.is_set():
            break
        await asyncio.sleep(_STEP_S)
    dropped_at = caller.loudspeaker.dropped_at
    stopped_at = caller.loudspeaker.plays_until if dropped_at is None else dropped_at
    dropped_s = caller.loudspeaker.dropped_s
    stale_s = 0.0
    if dropped_at is not None:
        await asyncio.sleep(_STALE_WATCH_S)
        stale_s = caller.loudspeaker.stale_s()
    await caller.answer(utterance)
    signal_s = None if dropped_at is None else dropped_at - began
    return Stop(signal_s, stopped_at - began, dropped_s, stale_s, utterance.voice_to_voice_s)


def _answers(utterances: list[Utterance]) -> list[float]:
    return [seconds for utterance in utterances if (seconds := utterance.voice_to_voice_s) is not None]
