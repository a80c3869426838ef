"""Speech on order: a text in, a clip out, made once and paid for by whoever asks first."""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final, Literal, Protocol

import msgspec

from core.providers.fallback import StandIn
from core.providers.streams import closing
from core.providers.tts.port import TextToSpeech, Voice
from core.speech.cache import SpeechCache
from core.speech.formats import pcm_seconds
from core.speech.shelf import Shelf
from core.speech.stretches import pieces
from shared.auth.caller import Caller
from shared.errors import NotFound, Unavailable

Spent = Callable[[int], None]
Status = Literal["hit", "miss", "bypass"]

_AT_ONCE: Final = 4
_TENANTS_COUNTED: Final = 10_000
_HASH: Final = re.compile(r"[0-9a-f]{64}")


def nobody_asks(micro_usd: int) -> None:
    """Forget what was spent."""
    del micro_usd


class Hire(Protocol):
    """Whoever makes speech for a caller, as long as the block lasts."""

    def __call__(
        self, caller: Caller, *, spent: Spent = nobody_asks, to_keep: bool = False
    ) -> AbstractContextManager[TextToSpeech]:
        """Return them; their calls raise BudgetExhausted without money.

        Args:
            spent: is told, in micro-dollars, what each call cost, before its sound ends.
            to_keep: what they say is wanted for later: nobody stands in for the voice that is asked for.
        """
        ...


class Clip(msgspec.Struct, frozen=True):
    """PCM16 mono.

    Attributes:
        rate: samples a second.
        status: "hit": it was there; "miss": it was made for this; "bypass": made anew because the caller said so.
        hash: names the clip within its tenant; of several clips joined, empty.
    """

    pcm: bytes
    rate: int
    status: Status
    hash: str = ""

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return pcm_seconds(self.pcm, self.rate)


@dataclass(slots=True)
class Use:
    """How often a tenant's orders were there already since this process began."""

    hits: int = 0
    misses: int = 0

    @property
    def hit_rate(self) -> float:
        """0 to 1; 0 before the first order."""
        return self.hits / (self.hits + self.misses) if self.hits else 0.0


class SpeechDesk:
    """Takes orders over HTTP and of jobs.

    Args:
        hire: who makes what is not there.
        language: what lessons are spoken in, where nobody says otherwise.
        at_once: clips made at the same time for all orders; sessions do not wait for them.
    """

    def __init__(
        self, cache: SpeechCache, shelf: Shelf, hire: Hire, *, language: str = "en-US", at_once: int = _AT_ONCE
    ) -> None:
        self.language = language
        self.cache = cache
        self.shelf = shelf
        self._hire = hire
        self._makers = asyncio.Semaphore(at_once)
        self._uses: OrderedDict[str, Use] = OrderedDict()

    def voice(self, name: str = "") -> Voice:
        """Return a voice, the vendor's usual one where none is named, in the language of the lessons here."""
        return Voice(name, language=self.language)

    async def say(
        self,
        caller: Caller,
        owner_id: str,
        text: str,
        voice: Voice,
        *,
        anew: bool = False,
        spent: Spent = nobody_asks,
        to_keep: bool = False,
    ) -> Clip:
        """Return a text of at most LONGEST_TEXT characters as speech.

        Args:
            owner_id: the tenant whose text it is and with whom the clip is kept.
            anew: make it even when it is there.
            spent, to_keep: as of Hire; what is to be kept is in the object store when this returns.
        Raises: ProviderUnavailable, BudgetExhausted, Unauthenticated: it had to be made and could not be.
        """
        key = self.cache.key(owner_id, text, voice)
        found = None if anew else await self.cache.find(key)
        if found is not None:
            self.use(caller.tenant_id).hits += 1
            if to_keep:
                await self._secure(key, [found])
            return Clip(found, self.cache.sample_rate, "hit", hash_of(key))
        self.use(caller.tenant_id).misses += 1
        async with self._makers:
            with self._hire(caller, spent=spent, to_keep=to_keep) as maker:
                source = (
                    maker.speak(text, voice=voice) if anew else self.cache.speak(owner_id, text, voice, maker=maker)
                )
                async with closing(source) as audio:
                    chunks = [chunk async for chunk in audio]
        pcm = b"".join(chunks)
        if anew and not any(isinstance(chunk, StandIn) for chunk in chunks):
            await self.cache.put(key, pcm)
        elif to_keep:
            await self._secure(key, chunks)
        return Clip(pcm, self.cache.sample_rate, "bypass" if anew else "miss", hash_of(key))

    async def _secure(self, key: str, chunks: Sequence[bytes]) -> None:
        """Raise Unavailable unless a clip, in the voice that was asked for, is kept."""
        if any(isinstance(chunk, StandIn) for chunk in chunks):
            raise Unavailable("another voice stood in for the one that was asked for", code="voice_unavailable")
        if not await self.cache.secure(key, b"".join(chunks)):
            raise Unavailable("the object store does not keep what was spoken", code="store_unavailable")

    async def read(
        self,
        caller: Caller,
        owner_id: str,
        text: str,
        voice: Voice,
        *,
        spent: Spent = nobody_asks,
        to_keep: bool = False,
    ) -> Clip:
        """Return a text of any length as speech: one clip after the other; "hit" when all were there. See `say`."""
        clips = [await self.say(caller, owner_id, piece, voice, spent=spent, to_keep=to_keep) for piece in pieces(text)]
        status: Status = "hit" if all(clip.status == "hit" for clip in clips) else "miss"
        return Clip(b"".join(clip.pcm for clip in clips), self.cache.sample_rate, status)

    def keys(self, owner_id: str, text: str, voice: Voice) -> list[str]:
        """Return where the clips of a text of any length are, in their order."""
        return [self.cache.key(owner_id, piece, voice) for piece in pieces(text)]

    async def lookup(self, owner_id: str, text: str, voice: Voice) -> Clip | None:
        """Return a text's speech of any length when all of it is there, else None; nothing is made."""
        keys = self.keys(owner_id, text, voice)
        found = [await self.cache.find(key) for key in keys]
        clips = [clip for clip in found if clip is not None]
        if len(clips) < len(keys) or not keys:
            return None
        name = hash_of(keys[0]) if len(keys) == 1 else ""
        return Clip(b"".join(clips), self.cache.sample_rate, "hit", name)

    async def fetch(self, tenant_id: str, name: str) -> Clip:
        """Return the clip of a hash.

        Raises: NotFound: this tenant has none.
        """
        pcm = await self.cache.find(key_of(tenant_id, name)) if _HASH.fullmatch(name) else None
        if pcm is None:
            raise NotFound("no such clip")
        return Clip(pcm, self.cache.sample_rate, "hit", name)

    def use(self, tenant_id: str | None) -> Use:
        """Return the counts of a tenant, which start anew when it has not asked for long."""
        tenant = tenant_id or ""
        counts = self._uses.setdefault(tenant, Use())
        self._uses.move_to_end(tenant)
        if len(self._uses) > _TENANTS_COUNTED:
            self._uses.popitem(last=False)
        return counts


def key_of(tenant_id: str, name: str) -> str:
    """Return the object key of a tenant's clip."""
    return f"tenants/{tenant_id}/speech/{name}.pcm"


def hash_of(key: str) -> str:
    """Return the name of a clip within its tenant."""
    return key.rpartition("/")[2].removesuffix(".pcm")
