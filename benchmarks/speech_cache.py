"""What a cached sentence costs: `python -m benchmarks.speech_cache`. Times in milliseconds, on this machine.

A vendor that answers after 100 ms is asked once for each sentence; after that, nobody is.
"""

import argparse
import asyncio
import hashlib
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from core.providers.tts.port import Voice
from core.speech.cache import SpeechCache
from core.speech.encoding import Encoder, Format
from shared.storage.objects import open_objects

TENANT: Final = "0190aaaa-0000-7000-8000-00000000000a"
VOICE: Final = Voice()
SECONDS: Final = 4
FORMS: Final[tuple[tuple[str, Format], ...]] = (
    ("mp3, first", "mp3"),
    ("mp3, again", "mp3"),
    ("opus, first", "opus"),
    ("opus, again", "opus"),
)
_FIRST_BYTE_S: Final = 0.1


class SlowVoice:
    """Speaks SECONDS of noise for every sentence, the first of it after 100 ms, and counts its calls."""

    name = "slow"
    model = "slow"
    sample_rate = 24_000

    def __init__(self) -> None:
        self.calls = 0

    async def speak(self, text: str, *, voice: Voice) -> AsyncIterator[bytes]:
        """Yield the sound in pieces of 200 ms."""
        del voice
        sample = hashlib.blake2b(text.encode(), digest_size=2).digest()
        self.calls += 1
        await asyncio.sleep(_FIRST_BYTE_S)
        for _ in range(SECONDS * 5):
            yield sample * (self.sample_rate // 5)

    async def close(self) -> None:
        """Nothing."""


async def timed(cache: SpeechCache, text: str) -> tuple[float, float]:
    """Return the milliseconds to the first and to the last byte of a sentence."""
    began = time.perf_counter()
    first = 0.0
    async for _ in cache.speak(TENANT, text, VOICE):
        first = first or time.perf_counter() - began
    return first * 1000, (time.perf_counter() - began) * 1000


async def measure(sentences: int, folder: Path) -> None:
    """Speak sentences for the first time, from memory, and from the disk in a new process's place."""
    voice, store = SlowVoice(), open_objects(folder.as_uri())
    cache = SpeechCache(voice, store)
    texts = [f"Sentence number {i} of the lesson." for i in range(sentences)]
    rows = {"made": [await timed(cache, text) for text in texts]}
    rows["memory"] = [await timed(cache, text) for text in texts]
    await cache.close()
    later = SpeechCache(voice, store)
    rows["disk"] = [await timed(later, text) for text in texts]
    await later.close()
    busy = SpeechCache(voice, store)
    async with occupied():
        rows["disk, busy"] = [await timed(busy, text) for text in texts]
    await busy.close()
    rows |= encoded(await kept(cache, texts))
    out = [f"{sentences} sentences of {SECONDS} s; the vendor was called {voice.calls} times\n"]
    out.append(f"{'from':14}{'first p50':>12}{'first p99':>12}{'whole p50':>12}{'whole p99':>12}\n")
    for name, times in rows.items():
        figures = [figure for column in zip(*times, strict=True) for figure in (p(column, 50), p(column, 99))]
        out.append(f"{name:14}" + "".join(f"{figure:12.3f}" for figure in figures) + "\n")
    sys.stdout.write("".join(out))


@asynccontextmanager
async def occupied() -> AsyncGenerator[None]:
    """Keep every thread of the event loop's own pool waiting, as a slow database does."""
    free = threading.Event()
    waiting = [asyncio.create_task(asyncio.to_thread(free.wait)) for _ in range(64)]
    await asyncio.sleep(0.05)
    yield
    free.set()
    await asyncio.gather(*waiting)


async def kept(cache: SpeechCache, texts: list[str]) -> list[bytes]:
    """Return the sound of sentences, which memory holds."""
    return [await cache.find(cache.key(TENANT, text, VOICE)) or b"" for text in texts]


def encoded(clips: list[bytes]) -> dict[str, list[tuple[float, float]]]:
    """Return what the first and the next request for an encoded form take."""
    encoder = Encoder()
    rows: dict[str, list[tuple[float, float]]] = {}
    for name, form in FORMS:
        rows[name] = []
        for clip in clips[:20]:
            began = time.perf_counter()
            encoder.encode(clip, SlowVoice.sample_rate, form)
            took = (time.perf_counter() - began) * 1000
            rows[name].append((took, took))
    return rows


def p(values: tuple[float, ...], percent: int) -> float:
    """Return a percentile."""
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sentences", type=int, default=100)
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(parser.parse_args().sentences, Path(folder)))


if __name__ == "__main__":
    main()
