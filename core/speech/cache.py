"""Speech is made once: memory, then the object store, then the vendor, streamed to listeners while it is stored.

Everything lives below its tenant's prefix, because a sentence of a conversation is somebody's private words. Text of
shared lessons is cached for the tenant that owns it: whoever asks for such speech passes that tenant's id.
"""

import asyncio
import hashlib
import unicodedata
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, TypeVar

from core.providers.errors import provider_error
from core.providers.fallback import StandIn
from core.providers.streams import closing
from core.providers.tts.port import TextToSpeech, Voice
from core.speech.stretches import pieces
from shared.errors import AppError, NotFound, Unavailable
from shared.storage.port import ObjectStore

Result = TypeVar("Result")

DEFAULT_MEMORY_BYTES: Final = 64 * 1024 * 1024
# Reads and writes of the object store at the same time.
_AT_ONCE: Final = 4
# One clip may take this share of the memory; a longer one goes to the object store only.
_LARGEST_SHARE: Final = 8
# What a listener gets at a time of speech that is ready: 200 ms at 24 000 Hz.
_PIECE_BYTES: Final = 9_600


@dataclass(slots=True)
class CacheStats:
    """What the cache did since it was made.

    Attributes:
        memory_hits, store_hits: sentences found there.
        misses: sentences the vendor was asked for.
        joined: listeners who came while their sentence was being made.
        store_errors: times the object store did not answer; the speech was made or kept in memory all the same.
        entries, bytes: what memory holds now.
    """

    memory_hits: int = 0
    store_hits: int = 0
    misses: int = 0
    joined: int = 0
    store_errors: int = 0
    entries: int = 0
    bytes: int = 0


class SpeechCache:
    """The speech of one synthesiser.

    Args:
        tts: makes what is not there; closing it stays with its owner.
        store: keeps clips between processes; None keeps them in memory only.
        memory_bytes: bound of the memory.
    """

    def __init__(
        self, tts: TextToSpeech, store: ObjectStore | None = None, *, memory_bytes: int = DEFAULT_MEMORY_BYTES
    ) -> None:
        self._tts = tts
        self._store = store
        self._memory_bytes = memory_bytes
        self._clips: OrderedDict[str, bytes] = OrderedDict()
        self._making: dict[str, _Making] = {}
        self._tasks: dict[asyncio.Task[bool], str] = {}
        self._storing: dict[str, asyncio.Task[bool]] = {}
        # Threads of its own: a listener's clip must not wait behind the database's work.
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="speech-store")
        self.stats = CacheStats()

    def of(self, tenant_id: str, maker: TextToSpeech | None = None) -> "TenantSpeech":
        """Return this cache as a synthesiser for one tenant.

        Args: maker: the same synthesiser, as whoever listens pays for it.
        """
        return TenantSpeech(self, maker or self._tts, tenant_id)

    @property
    def maker(self) -> tuple[str, str]:
        """Who makes what is not there: the vendor and its model, as the price book names them."""
        return self._tts.name, self._tts.model

    @property
    def sample_rate(self) -> int:
        """Samples a second of every clip."""
        return self._tts.sample_rate

    async def find(self, key: str) -> bytes | None:
        """Return a clip that is there already, wherever it is, or None."""
        clip = self._recall(key)
        if clip is None and (clip := await self._stored(key)) is not None:
            self.stats.store_hits += 1
            self._remember(key, clip)
        return clip

    async def put(self, key: str, clip: bytes) -> None:
        """Keep a clip made elsewhere, in place of what was there."""
        self._remember(key, clip)
        await self._keep(key, clip)

    async def secure(self, key: str, clip: bytes) -> bool:
        """Return whether a clip is kept beyond this process, having put it into the object store if it was not."""
        task = self._storing.get(key)
        if task is not None:
            await asyncio.wait([task])
            if not task.cancelled() and task.result():
                return True
        return await self._stored(key) is not None or await self._keep(key, clip)

    async def settle(self, tenant_id: str) -> None:
        """Wait until what was made of a tenant's speech has reached the object store, so that it can be removed."""
        mine = f"tenants/{tenant_id}/"
        made = [task for key, task in self._storing.items() if key.startswith(mine) and key not in self._making]
        if made:
            await asyncio.wait(made)

    def drop(self, keys: Iterable[str]) -> None:
        """Forget clips the object store no longer holds."""
        for key in keys:
            self.stats.bytes -= len(self._clips.pop(key, b""))
        self.stats.entries = len(self._clips)

    def forget(self) -> None:
        """Forget what memory holds; the object store has it."""
        self.drop(list(self._clips))

    def key(self, tenant_id: str, text: str, voice: Voice) -> str:
        """Return where a sentence's clip is stored: PCM16 mono at the synthesiser's rate."""
        facts = (
            *(self._tts.name, self._tts.model, voice.name, f"{voice.speed:.3f}", voice.language.lower()),
            *(f"pcm16@{self._tts.sample_rate}", normalised(text)),
        )
        digest = hashlib.sha256("\x1f".join(facts).encode()).hexdigest()
        return f"tenants/{tenant_id}/speech/{digest}.pcm"

    async def speak(
        self, tenant_id: str, text: str, voice: Voice, *, maker: TextToSpeech | None = None
    ) -> AsyncIterator[bytes]:
        """Yield the sentence's audio, from wherever it is soonest.

        Args: maker: the same synthesiser, as whoever listens pays for it; of several listeners, the first does.

        Raises: ProviderUnavailable: it had to be made and the vendor failed; nothing half made is kept.
        """
        if not (wanted := normalised(text)):
            return
        key = self.key(tenant_id, wanted, voice)
        clip = self._recall(key)
        if clip is not None:
            for start in range(0, len(clip), _PIECE_BYTES):
                yield clip[start : start + _PIECE_BYTES]
            return
        making = self._making.get(key)
        if making is None:
            making = self._making[key] = _Making()
            making.task = asyncio.create_task(self._make(key, wanted, voice, making, maker or self._tts))
            self._tasks[making.task] = key
            self._storing[key] = making.task
            making.task.add_done_callback(self._made)
        else:
            self.stats.joined += 1
        async with closing(self._listen(key, making)) as audio:
            async for chunk in audio:
                yield chunk

    async def close(self) -> None:
        """Finish storing what is made and stop what is being made; its listeners get ProviderUnavailable."""
        for making in list(self._making.values()):
            if making.task is not None:
                making.task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _recall(self, key: str) -> bytes | None:
        clip = self._clips.get(key)
        if clip is not None:
            self._clips.move_to_end(key)
            self.stats.memory_hits += 1
        return clip

    def _remember(self, key: str, clip: bytes) -> None:
        if len(clip) * _LARGEST_SHARE > self._memory_bytes:
            self.drop([key])
            return
        self.stats.bytes += len(clip) - len(self._clips.pop(key, b""))
        self._clips[key] = clip
        while self.stats.bytes > self._memory_bytes:
            _, oldest = self._clips.popitem(last=False)
            self.stats.bytes -= len(oldest)
        self.stats.entries = len(self._clips)

    async def _listen(self, key: str, making: "_Making") -> AsyncIterator[bytes]:
        """Yield what is made, from its beginning; the last listener to leave early stops the making."""
        making.listeners += 1
        try:
            heard = 0
            while True:
                while heard < len(making.chunks):
                    heard += 1
                    yield making.chunks[heard - 1]
                if making.ended:
                    break
                await making.news()
            if not making.complete:
                raise making.failure or provider_error(self._tts.name, "disconnected")
        finally:
            making.listeners -= 1
            if not making.listeners and not making.ended and making.task is not None:
                self._forget(key, making)
                making.task.cancel()
                await asyncio.wait([making.task])

    async def _make(self, key: str, text: str, voice: Voice, making: "_Making", maker: TextToSpeech) -> bool:
        """Fetch or generate one clip, telling its listeners as it comes, then keep it; return whether it is kept."""
        stored: bytes | None = None
        store_it = False
        try:
            stored = await self._stored(key)
            if stored is not None:
                self.stats.store_hits += 1
                making.add(stored)
            else:
                self.stats.misses += 1
                async with closing(maker.speak(text, voice=voice)) as audio:
                    async for chunk in audio:
                        making.add(chunk)
            making.complete = True
            if not any(isinstance(chunk, StandIn) for chunk in making.chunks):
                self._remember(key, b"".join(making.chunks))
                store_it = stored is None
        except AppError as exc:
            making.failure = exc
        finally:
            making.end()
            self._forget(key, making)
        return await self._keep(key, b"".join(making.chunks)) if store_it else stored is not None

    def _made(self, task: "asyncio.Task[bool]") -> None:
        key = self._tasks.pop(task)
        if self._storing.get(key) is task:
            del self._storing[key]

    def _forget(self, key: str, making: "_Making") -> None:
        """Let the next listener start anew."""
        if self._making.get(key) is making:
            del self._making[key]

    async def _stored(self, key: str) -> bytes | None:
        store = self._store
        if store is None:
            return None
        try:
            return await self._in_thread(lambda: store.get(key))
        except NotFound:
            return None
        except Unavailable:
            self.stats.store_errors += 1
            return None

    async def _keep(self, key: str, clip: bytes) -> bool:
        """Store a clip and return whether it is kept as long as this cache keeps anything."""
        store = self._store
        if store is None or not clip:
            return store is None
        try:
            await self._in_thread(lambda: store.put(key, clip))
        except Unavailable:
            self.stats.store_errors += 1
            return False
        return True

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


