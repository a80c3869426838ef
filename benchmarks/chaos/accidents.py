"""The accidents themselves."""

import asyncio
import random
from collections.abc import Callable
from typing import Final

import aiohttp

from benchmarks.chaos.house import Core, House
from benchmarks.chaos.learner import Asked, Learner
from benchmarks.chaos.tally import Tally
from tests.vendors.speech_server import MARKED_PROMPT, MARKED_SENTENCE, Fault, SpeechServer

# A turn lasts about this long with the vendors of this benchmark.
_TURN_S: Final = 2.2
_STAGGER_S: Final = 0.5
_LEARNERS: Final = 4
_STAGES: Final = ("stt", "llm", "tts")
# What a question ends with that meets a stage's fault; for the recogniser it is spoken louder.
_MARKS: Final = {"llm": MARKED_PROMPT, "tts": MARKED_SENTENCE}
FAULTS: Final[dict[Fault, str]] = {
    "silence": "never answers",
    "429": "is rate-limited",
    "500": "fails",
    "hang up": "hangs up",
    "half hang up": "is cut in mid-stream",
    "half silence": "stalls in mid-stream",
    "wrong type": "answers with a picture",
    "endless": "answers for ever",
}
# Nothing was heard before these, so a stand-in answers in the vendor's place.
_BEFORE: Final[frozenset[Fault]] = frozenset({"silence", "429", "500", "hang up", "wrong type"})


