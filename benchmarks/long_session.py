"""Ninety minutes of one lesson in a few: what a long session holds on to, and what it stores.

    python -m benchmarks.long_session --minutes 90

A learner asks every 40 s or so, pauses inside sentences, nods over answers and interrupts some; the tutor answers with
the mock vendors' sound. The session, the detector and the store are the real ones, on a real PostgreSQL; only the
clock is not: it jumps over every wait. The reference is the session's own first ten minutes.
"""

import argparse
import asyncio
import gc
import itertools
import os
import statistics
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks import virtual_time
from benchmarks.demo_database import Demo, demo_database
from benchmarks.voice.clips import RATE, Voices, make_voices
from core.conversations import StoredConversations
from core.pipeline.conversations import Conversations, Visit
from core.pipeline.equipment import Equipment
from core.pipeline.notices import Notice, SpeechStarted, TurnEnded
from core.pipeline.session import VoiceSession
from core.providers import Providers
from core.providers.mock import MockLanguageModel, MockSpeechToText, MockTextToSpeech
from core.providers.stt.port import Transcript
from core.providers.vad.shared import SharedDetector
from core.voice.dialogue import Microphone
from shared.auth.caller import Caller
from shared.db import Database, TenantEntry
from shared.errors import AppError
from shared.repositories.sessions import NewSession, SessionRepository
from shared.repositories.turns import Turn, TurnRepository

FRAME_S: Final = 0.02
REFERENCE_MIN: Final = 10
_FRAME: Final = round(RATE * FRAME_S) * 2
_OUTPUT_RATE: Final = 24_000
_KEPT: Final = 2_000
_PAGE: Final = 4_096
_MOST_GROWTH_MB: Final = 5
_MOST_DRIFT_MS: Final = 20
# A recogniser that is no mock tells a nod by its words; this one by its length, in bytes.
_LONGEST_NOD: Final = round(0.9 * RATE) * 2


@dataclass(slots=True)
class Listener:
    """The client's end: counts what it is told and played.

    Attributes:
        said_at_ms: when the learner began to speak, until that was noticed.
        late_ms: how much later than that the session says it was, for each utterance in order.
    """

    counts: Counter[str] = field(default_factory=Counter[str])
    turns: list[str] = field(default_factory=list[str])
    played: int = 0
    said_at_ms: float | None = None
    late_ms: list[float] = field(default_factory=list[float])

    def tell(self, notice: Notice) -> None:
        """Count a notice."""
        self.counts[type(notice).__name__] += 1
        if isinstance(notice, TurnEnded):
            self.turns.append(notice.turn_id)
        elif isinstance(notice, SpeechStarted) and self.said_at_ms is not None:
            self.late_ms.append(notice.at_ms - self.said_at_ms)
            self.said_at_ms = None

    async def play(self, pcm: bytes) -> None:
        """Count sound."""
        self.played += len(pcm) // 2

    def drop_audio(self) -> int:
        """Nothing waits here."""
        return 0

    def leave(self, error: AppError) -> None:
        """Fail: nobody has a reason to end this session."""
        raise RuntimeError(error.message)


@dataclass(frozen=True, slots=True)
class Mark:
    """How things stood after a minute of the session.

    Attributes:
        utterances: how many there had been.
    """

    minute: int
    rss_mb: float
    utterances: int


class NoddingSpeechToText(MockSpeechToText):
    """Takes a short utterance for a nod."""

    async def transcribe(
        self, pcm: AsyncIterator[bytes], *, language: str, phrases: Sequence[str]
    ) -> AsyncIterator[Transcript]:
        """Transcribe; see SpeechToText."""
        size = 0

        async def measured() -> AsyncIterator[bytes]:
            nonlocal size
            async for chunk in pcm:
                size += len(chunk)
                yield chunk

        async for transcript in super().transcribe(measured(), language=language, phrases=phrases):
            yield Transcript("Mm-hm.", is_final=True) if size < _LONGEST_NOD else transcript


def script(voices: Voices) -> Iterator[tuple[bytes, float]]:
    """Return what the learner says for ever, and the seconds of silence after each."""
    questions = [(question, 24.0) for question in voices.questions]
    nod = voices.questions[0][: round(0.3 * RATE) * 2]
    return itertools.cycle(
        [
            *questions[:2],
            (voices.questions[2], 3.0),
            (voices.interruption, 22.0),
            (voices.pausing[0], 4.0),
            (nod, 24.0),
            *questions[3:],
        ]
    )


async def talk(session: VoiceSession, listener: Listener, voices: Voices, minutes: int) -> list[Mark]:
    """Hold the session and return a mark for each minute."""
    loop = asyncio.get_running_loop()
    begin, sent, marks = loop.time(), 0, list[Mark]()
    for clip, silence in script(voices):
        listener.said_at_ms = sent * FRAME_S * 1000
        quiet = itertools.cycle(_frames(voices.room))
        for frame in itertools.chain(_frames(clip), itertools.islice(quiet, round(silence / FRAME_S))):
            session.hear(frame)
            await session.room()
            sent += 1
            await asyncio.sleep(begin + sent * FRAME_S - loop.time())
            if sent * FRAME_S >= (len(marks) + 1) * 60:
                gc.collect()
                marks.append(Mark(len(marks) + 1, resident_mb(), len(listener.late_ms)))
                if len(marks) == minutes:
                    return marks
    raise AssertionError("the script has no end")


