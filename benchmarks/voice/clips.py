"""What the callers say: speech made with espeak-ng, with its true first and last sample known.

16 kHz mono PCM16 in a quiet room. Each clip is trimmed to its speech, so every latency is counted from the samples
themselves and from no detector.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import soxr
from numpy.typing import NDArray

from core.providers import espeak

RATE: Final = 16_000
QUESTIONS: Final = (
    "Good morning, I would like to understand how plants make their food",
    "Can you tell me what happens to the light inside the leaf",
    "Why do most of the leaves turn yellow before the winter comes",
    "How does the water climb from the roots up to the highest branch",
    "I think that the roots are breathing as well as the leaves",
    "Please ask me something about it that is a little more difficult",
)
INTERRUPTION: Final = "Wait, one moment please, there is something that I do not understand"
# Spoken with a pause at each bar.
PAUSING: Final = (
    "What I would like to know is | how the plants in the sea | can live without any rain",
    "When we looked at the small cells | under the microscope | some of them were moving",
    "My teacher told us yesterday | that the sugar goes down | through the stem of the plant",
)
VOICES: Final = ("en-us", "en-gb-scotland", "en-us+f3", "en-gb-x-rp")
_WORDS_PER_MINUTE: Final = 165
_LOUDEST: Final = 0.5
_ROOM_TONE: Final = 10 ** (-62 / 20)
_ROOM_SECONDS: Final = 20
_JOINT_S: Final = 0.06
# The edges of speech: the first and last 10 ms within 42 dB of the loudest 10 ms.
_WINDOW: Final = RATE // 100
_EDGE_DB: Final = -42.0

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Voices:
    """Everything the callers need: each clip starts with its first sample of speech and ends with its last.

    Attributes:
        questions: one sentence each.
        interruption: said into a reply.
        long_speech: about 25 s without a pause that could end a turn.
        pausing: sentences with pauses inside.
        room: a quiet room, to be repeated.
    """

    questions: tuple[bytes, ...]
    interruption: bytes
    long_speech: bytes
    pausing: tuple[bytes, ...]
    room: bytes


def make_voices(pause_ms: int = 350) -> Voices:
    """Speak all clips; takes about a second."""
    noise = np.random.default_rng(7)
    spoken = [_speak(text, VOICES[i % len(VOICES)]) for i, text in enumerate((*QUESTIONS, INTERRUPTION))]
    pausing = [
        _joined([_speak(part, voice) for part in text.split("|")], pause_ms / 1000)
        for text, voice in zip(PAUSING, VOICES, strict=False)
    ]
    questions, interruption = spoken[:-1], spoken[-1]
    return Voices(
        questions=tuple(_in_a_room(clip, noise) for clip in questions),
        interruption=_in_a_room(interruption, noise),
        long_speech=_in_a_room(_joined(spoken, _JOINT_S), noise),
        pausing=tuple(_in_a_room(clip, noise) for clip in pausing),
        room=_in_a_room(np.zeros(_ROOM_SECONDS * RATE, np.float32), noise),
    )


def _speak(text: str, voice: str) -> Samples:
    chunks: list[bytes] = []

    def keep(chunk: bytes) -> bool:
        chunks.append(chunk)
        return True

    espeak.synthesise(text.strip(), voice=voice, words_per_minute=_WORDS_PER_MINUTE, on_chunk=keep)
    spoken = np.frombuffer(b"".join(chunks), "<i2").astype(np.float32)
    return trimmed(np.asarray(soxr.resample(spoken, espeak.sample_rate(), RATE), np.float32))


def trimmed(samples: Samples) -> Samples:
    """Cut silence off both ends and bring the loudest sample to -6 dBFS."""
    windows = len(samples) // _WINDOW
    power = np.square(samples[: windows * _WINDOW].reshape(windows, _WINDOW)).mean(axis=1)
    speech = np.flatnonzero(power > power.max() * 10 ** (_EDGE_DB / 10))
    kept = samples[speech[0] * _WINDOW : (speech[-1] + 1) * _WINDOW]
    return np.asarray(kept * (_LOUDEST / np.abs(kept).max()), np.float32)


def _joined(parts: list[Samples], pause_s: float) -> Samples:
    gap = np.zeros(round(pause_s * RATE), np.float32)
    return np.concatenate([piece for part in parts for piece in (gap, part)][1:])


def _in_a_room(samples: Samples, noise: np.random.Generator) -> bytes:
    heard = samples + noise.normal(0, _ROOM_TONE, len(samples))
    return np.clip(heard * 32767, -32768, 32767).astype("<i2").tobytes()
