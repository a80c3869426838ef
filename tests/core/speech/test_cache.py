"""Speech is made once, whoever asks and whatever happens to them."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from threading import Event

import pytest

from core.providers.tts.port import Voice
from core.speech.cache import SpeechCache
from shared.errors import ProviderUnavailable, Unavailable
from shared.storage.objects import Objects, open_objects
from shared.storage.port import Stored
from tests.fakes.tts import FakeTextToSpeech

ALPHA = "0190aaaa-0000-7000-8000-00000000000a"
BETA = "0190bbbb-0000-7000-8000-00000000000b"
VOICE = Voice()


async def whole(audio: AsyncIterator[bytes]) -> bytes:
    return b"".join([chunk async for chunk in audio])


class BrokenStore:
    """An object store that never answers."""

    def put(self, key: str, data: bytes) -> None:
        raise Unavailable(f"{key} {len(data)}")

    def get(self, key: str) -> bytes:
        raise Unavailable(key)

    def delete(self, key: str) -> None:
        raise Unavailable(key)

    def keys(self, prefix: str) -> Iterator[str]:
        raise Unavailable(prefix)

    def entries(self, prefix: str) -> Iterator[Stored]:
        raise Unavailable(prefix)


class GatedStore(BrokenStore):
    """An object store that takes its time: a clip is there when the gate is open."""

    def __init__(self) -> None:
        self.opened = Event()
        self.held: dict[str, int] = {}

    def put(self, key: str, data: bytes) -> None:
        self.opened.wait(10)
        self.held[key] = len(data)


@pytest.fixture
def tts() -> FakeTextToSpeech:
    return FakeTextToSpeech()


@pytest.fixture
def store() -> Objects:
    return open_objects("memory://")


async def test_the_second_time_comes_from_memory(tts: FakeTextToSpeech, store: Objects) -> None:
    cache = SpeechCache(tts, store)
    first = await whole(cache.speak(ALPHA, "Hello  there ", VOICE))
    assert await whole(cache.speak(ALPHA, "Hello there", VOICE)) == first == "Hello there".encode("utf-16-le")
    assert tts.asked == ["Hello there"]
    assert (cache.stats.misses, cache.stats.memory_hits, cache.stats.bytes) == (1, 1, len(first))
    await cache.close()


async def test_another_process_finds_it_in_the_store(tts: FakeTextToSpeech, store: Objects) -> None:
    before = SpeechCache(tts, store)
    first = await whole(before.speak(ALPHA, "Hello", VOICE))
    await before.close()
    after = SpeechCache(tts, store)
    assert await whole(after.speak(ALPHA, "Hello", VOICE)) == first
    assert tts.asked == ["Hello"]
    assert (after.stats.store_hits, after.stats.misses) == (1, 0)
    assert list(store.keys(f"tenants/{ALPHA}/speech")) == [after.key(ALPHA, "Hello", VOICE)]


async def test_tenants_share_nothing(tts: FakeTextToSpeech, store: Objects) -> None:
    cache = SpeechCache(tts, store)
    await whole(cache.speak(ALPHA, "Hello", VOICE))
    await whole(cache.speak(BETA, "Hello", VOICE))
    await cache.close()
    assert tts.asked == ["Hello", "Hello"]
    assert len(list(store.keys(f"tenants/{BETA}"))) == 1


@pytest.mark.parametrize("other", [Voice(name="b"), Voice(speed=1.1), Voice(language="en-GB")])
async def test_another_voice_is_other_speech(tts: FakeTextToSpeech, other: Voice) -> None:
    cache = SpeechCache(tts)
    assert cache.key(ALPHA, "Hello", VOICE) != cache.key(ALPHA, "Hello", other)
    await whole(cache.speak(ALPHA, "Hello", VOICE))
    await whole(cache.speak(ALPHA, "Hello", other))
    assert len(tts.asked) == 2


async def test_a_tenants_view_is_a_synthesiser(tts: FakeTextToSpeech) -> None:
    cache = SpeechCache(tts)
    speech = cache.of(ALPHA)
    assert (speech.name, speech.model, speech.sample_rate) == ("fake", "fake-1", 16_000)
    await whole(speech.speak("Hello", voice=VOICE))
    await whole(speech.speak("Hello", voice=VOICE))
    await speech.close()
    assert (len(tts.asked), tts.closed) == (1, False)


async def test_nothing_to_say_asks_nobody(tts: FakeTextToSpeech) -> None:
    assert await whole(SpeechCache(tts).speak(ALPHA, " \n", VOICE)) == b""
    assert tts.asked == []


async def test_it_is_heard_while_it_is_made_and_a_second_listener_joins(tts: FakeTextToSpeech) -> None:
    cache, steps = SpeechCache(tts), tts.held()
    first = cache.speak(ALPHA, "abc", VOICE)
    steps.release()
    assert await anext(first) == "a".encode("utf-16-le")
    second = cache.speak(ALPHA, "abc", VOICE)
    assert await anext(second) == "a".encode("utf-16-le")
    steps.release()
    steps.release()
    assert await whole(second) == await whole(first) == "bc".encode("utf-16-le")
    assert (len(tts.asked), cache.stats.joined) == (1, 1)


async def test_the_first_listener_leaving_does_not_stop_the_second(tts: FakeTextToSpeech, store: Objects) -> None:
    cache, steps = SpeechCache(tts, store), tts.held()
    first = asyncio.create_task(whole(cache.speak(ALPHA, "abc", VOICE)))
    second = asyncio.create_task(whole(cache.speak(ALPHA, "abc", VOICE)))
    await tts.started.wait()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    for _ in "abc":
        steps.release()
    assert await second == "abc".encode("utf-16-le")
    await cache.close()
    assert len(list(store.keys(""))) == 1


async def test_the_last_listener_leaving_stops_the_vendor_and_stores_nothing(
    tts: FakeTextToSpeech, store: Objects
) -> None:
    cache, steps = SpeechCache(tts, store), tts.held()
    audio = cache.speak(ALPHA, "abc", VOICE)
    steps.release()
    await anext(audio)
    assert isinstance(audio, AsyncGenerator)
    await audio.aclose()
    assert tts.open == 0
    tts.steps = None
    assert await whole(cache.speak(ALPHA, "abc", VOICE)) == "abc".encode("utf-16-le")
    await cache.close()
    assert tts.asked == ["abc", "abc"]


async def test_a_vendor_failing_half_way_stores_nothing_and_tells_everyone(
    tts: FakeTextToSpeech, store: Objects
) -> None:
    cache, steps = SpeechCache(tts, store), tts.held()
    tts.failure, tts.fails_after = ProviderUnavailable("fake failed"), 1
    listeners = [cache.speak(ALPHA, "abc", VOICE) for _ in range(2)]
    steps.release()
    for audio in listeners:
        assert await anext(audio) == "a".encode("utf-16-le")
    steps.release()
    for audio in listeners:
        with pytest.raises(ProviderUnavailable):
            await anext(audio)
    await cache.close()
    assert (list(store.keys("")), cache.stats.entries, tts.open) == ([], 0, 0)
    tts.failure, tts.steps = None, None
    assert await whole(cache.speak(ALPHA, "abc", VOICE)) == "abc".encode("utf-16-le")


async def test_memory_is_bounded_and_forgets_the_least_recently_heard(tts: FakeTextToSpeech) -> None:
    cache = SpeechCache(tts, memory_bytes=80)
    for text in ("one..", "two..", "three", "four.", "one..", "five.", "six..", "seven", "one..", "eight", "nine."):
        await whole(cache.speak(ALPHA, text, VOICE))
        assert cache.stats.bytes <= 80
    assert tts.asked.count("one..") == 1
    asked = len(tts.asked)
    await whole(cache.speak(ALPHA, "two..", VOICE))
    assert len(tts.asked) == asked + 1
    await whole(cache.speak(ALPHA, "too long for so little memory", VOICE))
    assert cache.stats.bytes <= 80


async def test_a_store_that_does_not_answer_is_no_obstacle(tts: FakeTextToSpeech) -> None:
    cache = SpeechCache(tts, BrokenStore())
    assert await whole(cache.speak(ALPHA, "Hello", VOICE)) == "Hello".encode("utf-16-le")
    await cache.close()
    assert cache.stats.store_errors == 2


async def test_closing_stops_what_is_made(tts: FakeTextToSpeech) -> None:
    cache = SpeechCache(tts)
    tts.held()
    listener = asyncio.create_task(whole(cache.speak(ALPHA, "abc", VOICE)))
    await tts.started.wait()
    await cache.close()
    with pytest.raises(ProviderUnavailable):
        await listener
    assert tts.open == 0


async def test_what_memory_forgets_the_store_still_has(tts: FakeTextToSpeech, store: Objects) -> None:
    cache = SpeechCache(tts, store)
    first = await whole(cache.speak(ALPHA, "Hello", VOICE))
    await cache.close()
    cache.forget()
    assert (cache.stats.entries, cache.stats.bytes) == (0, 0)
    assert await whole(cache.speak(ALPHA, "Hello", VOICE)) == first
    assert tts.asked == ["Hello"]
    await cache.close()


async def test_what_is_about_to_be_stored_can_be_waited_for(tts: FakeTextToSpeech) -> None:
    store = GatedStore()
    cache = SpeechCache(tts, store)
    await whole(cache.speak(ALPHA, "Hello", VOICE))
    await cache.settle(BETA)
    settled = asyncio.create_task(cache.settle(ALPHA))
    await asyncio.wait([settled], timeout=0.01)
    assert (settled.done(), store.held) == (False, {})
    store.opened.set()
    await settled
    assert set(store.held) == {cache.key(ALPHA, "Hello", VOICE)}
    await cache.close()
