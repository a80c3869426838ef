"""Every synthesiser passes the same tests: vendors' own SDKs against a server of this machine, and ours."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import numpy as np
import pytest

from core.metering.vendors import PaidTextToSpeech
from core.providers.fallback import FallbackTextToSpeech
from core.providers.mock import MockTextToSpeech
from core.providers.streams import closing
from core.providers.tts.deepgram import DeepgramSpeech
from core.providers.tts.offline import EspeakNg
from core.providers.tts.openai_compatible import OpenAISpeech
from core.providers.tts.port import TextToSpeech, Voice
from core.speech.cache import SpeechCache, TenantSpeech
from shared.errors import ProviderUnavailable
from tests.core.providers.conformance import (
    FAULTS,
    LIMIT_S,
    FreePayer,
    cancelled_after,
    check_failure,
    gathered,
    vendor,
)
from tests.fakes.tts import FakeTextToSpeech
from tests.fakes.vendors import FakeVoice
from tests.vendors.speech_server import AUDIO, Fault, SpeechServer

TENANT = "0190aaaa-0000-7000-8000-00000000000a"
SENTENCE = "The sky is blue because the air scatters blue light."
VOICE = Voice()

REMOTE: dict[str, Callable[[str], TextToSpeech]] = {
    "openai": lambda url: OpenAISpeech(api_key="k", base_url=f"{url}/v1", timeout_s=LIMIT_S),
    "deepgram": lambda url: DeepgramSpeech(api_key="k", base_url=url, timeout_s=LIMIT_S),
    "cached openai": lambda url: Cached(OpenAISpeech(api_key="k", base_url=f"{url}/v1", timeout_s=LIMIT_S)),
}
LOCAL: dict[str, Callable[[], TextToSpeech]] = {
    "espeak-ng": EspeakNg,
    "mock": MockTextToSpeech,
    "fake": FakeTextToSpeech,
    "other fake": FakeVoice,
    "paid": lambda: PaidTextToSpeech(EspeakNg(), FreePayer().for_speech),
    "fallback": lambda: FallbackTextToSpeech([OpenAISpeech(api_key="k", base_url="http://127.0.0.1:9/v1"), EspeakNg()]),
    "cached fake": lambda: Cached(FakeTextToSpeech()),
}


class Cached(TenantSpeech):
    """A cached synthesiser that closes what it wraps, as its process would."""

    def __init__(self, tts: TextToSpeech) -> None:
        self._owned = (SpeechCache(tts), tts)
        super().__init__(*self._owned, TENANT)

    async def close(self) -> None:
        for owned in self._owned:
            await owned.close()


@dataclass
class Subject:
    """An adapter, and its vendor where it has one."""

    tts: TextToSpeech
    server: SpeechServer | None


@asynccontextmanager
async def opened(name: str) -> AsyncGenerator[Subject]:
    async with vendor() as server:
        tts = REMOTE[name](server.url) if name in REMOTE else LOCAL[name]()
        try:
            yield Subject(tts, server if name in REMOTE else None)
        finally:
            await tts.close()


@pytest.fixture(params=[*REMOTE, *LOCAL])
async def subject(request: pytest.FixtureRequest) -> AsyncIterator[Subject]:
    async with opened(request.param) as made:
        yield made


@pytest.fixture(params=REMOTE)
async def remote(request: pytest.FixtureRequest) -> AsyncIterator[tuple[TextToSpeech, SpeechServer]]:
    async with opened(request.param) as made:
        assert made.server is not None
        yield made.tts, made.server


async def test_audio_is_whole_samples(subject: Subject) -> None:
    chunks = await gathered(subject.tts.speak(SENTENCE, voice=VOICE))
    assert chunks
    assert all(chunk and len(chunk) % 2 == 0 for chunk in chunks)
    if subject.server is not None:
        assert b"".join(chunks) == AUDIO


async def test_it_says_what_it_is(subject: Subject) -> None:
    assert subject.tts.name
    assert subject.tts.model
    assert 8_000 <= subject.tts.sample_rate <= 48_000


@pytest.mark.parametrize("text", ["", "  \n"])
async def test_nothing_to_say_is_no_audio_and_no_request(subject: Subject, text: str) -> None:
    if isinstance(subject.tts, MockTextToSpeech | FakeTextToSpeech | FakeVoice):
        return  # they make sound of anything
    assert await gathered(subject.tts.speak(text, voice=VOICE)) == []
    if subject.server is not None:
        assert subject.server.asked == []


async def test_sentences_at_the_same_time(subject: Subject) -> None:
    found = await asyncio.gather(*(gathered(subject.tts.speak(SENTENCE, voice=VOICE)) for _ in range(3)))
    lengths = [len(b"".join(chunks)) for chunks in found]
    assert max(lengths) < 1.01 * min(lengths)  # espeak-ng's noise is never twice the same


async def test_leaving_the_stream_early(subject: Subject) -> None:
    async with closing(subject.tts.speak(SENTENCE, voice=VOICE)) as stream:
        await anext(stream)
    if subject.server is not None:
        async with asyncio.timeout(5):
            await subject.server.idle.wait()
    assert await gathered(subject.tts.speak(SENTENCE, voice=VOICE))


async def test_cancelling_in_the_middle(remote: tuple[TextToSpeech, SpeechServer]) -> None:
    tts, server = remote
    server.fault = "half silence"
    first = asyncio.Event()

    async def audio() -> AsyncIterator[bytes]:
        async with closing(tts.speak(SENTENCE, voice=VOICE)) as stream:
            async for chunk in stream:
                first.set()
                yield chunk

    await cancelled_after(audio(), first)
    async with asyncio.timeout(5):
        await server.idle.wait()


@pytest.mark.parametrize("fault", [*FAULTS, "empty"])
async def test_a_vendors_failure(remote: tuple[TextToSpeech, SpeechServer], fault: Fault) -> None:
    tts, server = remote
    server.fault = fault
    with pytest.raises(ProviderUnavailable) as caught:
        await gathered(tts.speak(SENTENCE, voice=VOICE))
    check_failure(caught.value, tts.name, FAULTS.get(fault, ("malformed",)))
    server.fault = None
    assert b"".join(await gathered(tts.speak(SENTENCE, voice=VOICE))) == AUDIO


async def test_audio_before_a_failure_arrives(remote: tuple[TextToSpeech, SpeechServer]) -> None:
    tts, server = remote
    server.fault = "half silence"
    heard: list[bytes] = []
    with pytest.raises(ProviderUnavailable):
        async for chunk in tts.speak(SENTENCE, voice=VOICE):
            heard += [chunk]
    assert b"".join(heard) == AUDIO[:1000]


async def test_a_vendor_that_is_not_there() -> None:
    for make in REMOTE.values():
        tts = make("http://127.0.0.1:9")
        with pytest.raises(ProviderUnavailable) as caught:
            await gathered(tts.speak(SENTENCE, voice=VOICE))
        check_failure(caught.value, tts.name, ["disconnected"])
        await tts.close()


async def test_what_the_vendors_are_asked() -> None:
    async with opened("openai") as made:
        await gathered(made.tts.speak(SENTENCE, voice=Voice(name="nova", speed=1.25)))
        assert made.server is not None
        _, asked = made.server.asked[0]
        wanted = {"input": SENTENCE, "voice": "nova", "response_format": "pcm", "speed": 1.25}
        assert wanted.items() <= asked.items()
    async with opened("deepgram") as made:
        await gathered(made.tts.speak(SENTENCE, voice=Voice(speed=1.25)))
        assert made.server is not None
        _, asked = made.server.asked[0]
        wanted = {"text": SENTENCE, "model": "aura-2-thalia-en", "encoding": "linear16", "container": "none"}
        assert wanted.items() <= asked.items()
        assert (float(asked["sample_rate"]), float(asked["speed"])) == (24_000, 1.25)


async def test_espeak_speaks_faster_when_asked_and_refuses_voices_it_lacks() -> None:
    tts = EspeakNg()
    normal = b"".join(await gathered(tts.speak(SENTENCE, voice=VOICE)))
    fast = b"".join(await gathered(tts.speak(SENTENCE, voice=Voice(speed=2.0))))
    assert len(fast) < 0.7 * len(normal)
    assert np.abs(np.frombuffer(normal, "<i2").astype(int)).max() > 5_000
    with pytest.raises(ProviderUnavailable) as caught:
        await gathered(tts.speak(SENTENCE, voice=Voice(name="nobody")))
    check_failure(caught.value, "espeak-ng", ["rejected"])
    await tts.close()
