"""Whether words said over the tutor's answer are meant to interrupt it."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

# What listeners say to show that they follow. Recognisers also hear "thank you" in a breath.
_NODS: Final[Mapping[str, str]] = {
    "en": """
        mm mmm mhm mmhm mm-hm mm-hmm mmm-hmm hm hmm uh-huh uhuh uh huh um ah aha oh ooh okay ok okey yeah yes yep yup ya
        right sure alright cool great nice good wow true exactly indeed really interesting perfect thanks
        i|see got|it of|course all|right go|on makes|sense that|makes|sense thank|you sounds|good fair|enough very|good
        oh|i|see i|understand
    """,
    "de": "mm mhm hm hmm aha ah ach oh ja jo jaja genau okay ok gut klar stimmt richtig super toll so verstehe danke "
    "ach|so alles|klar ich|verstehe",
    "es": "mm mhm hm aja ajá ah oh sí si claro vale bien bueno ya okay ok exacto cierto gracias de|acuerdo ya|veo "
    "entiendo muy|bien",
    "fr": "mm mhm hm ah oh oui ouais d'accord okay ok bien voilà exact super merci je|vois bien|sûr c'est|ça",
}
# A longer chain of them is a sentence.
_MOST_WORDS: Final = 5
# An echo comes back with a word lost or misheard here and there.
_ECHOED: Final = 0.75
_SHORTEST_ECHO: Final = 3
_WORD: Final = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")


class Saying(msgspec.Struct, frozen=True):
    """What the tutor was saying when the learner spoke.

    Attributes:
        text: the sentences around that moment.
        asks: a question had just been put.
    """

    text: str = ""
    asks: bool = False


def is_meant(words: str, saying: Saying, language: str = "en") -> bool:
    """Tell an interruption from a nod, from the tutor's own echo, and from nothing at all.

    A nod that follows a question answers it.

    Args: language: BCP 47 tag; in a language without a list only echoes and silence are told.
    """
    said = _words(words)
    if not said or _echoes(said, _words(saying.text)):
        return False
    return saying.asks or not _nods(said, language)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower().replace("\u2019", "'"))


def _nods(said: Sequence[str], language: str) -> bool:
    """Whether the words are a chain of nods."""
    known = _BY_LANGUAGE.get(language.split("-", maxsplit=1)[0].lower(), frozenset())
    if len(said) > _MOST_WORDS:
        return False
    reached = {0}
    for begin in range(len(said)):
        if begin in reached:
            reached |= {end for end in range(begin + 1, len(said) + 1) if tuple(said[begin:end]) in known}
    return len(said) in reached


def _echoes(said: Sequence[str], tutor: Sequence[str]) -> bool:
    """Whether most of the words are the tutor's, in the tutor's order."""
    if len(said) < _SHORTEST_ECHO:
        return False
    common = [0] * (len(tutor) + 1)
    for word in said:
        before = 0
        for i, other in enumerate(tutor, start=1):
            before, common[i] = common[i], before + 1 if word == other else max(common[i], common[i - 1])
    return common[-1] >= _ECHOED * len(said)


_BY_LANGUAGE: Final = {
    language: frozenset(tuple(nod.split("|")) for nod in nods.split()) for language, nods in _NODS.items()
}
