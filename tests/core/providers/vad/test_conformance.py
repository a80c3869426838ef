"""Every voice detector passes the same tests: the one of the service, and the one tests talk to."""

import asyncio
from collections.abc import Callable

import pytest

from core.providers.vad.port import Ear, VoiceDetector
from core.providers.vad.shared import SharedDetector
from tests.fakes.detector import WINDOW, FakeDetector
from tests.fakes.speech import room, speech

QUIET = room(1.0)
SPOKEN = speech("Why is the sky blue", before=0.5, after=0.5)
DETECTORS: dict[str, Callable[[], VoiceDetector]] = {
    "shared": SharedDetector.load,
    "fake": lambda: FakeDetector(floor=400),
}


@pytest.fixture(params=DETECTORS)
def detector(request: pytest.FixtureRequest) -> VoiceDetector:
    return DETECTORS[request.param]()


class Hearing:
    """What one ear decides."""

    def __init__(self, detector: VoiceDetector) -> None:
        self.decisions: list[tuple[float, int]] = []
        self._news = asyncio.Event()
        self.ear: Ear = detector.open(self._decide)

    def _decide(self, probability: float, samples: int) -> None:
        self.decisions.append((probability, samples))
        self._news.set()

    @property
    def decided(self) -> int:
        return sum(samples for _, samples in self.decisions)

    async def hear(self, pcm: bytes, chunk: int) -> list[float]:
        """Feed in chunks of so many bytes, and return the probabilities once all whole windows are decided."""
        wanted = self.decided + len(pcm) // 2 // WINDOW * WINDOW
        for start in range(0, len(pcm), chunk):
            self.ear.feed(pcm[start : start + chunk])
        async with asyncio.timeout(20):
            while self.decided < wanted:
                self._news.clear()
                await self._news.wait()
        return [probability for probability, _ in self.decisions]


@pytest.mark.parametrize("chunk", [320, 640, 1_600, 8_000])
async def test_every_sample_is_decided_once_whatever_the_frames(detector: VoiceDetector, chunk: int) -> None:
    hearing = Hearing(detector)
    probabilities = await hearing.hear(SPOKEN, chunk)
    assert hearing.decided == len(SPOKEN) // 2 // WINDOW * WINDOW
    assert all(0 <= probability <= 1 for probability in probabilities)
    hearing.ear.close()


async def test_speech_is_told_from_a_quiet_room(detector: VoiceDetector) -> None:
    quiet, spoken = Hearing(detector), Hearing(detector)
    assert max(await quiet.hear(QUIET, 640)) < 0.5
    assert max(await spoken.hear(SPOKEN, 640)) > 0.5
    quiet.ear.close()
    spoken.ear.close()


async def test_ears_do_not_hear_what_others_are_told(detector: VoiceDetector) -> None:
    alone, beside, other = Hearing(detector), Hearing(detector), Hearing(detector)
    expected = await alone.hear(SPOKEN, 640)
    found, _ = await asyncio.gather(beside.hear(SPOKEN, 640), other.hear(QUIET, 640))
    assert found == pytest.approx(expected, abs=0.05)
    for hearing in (alone, beside, other):
        hearing.ear.close()


async def test_a_closed_ear_decides_nothing_more(detector: VoiceDetector) -> None:
    hearing, after = Hearing(detector), Hearing(detector)
    hearing.ear.feed(SPOKEN)
    hearing.ear.close()
    hearing.ear.close()
    decided = hearing.decided
    await after.hear(SPOKEN, 640)  # what waited beside it has been decided
    assert hearing.decided == decided
    after.ear.close()
