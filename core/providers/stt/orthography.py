"""Writes a recogniser's bare words as a sentence: the lesson's capitals, and a question mark for a question."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

_QUESTION_START: Final = re.compile(
    r"(?:who|what|when|where|why|how|which|whose|is|are|was|were|do|does|did|can|could|would|should|will|has|have)\b"
)
_FIRST_PERSON: Final = re.compile(r"\bi(?=$|[ '])")
_WORD: Final = re.compile(r"[A-Za-z]+(?:'[a-z]+)*")


def spellings(phrases: Sequence[str]) -> dict[str, str]:
    """Return, for each word the lesson nearly always capitalises inside a sentence, how it writes it: mars to Mars."""
    inside: Counter[str] = Counter()
    for phrase in phrases:
        for match in _WORD.finditer(phrase):
            before = phrase[: match.start()].rstrip(" \"'(")
            if before and before[-1] not in ".?!:;":
                inside[match.group()] += 1
    best: dict[str, str] = {}
    for word in inside:
        lower = word.lower()
        if word != lower and inside[word] > 2 * inside[lower]:
            best[lower] = word
    return best


def as_sentence(heard: str, known: dict[str, str]) -> str:
    """Return the words as a sentence: `why is the sky blue` becomes `Why is the sky blue?`; nothing stays nothing."""
    if not heard:
        return ""
    words = [known.get(word, word) for word in heard.split()]
    text = _FIRST_PERSON.sub("I", " ".join(words))
    mark = "?" if _QUESTION_START.match(heard) else "."
    return text[0].upper() + text[1:] + mark
