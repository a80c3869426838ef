"""What is left of an answer when everything is taken away that does not matter, by the type of answer."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

import msgspec

from shared.domain.answers.values import number_of

# What people say around an answer.
_SPOKEN: Final = re.compile(
    r"^(?:(?:um+|uh+|er+|hmm+|well|so|okay|ok|like|oh)\b[ ,.]*)+"
    r"|^(?:(?:i think|i believe|i guess|i would say|i'd say|maybe|probably|my answer is|the answer is|answer is|"
    r"that would be|that is|that's|this is|it is|it's|it was|is it|what is|what's|what are|who is|who's|who was|"
    r"they are|these are|he is|she is|is that)\b[ ,:]*)+"
)
_TRAILING: Final = re.compile(r"[ ,]*\b(?:right|i think|i guess|i believe|please|final answer)\s*[?.!]*$")
_ARTICLES: Final = frozenset({"the", "a", "an"})
_HONORIFIC_WORDS: Final = """
    mr mrs ms miss dr doctor prof professor sir dame lord lady king queen emperor empress tsar czar pope president
    general captain colonel admiral senator governor justice chancellor minister prime saint st rev reverend father
"""
_HONORIFICS: Final = frozenset(_HONORIFIC_WORDS.split())
_PLACE_WORDS: Final = frozenset({"city", "of", "state", "country"})
_SUFFIXES: Final = frozenset({"jr", "sr", "junior", "senior", "esq", "phd"})
_ABBREVIATIONS: Final = {"mt": "mount", "st": "saint", "ft": "fort", "is": "island", "isl": "island", "&": "and"}
_APOSTROPHES: Final = str.maketrans(dict.fromkeys("'\u2018\u2019\u02bc`\u00b4", ""))
_LETTERS: Final = str.maketrans(
    {"\u00df": "ss", "\u00e6": "ae", "\u0153": "oe", "\u00f8": "o", "\u0142": "l", "\u0111": "d", "\u00fe": "th",
     "\u00f0": "d", "\u0131": "i", "\u2212": "-", "\u2013": "-", "\u2014": "-"}
)  # fmt: skip
_GREEK: Final = {
    "\u03b1": " alpha ", "\u03b2": " beta ", "\u03b3": " gamma ", "\u03b4": " delta ", "\u03b5": " epsilon ",
    "\u03b8": " theta ", "\u03bb": " lambda ", "\u03bc": " mu ", "\u03c0": " pi ", "\u03c1": " rho ",
    "\u03c3": " sigma ", "\u03c6": " phi ", "\u03c9": " omega ",
}  # fmt: skip
_LONGEST: Final = 2_000


class Form(msgspec.Struct, frozen=True):
    """A normalised answer.

    Attributes:
        text: its words with single spaces, numbers in digits. words: the same, apart.
        numerals: the numbers among the words, such as 2 of `world war 2`.
    """

    text: str
    words: tuple[str, ...]
    numerals: tuple[int, ...]

    @property
    def squeezed(self) -> str:
        """The text without spaces: `play wright` and `playwright` are the same."""
        return self.text.replace(" ", "")


@lru_cache(maxsize=8192)
def plain(text: str) -> str:
    """Return a text in lower case without accents, apostrophes and what stands around an answer in speech."""
    folded = unicodedata.normalize("NFKD", text[:_LONGEST].casefold().translate(_LETTERS))
    folded = "".join(char for char in folded if not unicodedata.combining(char))
    for letter, name in _GREEK.items():
        if letter in folded:
            folded = folded.replace(letter, name)
    folded = _SPOKEN.sub("", folded.strip())
    folded = _SPOKEN.sub("", folded)
    return _TRAILING.sub("", folded).strip().translate(_APOSTROPHES)


@lru_cache(maxsize=8192)
def form_of(text: str, answer_type: str) -> Form:
    """Return the form in which answers of a type are compared; it is empty where nothing was said."""
    words: list[str] = re.findall(r"[^\W_]+", plain(text).replace("&", " and "))
    if answer_type == "person":
        words = _name(words)
    elif answer_type == "place":
        words = [_ABBREVIATIONS.get(word, word) for word in words]
        words = _without(words, _PLACE_WORDS)
    words = _counted(_without(words, _ARTICLES))
    return Form(" ".join(words), tuple(words), tuple(int(word) for word in words if word.isdigit()))


def _name(words: list[str]) -> list[str]:
    """Return a name without the titles before it and what stands behind it."""
    while len(words) > 1 and words[0] in _HONORIFICS | _ARTICLES:
        words = words[1:]
    while len(words) > 1 and words[-1] in _SUFFIXES:
        words = words[:-1]
    return words


def _without(words: list[str], unneeded: frozenset[str]) -> list[str]:
    """Leave words out, unless nothing would be left."""
    return [word for word in words if word not in unneeded] or words


def _counted(words: list[str]) -> list[str]:
    """Return the words with every number in digits: `henry viii` and `henry eighth` are `henry 8`.

    A lone letter is a Roman numeral only behind another word.
    """
    found: list[str] = []
    for at, word in enumerate(words):
        number = None if at == 0 and word in {"i", "v", "x"} else number_of(word)
        found.append(word if number is None else str(number))
    return found
