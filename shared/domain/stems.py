"""Words reduced to what they have in common, so that `scattered` answers a question about `scattering`."""

import re
from functools import lru_cache
from typing import Final

_WORD: Final = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
_SENTENCE_END: Final = re.compile(r"(?<=[.?!])[\"')\]]*\s+(?=[\"'(\[]*[A-Z0-9])")
_NUMBERS: Final = (
    *("zero", "one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)
_ENDINGS: Final = (
    *("ational", "ization", "ation", "ition", "ically", "fully", "ment", "ness"),
    *("ing", "tion", "ate", "ed", "ly", "er", "at"),
)
_VOWEL: Final = re.compile(r"[aeiouy]")

# Words that carry no subject: articles, pronouns, auxiliaries, prepositions, question words, and what one says to a
# tutor ("tell me about").
_STOP_WORDS: Final = """
    a about actually again all also an and any are as at be because been but by called can cannot come comes
    could did do does doing done each er exactly explain for from get gets give go goes going had happen
    happened happens has have having he hello her here hey hi him his hmm how i if in into is it its just
    kind know let like look looks make makes many may maybe me mean means might mine more most much must my
    no not of off oh ok okay on or our out over please really s say says should so some someone something
    such teacher tell than that the their them then there these they thing things think this those to too
    tutor uh um up us very want was we well were what when where which who whom whose why will with work
    works would yes you your yours
"""
STOP_WORDS: Final = frozenset(re.findall(r"[a-z]+", _STOP_WORDS))


def tokens(text: str) -> list[str]:
    """Return the words of a text in lower case; digits up to twelve become words, apostrophe endings go."""
    found: list[str] = []
    for match in _WORD.findall(text.lower().replace("\u2019", "'")):  # the typographic apostrophe
        word = match.split("'")[0]
        found.append(_NUMBERS[int(word)] if word.isdigit() and int(word) < len(_NUMBERS) else word)
    return found


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """Return a word without its English endings; a light stemmer, made for matching and not for reading."""
    word = _american(word)
    for ending, replacement in (("ies", "y"), ("sses", "ss"), ("ches", "ch"), ("shes", "sh"), ("xes", "x")):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            word = word[: -len(ending)] + replacement
            break
    else:
        if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3:
            word = word[:-1]
    word = _without_ending(_without_ending(word))
    return word[:-1] if word.endswith("e") and len(word) > 3 else word


def content_stems(text: str) -> list[str]:
    """Return the stems of the words that carry a subject, in order."""
    return [stem(word) for word in tokens(text) if word not in STOP_WORDS]


def sentences(text: str) -> list[str]:
    """Return the sentences of a text, marks kept."""
    return [part.strip() for part in _SENTENCE_END.split(text) if part.strip()]


def _without_ending(word: str) -> str:
    for ending in _ENDINGS:
        rest = word[: -len(ending)]
        if word.endswith(ending) and len(rest) >= 3 and _VOWEL.search(rest):
            doubled = len(rest) > 3 and rest[-1] == rest[-2] and rest[-1] not in "lsz"
            return rest[:-1] if doubled else rest
    return word


def _american(word: str) -> str:
    """Return `color` for `colour`, `fiber` for `fibre`: lessons and learners spell either way."""
    if len(word) > 5 and "our" in word[2:]:
        word = word[:2] + word[2:].replace("our", "or")
    return word[:-2] + "er" if len(word) > 4 and word.endswith(("bre", "tre")) else word