class Accidents:
    """Breaks things under learners.

    Args:
        clip: a spoken question, PCM16 at 16 kHz.
        chance: decides the moments.
    """

    def __init__(
        self, house: House, http: aiohttp.ClientSession, vendors: SpeechServer, clip: bytes, chance: random.Random
    ) -> None:
        self._house = house
        self._http = http
        self._vendors = vendors
        self._clip = clip
        self._chance = chance
        self._questions = 0

    async def kills(self, rounds: int) -> Tally:
        """Kill the server at random points of turns; every learner comes back to the session."""
        tally = Tally(f"server killed {rounds} times")
        async with (
            self._house.core(self._http, "first", **self._alone()) as first,
            self._house.core(self._http, "second", **self._alone()) as second,
        ):
            doomed, spare = first, second
            learners = await self._learners(doomed.url, _LEARNERS)
            for _ in range(rounds):
                known = [len(self._house.turns(learner.session_id)) for learner in learners]
                turns = [asyncio.create_task(self._turn(i, learner)) for i, learner in enumerate(learners)]
                await asyncio.sleep(self._chance.uniform(0, _TURN_S))
                doomed.kill()
                asked = await asyncio.gather(*turns)
                await self._come_back(learners, spare, tally)
                restarting = asyncio.create_task(doomed.start(self._http))
                again = [self._again(i, learner, asked[i], known[i]) for i, learner in enumerate(learners)]
                for learner, turn in zip(learners, await asyncio.gather(*again), strict=True):
                    tally.count(turn, self._house.turns(learner.session_id), killed=True)
                await restarting
                doomed, spare = spare, doomed
            await _hang_up(learners)
        return tally

    async def _come_back(self, learners: list[Learner], core: Core, tally: Tally) -> None:
        """Open every session again on another server, which must know whether it had begun."""
        for learner in learners:
            await learner.connect(core.url)
            tally.resumed += learner.resumed == bool(self._house.turns(learner.session_id))

    async def databases(self, name: str, rounds: int, accident: Callable[[], None]) -> Tally:
        """Take the database away in mid-turn for as long as its restart takes."""
        tally = Tally(name)
        async with self._house.core(self._http, accident.__name__, **self._alone(patience_s=15)) as core:
            learners = await self._learners(core.url, _LEARNERS)
            for _ in range(rounds):
                turns = [asyncio.create_task(self._turn(i, learner)) for i, learner in enumerate(learners)]
                await asyncio.sleep(self._chance.uniform(0, _TURN_S))
                await asyncio.to_thread(accident)
                for learner, turn in zip(learners, await asyncio.gather(*turns), strict=True):
                    tally.count(turn, self._house.turns(learner.session_id))
            await self._come_back(learners, core, tally)
            await _hang_up(learners)
        return tally

    async def faults(self, faults: list[Fault]) -> list[Tally]:
        """Let each vendor fail in each way under one learner, while another talks to the same server."""
        alone, backed = Tally("vendor fails, alone"), Tally("vendor fails, with a stand-in")
        async with (
            self._house.core(self._http, "alone", **self._alone()) as first,
            self._house.core(self._http, "backed", **self._backed()) as second,
        ):
            self._vendors.only_marked = True
            for fault in faults:
                self._vendors.fault = fault
                await asyncio.gather(
                    *(self._fault(first.url, stage, alone, answered=False) for stage in _STAGES),
                    *(
                        self._fault(second.url, stage, backed, answered=fault in _BEFORE or stage == "stt")
                        for stage in _STAGES
                    ),
                )
            self._vendors.fault = None
        return [alone, backed]

    async def refusals(self) -> Tally:
        """Vendors that refuse connections, with stand-ins."""
        tally = Tally("vendors refuse connections, with stand-ins")
        nowhere = {f"UNAMENTIS_{stage.upper()}_URL": "http://127.0.0.1:9/v1" for stage in _STAGES}
        async with self._house.core(self._http, "refused", **{**self._backed(), **nowhere}) as core:
            # More turns than a breaker takes to open.
            for _ in range(4):
                learners = await self._learners(core.url, 2)
                turns = await asyncio.gather(*(self._turn(i, learner) for i, learner in enumerate(learners)))
                for learner, turn in zip(learners, turns, strict=True):
                    tally.count(turn, self._house.turns(learner.session_id))
                    tally.half += bool(turn.problem)
                await _hang_up(learners)
        return tally

    async def _fault(self, url: str, stage: str, tally: Tally, *, answered: bool) -> None:
        """One learner meets the fault; it must be told of, or, where `answered`, not be noticed at all."""
        hit, bystander = learners = await self._learners(url, 2)
        speaks = stage == "stt"
        met, other = await asyncio.gather(
            hit.say(louder(self._clip)) if speaks else hit.ask(self._question(_MARKS[stage])),
            bystander.say(self._clip) if speaks else bystander.ask(self._question()),
        )
        tally.count(met, self._house.turns(hit.session_id))
        if answered and met.problem:
            tally.half += 1
        seen = Tally("")
        seen.count(other, self._house.turns(bystander.session_id))
        tally.bystanders += not seen.is_good or bool(other.problem)
        await _hang_up(learners)

    async def _turn(self, number: int, learner: Learner) -> Asked:
        """The first learner speaks, the others type, each begins at another moment."""
        await asyncio.sleep(self._chance.uniform(0, _STAGGER_S))
        return await learner.say(self._clip) if number == 0 else await learner.ask(self._question())

    async def _again(self, number: int, learner: Learner, asked: Asked, before: int) -> Asked:
        """Do as a client does that came back: look whether the words arrived, and say them again where not."""
        new = [turn for turn in self._house.turns(learner.session_id)[before:] if turn.role == "user"]
        if asked.told or new:
            asked.words = asked.words or new[0].content
            return asked
        return await learner.say(self._clip) if number == 0 else await learner.ask(asked.words)

    async def _learners(self, url: str, count: int) -> list[Learner]:
        learners = [Learner(self._house, self._house.session(), self._http) for _ in range(count)]
        for learner in learners:
            await learner.connect(url)
        return learners

    def _question(self, mark: str = "plain") -> str:
        """Return a question nobody has asked before, so that no sentence of its answer is known already."""
        self._questions += 1
        return f"What is number {mark}{self._questions}"

    def _alone(self, *, patience_s: int = 3) -> dict[str, str]:
        url = f"{self._vendors.url}/v1"
        return {
            "UNAMENTIS_PROVIDERS": "compatible",
            **{f"UNAMENTIS_{stage.upper()}_URL": url for stage in _STAGES},
            "UNAMENTIS_LLM_MODEL": "m",
            **{f"UNAMENTIS_{stage.upper()}_TIMEOUT_S": str(patience_s) for stage in _STAGES},
            "UNAMENTIS_STAND_IN_AFTER_S": "1",
        }

    def _backed(self) -> dict[str, str]:
        return self._alone() | {"UNAMENTIS_PROVIDERS": "compatible,mock"}


def louder(clip: bytes) -> bytes:
    """Return a clip as loud as the mark of a faulty utterance."""
    samples = [int.from_bytes(clip[at : at + 2], "little", signed=True) for at in range(0, len(clip), 2)]
    gain = 32_000 / max(map(abs, samples))
    return b"".join(round(sample * gain).to_bytes(2, "little", signed=True) for sample in samples)


async def _hang_up(learners: list[Learner]) -> None:
    for learner in learners:
        await learner.hang_up()
