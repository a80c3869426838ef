"""An ear for tests: what pocketsphinx hears in a file, and how far that is from what was meant."""

import re
from collections.abc import Sequence
from functools import cache

import jiwer

from core.providers.stt.sphinx_worker import Recogniser
from core.speech.formats import read_wav

RATE = 16_000


@cache
def _ear() -> Recogniser:
    return Recogniser()


def heard_words(wav: bytes, phrases: Sequence[str], *, seconds: int = 60) -> str:
    """Return what is heard in the first seconds of a WAV file by somebody who expects such phrases."""
    return _ear().hear(read_wav(wav, RATE)[: 2 * seconds * RATE], list(phrases))[0]


def bare(text: str) -> str:
    """Return the words of a text, in lower case and without marks."""
    return " ".join(re.findall(r"[a-z0-9']+", text.lower().replace("\u2019", "'")))


def word_error(expected: str, heard: str) -> float:
    """Return the word error rate: 0 is every word right."""
    return float(jiwer.wer(bare(expected), bare(heard)))


def share_heard(expected: str, heard: str) -> float:
    """Return the share of the expected words that were heard, in their order: 1 is all of them."""
    aligned = jiwer.process_words(bare(expected), bare(heard))
    return aligned.hits / (aligned.hits + aligned.substitutions + aligned.deletions)
