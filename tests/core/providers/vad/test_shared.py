import asyncio

import pytest

from core.providers.vad.port import Ear
from core.providers.vad.shared import Hush, SharedDetector
from core.providers.vad.silero import WINDOW
from tests.fakes.speech import room, speech


class Listener:
    """Keeps what an ear decides and lets a test wait for the last of it."""

    def __init__(self, detector: SharedDetector) -> None:
        self.scores: list[float] = []
        self.decided = 0
        self._wanted = 0
        self._reached = asyncio.Event()
        self.ear: Ear = detector.open(self._decide)

    async def hear(self, pcm: bytes, chunk: int = 640) -> list[float]:
        self._wanted = self.decided + len(pcm) // 2 // WINDOW * WINDOW
        self._reached.clear()
        for i in range(0, len(pcm), chunk):
            self.ear.feed(pcm[i : i + chunk])
        if self.decided < self._wanted:
            await self._reached.wait()
        return self.scores

    def _decide(self, probability: float, samples: int) -> None:
        self.scores.append(probability)
        self.decided += samples
        if self.decided >= self._wanted:
            self._reached.set()


@pytest.fixture(scope="module")
def detector() -> SharedDetector:
    return SharedDetector.load()


def onsets(scores: list[float]) -> int:
    return sum(b > 0.5 >= a for a, b in zip([0.0, *scores], scores, strict=False))


async def test_speech_is_heard_and_the_room_is_not(detector: SharedDetector) -> None:
    listener = Listener(detector)
    scores = await listener.hear(speech("Why is the sky blue", before=1.0, after=1.0))
    assert max(scores[:25]) < 0.35
    assert max(scores) > 0.9
    assert max(scores[-15:]) < 0.35
    listener.ear.close()


@pytest.mark.parametrize("chunk", [320, 640, 8_000, 100_000])
async def test_decisions_do_not_depend_on_how_the_audio_is_cut(detector: SharedDetector, chunk: int) -> None:
    clip = speech("Why is the sky blue")
    whole, cut = Listener(detector), Listener(detector)
    assert await whole.hear(clip) == pytest.approx(await cut.hear(clip, chunk), abs=1e-4)
    whole.ear.close()
    cut.ear.close()


async def test_many_sessions_share_a_pass_and_keep_their_order(detector: SharedDetector) -> None:
    clips = [speech("Why is the sky blue"), room(3.0), speech("Tell me about the moon"), *[room(2.0)] * 40]
    listeners = [Listener(detector) for _ in clips]
    heard = await asyncio.gather(*(listener.hear(clip) for listener, clip in zip(listeners, clips, strict=True)))
    assert onsets(heard[0]) >= 1
    assert onsets(heard[2]) >= 1
    assert all(onsets(scores) == 0 for scores in [heard[1], *heard[3:]])
    for listener in listeners:
        listener.ear.close()


async def test_a_closed_ear_decides_nothing_more(detector: SharedDetector) -> None:
    leaving, staying = Listener(detector), Listener(detector)
    leaving.ear.feed(speech("Why is the sky blue"))
    before = leaving.decided
    leaving.ear.close()
    leaving.ear.close()
    await staying.hear(speech("Why is the sky blue"))
    assert leaving.decided == before
    staying.ear.close()


def decibels(level: float) -> float:
    """Return the power of sound so far from full scale."""
    return 32_768**2 * 10 ** (level / 10)


def test_a_steady_room_is_silent_and_what_rises_from_it_is_not() -> None:
    hush = Hush()
    assert not hush(decibels(-55))  # nobody knows the room yet
    for _ in range(400):
        hush(decibels(-55))
    assert hush(decibels(-54))
    assert not hush(decibels(-50))
    assert hush(decibels(-75))
    assert not hush(decibels(-55))  # the room was quieter for a moment: it has to be learnt again


def test_a_loud_room_is_left_to_better_judges() -> None:
    hush = Hush()
    for _ in range(2_000):
        hush(decibels(-35))
    assert not hush(decibels(-35))


def test_digital_silence_is_silent_at_once() -> None:
    assert Hush()(0.0)