class TenantSpeech:
    """The cache as a `TextToSpeech` whose clips belong to one tenant."""

    def __init__(self, cache: SpeechCache, tts: TextToSpeech, tenant_id: str) -> None:
        self._cache = cache
        self._tts = tts
        self._tenant_id = tenant_id

    @property
    def name(self) -> str:
        """The vendor's name."""
        return self._tts.name

    @property
    def model(self) -> str:
        """The vendor's model."""
        return self._tts.model

    @property
    def sample_rate(self) -> int:
        """Samples a second."""
        return self._tts.sample_rate

    async def speak(self, text: str, *, voice: Voice) -> AsyncIterator[bytes]:
        """Yield a text's audio, from wherever it is soonest: of one too long for a clip, clip after clip."""
        for stretch in pieces(text):
            async with closing(self._cache.speak(self._tenant_id, stretch, voice, maker=self._tts)) as audio:
                async for chunk in audio:
                    yield chunk

    async def close(self) -> None:
        """Nothing: the cache and the synthesiser belong to the process."""


class _Making:
    """One clip in the making: its chunks so far, and who waits for more."""

    def __init__(self) -> None:
        self.chunks: list[bytes] = []
        self.listeners = 0
        self.ended = False
        self.complete = False
        self.failure: AppError | None = None
        self.task: asyncio.Task[bool] | None = None
        self._news = asyncio.Event()

    def add(self, chunk: bytes) -> None:
        self.chunks.append(chunk)
        self._wake()

    def end(self) -> None:
        self.ended = True
        self._wake()

    async def news(self) -> None:
        """Wait until something was added or it ended."""
        await self._news.wait()

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()


def normalised(text: str) -> str:
    """Return text as the key sees it: one space between words, one spelling of every accent."""
    return " ".join(unicodedata.normalize("NFC", text).split())