def _frames(pcm: bytes) -> list[bytes]:
    return [pcm[start : start + _FRAME] for start in range(0, len(pcm) - _FRAME + 1, _FRAME)]


def resident_mb() -> float:
    """Return this process's memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE / 1e6


async def hold(
    conversations: Conversations, visit: Visit, voices: Voices, minutes: int
) -> tuple[Listener, list[Mark], Equipment]:
    """Open the session, talk for so long, and close it."""
    listener = Listener()
    equipment = Equipment(
        providers=Providers(NoddingSpeechToText(), MockLanguageModel(), MockTextToSpeech()),
        speech=lambda _caller, tts: tts,
        detector=SharedDetector.load(),
        conversations=conversations,
    )
    conversation = await equipment.conversations.open(visit)
    session = VoiceSession(equipment, visit, conversation, listener)
    session.configure(Microphone(hands_free=True), output_rate=_OUTPUT_RATE)
    marks = await talk(session, listener, voices, minutes)
    await session.close()
    return listener, marks, equipment


def enter(demo: Demo, database: Database) -> Visit:
    """Make the learner's session."""
    claims = demo.claims
    any_model = NewSession(model_name="mock", model_context_window=128_000, system_prompt="", auto_expand_context=False)
    with database.unit(TenantEntry(claims.tenant_id, claims.user_id)) as unit:
        session = SessionRepository(unit).add(any_model)
    return Visit(session, Caller("session", claims.tenant_id, claims.session_id, claims.user_id))


def stored(database: Database, visit: Visit) -> list[Turn]:
    """Return what the store has of the session."""
    with database.unit(visit.caller.check()) as unit:
        turns = TurnRepository(unit).page(visit.session_id, limit=_KEPT, offset=0)
    return turns.result


def drift_ms(listener: Listener, marks: list[Mark]) -> float:
    """Return how much later the session notices speech in its last minutes than in its first, by the median."""
    first = listener.late_ms[: marks[min(REFERENCE_MIN, len(marks)) - 1].utterances]
    last = listener.late_ms[-len(first) :]
    return statistics.median(last) - statistics.median(first)


def report(listener: Listener, marks: list[Mark], turns: list[Turn]) -> list[tuple[bool, str]]:
    """Return what must hold, whether it does, and the figures."""
    reference = max(mark.rss_mb for mark in marks[:REFERENCE_MIN])
    growth = max(mark.rss_mb for mark in marks) - reference
    drift = drift_ms(listener, marks)
    rows = Counter((turn.turn_id, turn.role) for turn in turns)
    asked = {turn.turn_id for turn in turns if turn.role == "user"}
    lost = len(set(listener.turns) ^ asked)
    half = sum(not turn.complete for turn in turns)
    twice = sum(count - 1 for count in rows.values()) + len(listener.turns) - len(set(listener.turns))
    return [
        (growth <= _MOST_GROWTH_MB, f"memory: {reference:.1f} MB in the first ten minutes, {growth:+.1f} MB later"),
        (abs(drift) <= _MOST_DRIFT_MS, f"drift: speech is placed {drift:+.1f} ms later at the end than at first"),
        (not lost and not half, f"turns: {len(asked)} stored, {lost} lost, {half} half stored"),
        (not twice, f"turns: {twice} stored or told twice"),
    ]


def main() -> int:
    """Hold the session and print the figures; 1 when one does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=int, default=90)
    minutes = parser.parse_args().minutes
    voices = make_voices()
    with demo_database() as demo:
        database = Database(demo.database_url)
        visit = enter(demo, database)
        cpu = time.process_time()
        listener, marks, equipment = virtual_time.run(hold(StoredConversations(database), visit, voices, minutes))
        cpu = time.process_time() - cpu
        checks = report(listener, marks, stored(database, visit))
        database.close()
    print(f"{minutes} minutes in {cpu:.0f} s of CPU; {os.cpu_count()} CPUs, Python {sys.version.split()[0]}")
    print(*(f"{'ok  ' if holds else 'FAIL'} {figures}" for holds, figures in checks), sep="\n")
    names = ("SpeechStarted", "Interrupted", "AnswerResumed", "TurnEnded")
    told = (f"{listener.counts[name]} {name}" for name in names)
    print(f"     {', '.join(told)}, {equipment.counts.wasted} prepared answers thrown away")
    print(f"     {listener.played / _OUTPUT_RATE / 60:.1f} minutes of answers")
    return 0 if all(holds for holds, _ in checks) else 1


if __name__ == "__main__":
    sys.exit(main())
