"""The lesson's names and terms, for recognisers that take a few words of help and not a whole lesson."""

from collections.abc import Sequence
from typing import Final

_MOST_WORDS: Final = 4


def keyterms(phrases: Sequence[str], *, most: int, characters: int) -> list[str]:
    """Return the short phrases, which are terms, in their order: at most `most` of them and `characters` in all."""
    kept: list[str] = []
    for phrase in dict.fromkeys(phrases):
        if len(phrase.split()) > _MOST_WORDS or phrase.endswith("?"):
            continue
        characters -= len(phrase) + 2
        if characters < 0 or len(kept) == most:
            break
        kept.append(phrase)
    return kept
