"""What this process can let go of and get back."""

import asyncio
import ctypes
import gc
from collections import Counter
from collections.abc import Mapping
from typing import Final

from core.idle.governor import Levers
from core.idle.states import Thresholds
from core.pipeline.equipment import Counts
from core.providers import Providers
from core.providers.registry import warm_up
from core.providers.starting import Rests
from core.providers.vad.resting import RestingDetector
from core.speech.cache import SpeechCache
from shared.errors import ProviderUnavailable
from shared.logging import get_logger

_log: Final = get_logger("core")


def levers_of(providers: Providers, detector: RestingDetector, cache: SpeechCache, counts: Counts) -> Levers:
    """Return the levers of a voice process.

    cool: speech kept in memory (the object store has it), ears that hear nothing. cold: the detector's network.
    dormant: recogniser processes. Whoever is being served keeps what is needed.
    """

    async def cool() -> None:
        detector.rest_ears(0.0)
        cache.forget()
        await asyncio.to_thread(_give_back)

    async def cold() -> None:
        detector.unload()

    async def dormant() -> None:
        for provider in _vendors(providers):
            if isinstance(provider, Rests):
                await provider.rest()
        await asyncio.to_thread(_give_back)

    async def wake() -> None:
        detector.loaded()
        try:
            await warm_up(providers)
        except ProviderUnavailable as error:
            # Whoever needs the provider is told.
            _log.warning("provider_not_ready", provider=error.details.get("provider"))

    def loaded() -> int:
        awake = [provider for provider in _vendors(providers) if isinstance(provider, Rests) and not provider.resting]
        return len(awake) + detector.is_loaded

    def sessions(thresholds: Thresholds) -> Mapping[str, int]:
        now = asyncio.get_running_loop().time()
        return Counter(thresholds.state(now - ear.fed_at) for ear in detector.ears)

    return Levers(
        release={"cool": cool, "cold": cold, "dormant": dormant},
        wake=wake,
        used=lambda: counts.turns + counts.prepared + counts.interrupted,
        loaded=loaded,
        sessions=sessions,
    )


def _vendors(providers: Providers) -> tuple[object, ...]:
    return providers.stt, providers.llm, providers.tts, providers.cheaper_tts


def _give_back() -> None:
    """Return freed memory to the machine, where its C library can."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
