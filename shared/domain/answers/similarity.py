"""How alike two texts are: edit distance, n-grams, tokens, sound. The libraries are loaded when first needed."""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final

# Of shorter codes too many words sound alike.
_LEAST_CODE: Final = 2


def edit_distance(one: str, other: str, most: int) -> int:
    """Return how many letters must be added, left out, changed or swapped with their neighbour; `most` + 1 for more.

    Source: optimal string alignment, as rapidfuzz counts it.
    """
    return _osa()(one, other, most)


def allowed_edits(length: int) -> int:
    """Return how many edits an answer of a length may differ by: two, or a fifth of it."""
    return max(2, length // 5)


def sounds_like(one: Sequence[str], other: Sequence[str]) -> bool:
    """Tell whether two texts sound alike, word by word, by one of their Double Metaphone codes."""
    if len(one) != len(other):
        return _codes_meet("".join(one), "".join(other))
    return all(mine == theirs or _codes_meet(mine, theirs) for mine, theirs in zip(one, other, strict=True))


def ngram_similarity(one: str, other: str) -> float:
    """Return 0 to 1: letters in twos (40 %) and threes (40 %), words in twos (20 %).

    Where neither has two words, letters in twos and threes count half each.
    """
    twos, threes = _dice(_grams(one, 2), _grams(other, 2)), _dice(_grams(one, 3), _grams(other, 3))
    pairs, others = _pairs(one), _pairs(other)
    if not pairs and not others:
        return (twos + threes) / 2
    return 0.4 * twos + 0.4 * threes + 0.2 * _dice(pairs, others)


def token_similarity(one: Sequence[str], other: Sequence[str]) -> float:
    """Return 0 to 1: the mean of the Jaccard and Dice coefficients of two sets of words."""
    mine, theirs = set(one), set(other)
    if not mine or not theirs:
        return 0.0
    common = len(mine & theirs)
    return (common / len(mine | theirs) + 2 * common / (len(mine) + len(theirs))) / 2


def _dice(one: "Counter[str]", other: "Counter[str]") -> float:
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 0.0


@lru_cache(maxsize=4096)
def _grams(text: str, size: int) -> "Counter[str]":
    return Counter(text[at : at + size] for at in range(len(text) - size + 1))


@lru_cache(maxsize=4096)
def _pairs(text: str) -> "Counter[str]":
    words = text.split()
    return Counter(f"{first} {second}" for first, second in pairwise(words))


@lru_cache(maxsize=8192)
def _codes(word: str) -> frozenset[str]:
    return frozenset(code for code in _metaphone()(word) if len(code) >= _LEAST_CODE)


def _codes_meet(one: str, other: str) -> bool:
    return not _codes(one).isdisjoint(_codes(other))


@lru_cache(maxsize=1)
def _osa() -> Callable[[str, str, int], int]:
    from rapidfuzz.distance import OSA

    def distance(one: str, other: str, most: int) -> int:
        return OSA.distance(one, other, score_cutoff=most)

    return distance


@lru_cache(maxsize=1)
def _metaphone() -> Callable[[str], tuple[str, str]]:
    from doublemetaphone import doublemetaphone

    return doublemetaphone
