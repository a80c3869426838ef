"""Every recogniser passes the same tests: vendors' own SDKs against a server of this machine, and ours."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from core.metering.vendors import PaidSpeechToText
from core.providers.fallback import FallbackSpeechToText
from core.providers.mock import MockSpeechToText
from core.providers.streams import closing
from core.providers.stt.deepgram import DeepgramListen
from core.providers.stt.groq import GroqWhisper
from core.providers.stt.offline import PocketSphinx
from core.providers.stt.openai_compatible import OpenAITranscription
from core.providers.stt.port import SpeechToText, Transcript
from core.speech.formats import read_wav
from shared.errors import ProviderUnavailable
from tests.core.providers.conformance import (
    FAULTS,
    LIMIT_S,
    FreePayer,
    cancelled_after,
    check_failure,
    gathered,
    utterance,
    vendor,
)
from tests.fakes.vendors import FakeRecogniser
from tests.vendors.speech_server import TRANSCRIPT, Fault, SpeechServer

PHRASES = (
    "Rayleigh scattering",
    "wavelength",
    "Why is the sky blue?",
    "The sky is blue because the air scatters blue light.",
)

REMOTE: dict[str, Callable[[str], SpeechToText]] = {
    "openai": lambda url: OpenAITranscription(api_key="k", base_url=f"{url}/v1", timeout_s=LIMIT_S),
    "groq": lambda url: GroqWhisper(api_key="k", base_url=url, timeout_s=LIMIT_S),
    "deepgram": lambda url: DeepgramListen(api_key="k", base_url=url, timeout_s=LIMIT_S),
}
LOCAL: dict[str, Callable[[], SpeechToText]] = {
    "pocketsphinx": PocketSphinx,
    "mock": MockSpeechToText,
    "fake": lambda: FakeRecogniser("Why is the sky blue?"),
    "paid": lambda: PaidSpeechToText(PocketSphinx(), FreePayer()),
    "fallback": lambda: FallbackSpeechToText(
        [OpenAITranscription(api_key="k", base_url="http://127.0.0.1:9/v1"), MockSpeechToText()]
    ),
}


@dataclass
class Subject:
    """An adapter, and its vendor where it has one."""

    stt: SpeechToText
    server: SpeechServer | None


@asynccontextmanager
async def opened(name: str) -> AsyncGenerator[Subject]:
    async with vendor() as server:
        stt = REMOTE[name](server.url) if name in REMOTE else LOCAL[name]()
        try:
            yield Subject(stt, server if name in REMOTE else None)
        finally:
            await stt.close()


def heard(stt: SpeechToText, pcm: AsyncIterator[bytes] | None = None) -> AsyncIterator[Transcript]:
    return stt.transcribe(pcm or utterance(), language="en-US", phrases=PHRASES)


@pytest.fixture(params=[*REMOTE, *LOCAL])
async def subject(request: pytest.FixtureRequest) -> AsyncIterator[Subject]:
    async with opened(request.param) as made:
        yield made


@pytest.fixture(params=REMOTE)
async def remote(request: pytest.FixtureRequest) -> AsyncIterator[tuple[SpeechToText, SpeechServer]]:
    async with opened(request.param) as made:
        assert made.server is not None
        yield made.stt, made.server


async def test_exactly_the_last_transcript_is_final(subject: Subject) -> None:
    found = await gathered(heard(subject.stt))
    assert [transcript.is_final for transcript in found] == [False] * (len(found) - 1) + [True]
    assert all(0 <= transcript.confidence <= 1 for transcript in found)
    if subject.server is not None:
        assert found[-1].text == TRANSCRIPT


async def test_two_utterances_one_after_the_other(subject: Subject) -> None:
    first = await gathered(heard(subject.stt))
    assert await gathered(heard(subject.stt)) == first


async def test_utterances_at_the_same_time(subject: Subject) -> None:
    found = await asyncio.gather(*(gathered(heard(subject.stt)) for _ in range(3)))
    assert len({transcripts[-1].text for transcripts in found}) == 1


@pytest.mark.parametrize("pcm", [b"", b"\0\0"])
async def test_nothing_said_is_one_final_transcript(subject: Subject, pcm: bytes) -> None:
    if subject.server is None and not isinstance(subject.stt, PocketSphinx):
        return  # it understands its sentence in anything
    if subject.server is not None:
        subject.server.fault = "empty"
    found = await gathered(heard(subject.stt, utterance(pcm)))
    assert [(transcript.text, transcript.is_final) for transcript in found] == [("", True)]


async def test_cancelling_while_the_learner_speaks(subject: Subject) -> None:
    speaking = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        yield b"\x00\x10" * 1600
        speaking.set()
        await asyncio.Event().wait()

    await cancelled_after(heard(subject.stt, endless()), speaking)
    assert (await gathered(heard(subject.stt)))[-1].is_final


async def test_leaving_the_stream_early(subject: Subject) -> None:
    async with closing(heard(subject.stt)) as stream:
        await anext(stream)


async def test_cancelling_while_the_vendor_thinks(remote: tuple[SpeechToText, SpeechServer]) -> None:
    stt, server = remote
    server.fault = "half silence"
    await cancelled_after(heard(stt), server.arrived)
    async with asyncio.timeout(5):
        await server.idle.wait()
    server.fault = None
    assert (await gathered(heard(stt)))[-1].text == TRANSCRIPT


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_vendors_failure(remote: tuple[SpeechToText, SpeechServer], fault: Fault) -> None:
    stt, server = remote
    server.fault = fault
    with pytest.raises(ProviderUnavailable) as caught:
        await gathered(heard(stt))
    check_failure(caught.value, stt.name, FAULTS[fault])
    server.fault = None
    assert (await gathered(heard(stt)))[-1].text == TRANSCRIPT


async def test_a_vendor_that_is_not_there() -> None:
    for make in REMOTE.values():
        stt = make("http://127.0.0.1:9")
        with pytest.raises(ProviderUnavailable) as caught:
            await gathered(heard(stt))
        check_failure(caught.value, stt.name, ["disconnected"])
        await stt.close()


@pytest.mark.parametrize("name", ["openai", "groq"])
async def test_an_upload_is_a_wav_file_with_the_lessons_terms(name: str) -> None:
    async with opened(name) as made:
        await gathered(heard(made.stt))
        assert made.server is not None
        _, asked = made.server.asked[0]
    assert read_wav(asked["file"], 16_000) == b"\x00\x10" * 16_000
    assert (asked["language"], asked["prompt"]) == ("en", "Rayleigh scattering, wavelength")
    assert asked["authorization"] == "Bearer k"


async def test_deepgram_gets_every_sample_and_the_lessons_terms() -> None:
    async with opened("deepgram") as made:
        await gathered(heard(made.stt))
        assert made.server is not None
        _, asked = made.server.asked[0]
    assert asked["audio"] == b"\x00\x10" * 16_000
    assert asked["keyterm"] == ["Rayleigh scattering", "wavelength"]
    assert (asked["encoding"], asked["sample_rate"], asked["language"]) == ("linear16", "16000", "en-US")


async def test_deepgrams_words_come_while_the_learner_speaks() -> None:
    async with opened("deepgram") as made:
        over = asyncio.Event()

        async def speaking() -> AsyncIterator[bytes]:
            yield b"\x00\x10" * 1600
            await over.wait()

        stream = heard(made.stt, speaking())
        assert await anext(stream) == Transcript("Why is", is_final=False)
        over.set()
        assert (await gathered(stream))[-1] == Transcript(TRANSCRIPT, is_final=True, confidence=0.9)
