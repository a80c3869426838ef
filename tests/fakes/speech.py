"""Real speech for tests, made by espeak-ng: 16 kHz PCM16 with a little room tone around it."""

from functools import cache

import numpy as np
import soxr

from core.providers import espeak

RATE = 16_000
_LOUDEST = 0.5
_ROOM_TONE = 0.0008  # -62 dBFS


def room(seconds: float) -> bytes:
    """Return a quiet room."""
    noise = np.random.default_rng(7).normal(0, _ROOM_TONE, round(seconds * RATE))
    return (noise * 32767).astype("<i2").tobytes()


@cache
def speech(text: str, *, voice: str = "en-us", before: float = 0.5, after: float = 1.0) -> bytes:
    """Return `text` spoken in a quiet room that is heard for `before` and `after` seconds."""
    chunks: list[bytes] = []

    def keep(chunk: bytes) -> bool:
        chunks.append(chunk)
        return True

    espeak.synthesise(text, voice=voice, words_per_minute=165, on_chunk=keep)
    spoken = np.frombuffer(b"".join(chunks), "<i2").astype(np.float32)
    spoken = np.asarray(soxr.resample(spoken, espeak.sample_rate(), RATE), np.float32)
    spoken *= _LOUDEST * 32767 / np.abs(spoken).max()
    return room(before) + spoken.astype("<i2").tobytes() + room(after)
