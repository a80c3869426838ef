"""The offline recogniser hears questions about a lesson, and survives its own process."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path

import pytest

from core.providers.stt.offline import PocketSphinx
from core.providers.stt.port import Transcript
from core.providers.stt.sphinx_worker import KEPT_LESSONS
from core.speech.formats import read_wav
from shared.domain.prompt import phrases
from shared.errors import ProviderUnavailable
from tests.support.hearing import word_error
from tests.support.seed_lessons import seed_lessons

# Spoken by flite's voices (BSD), which pronounce like people more than espeak-ng does.
CLIPS = Path(__file__).parent / "clips"
QUESTION = Path(__file__).parents[4] / "samples" / "question.wav"
ASKED = {
    "slt-why-are-sunsets-red": "why-the-sky-is-blue",
    "awb-what-is-a-wavelength": "why-the-sky-is-blue",
    "kal16-what-is-rayleigh-scattering": "why-the-sky-is-blue",
    "rms-how-do-cells-divide": "what-a-cell-is",
    "slt-is-one-a-prime-number": "prime-numbers",
    "awb-why-are-leaves-green": "how-plants-make-food",
}


@pytest.fixture
async def stt() -> AsyncIterator[PocketSphinx]:
    made = PocketSphinx()
    yield made
    await made.close()


@cache
def clip(path: Path) -> bytes:
    return read_wav(path.read_bytes(), 16_000)


async def hear(stt: PocketSphinx, path: Path, topic: str | None, language: str = "en-US") -> Transcript:
    async def pcm() -> AsyncIterator[bytes]:
        yield clip(path)

    said = phrases(seed_lessons()[topic]) if topic else ()
    return [found async for found in stt.transcribe(pcm(), language=language, phrases=said)][-1]


async def test_the_sample_question_is_heard_word_for_word(stt: PocketSphinx) -> None:
    heard = await hear(stt, QUESTION, "why-the-sky-is-blue")
    assert heard.text == "Why is the sky blue?"
    assert 0.3 < heard.confidence <= 1


async def test_questions_about_the_lesson_are_heard(stt: PocketSphinx) -> None:
    errors: list[float] = []
    for name, topic in ASKED.items():
        heard = await hear(stt, CLIPS / f"{name}.wav", topic)
        errors.append(word_error(name.partition("-")[2].replace("-", " "), heard.text))
    assert sum(errors) / len(errors) <= 0.15


async def test_a_question_about_something_else_is_still_understood(stt: PocketSphinx) -> None:
    heard = await hear(stt, CLIPS / "rms-what-is-the-capital-of-france.wav", "why-the-sky-is-blue")
    assert word_error("What is the capital of France?", heard.text) <= 0.34


async def test_without_a_lesson_the_general_model_does(stt: PocketSphinx) -> None:
    heard = await hear(stt, CLIPS / "rms-what-is-the-capital-of-france.wav", None)
    assert word_error("What is the capital of France?", heard.text) <= 0.34


async def test_the_same_audio_is_always_heard_the_same(stt: PocketSphinx) -> None:
    first = await hear(stt, QUESTION, "why-the-sky-is-blue")
    await hear(stt, CLIPS / "awb-why-are-leaves-green.wav", "how-plants-make-food")
    assert await hear(stt, QUESTION, "why-the-sky-is-blue") == first


async def test_more_lessons_than_it_keeps(stt: PocketSphinx) -> None:
    async def click() -> AsyncIterator[bytes]:
        yield b"\x00\x20\x00\xe0" * 1_000

    for lesson in range(KEPT_LESSONS + 1):
        said = (f"lesson {lesson}",)
        assert [found async for found in stt.transcribe(click(), language="en-US", phrases=said)][-1].is_final
    assert (await hear(stt, QUESTION, "why-the-sky-is-blue")).text == "Why is the sky blue?"


async def test_a_language_it_does_not_know_is_refused(stt: PocketSphinx) -> None:
    with pytest.raises(ProviderUnavailable) as caught:
        await hear(stt, QUESTION, None, language="fr-FR")
    assert caught.value.details["reason"] == "unsupported"


async def test_a_process_that_dies_is_reported_once_and_replaced() -> None:
    pids: list[int] = []
    stt = PocketSphinx(on_start=pids.append)
    await stt.warm_up()
    os.kill(pids[0], signal.SIGSTOP)  # so that it cannot answer before it dies
    hearing = asyncio.create_task(hear(stt, QUESTION, "why-the-sky-is-blue"))
    await asyncio.sleep(0)
    os.kill(pids[0], signal.SIGKILL)
    with pytest.raises(ProviderUnavailable) as caught:
        await hearing
    assert caught.value.details["reason"] == "disconnected"
    assert (await hear(stt, QUESTION, "why-the-sky-is-blue")).text == "Why is the sky blue?"
    assert len(pids) == 2
    await stt.close()


async def test_a_process_that_hangs_is_replaced() -> None:
    pids: list[int] = []
    stt = PocketSphinx(on_start=pids.append)
    await stt.warm_up()
    stt.timeout_s = 0.3
    os.kill(pids[0], signal.SIGSTOP)
    with pytest.raises(ProviderUnavailable) as caught:
        await hear(stt, QUESTION, None)
    assert caught.value.details["reason"] == "timeout"
    stt.timeout_s = 30
    assert (await hear(stt, QUESTION, "why-the-sky-is-blue")).text == "Why is the sky blue?"
    await stt.close()


async def test_a_cancelled_utterance_does_not_answer_the_next() -> None:
    stt = PocketSphinx()
    await stt.warm_up()
    for _ in range(5):
        abandoned = asyncio.create_task(hear(stt, CLIPS / "awb-why-are-leaves-green.wav", "how-plants-make-food"))
        await asyncio.sleep(0.01)
        abandoned.cancel()
        with pytest.raises(asyncio.CancelledError):
            await abandoned
    assert (await hear(stt, QUESTION, "why-the-sky-is-blue")).text == "Why is the sky blue?"
    await stt.close()


async def test_closing_ends_its_processes_and_whoever_waits() -> None:
    pids: list[int] = []
    stt = PocketSphinx(processes=2, on_start=pids.append)
    await stt.warm_up()
    os.kill(pids[0], signal.SIGSTOP)
    hearing = asyncio.create_task(hear(stt, QUESTION, None))
    await asyncio.sleep(0)
    await stt.close()
    with pytest.raises(ProviderUnavailable):
        await hearing
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    with pytest.raises(ProviderUnavailable):
        await hear(stt, QUESTION, None)


async def test_at_rest_no_process_runs_and_the_next_question_starts_one() -> None:
    pids: list[int] = []
    stt = PocketSphinx(on_start=pids.append)
    assert stt.resting
    await stt.warm_up()
    assert not stt.resting
    await stt.rest()
    assert stt.resting
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)
    await stt.warm_up()
    assert len(pids) == 2
    await stt.close()
