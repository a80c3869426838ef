"""Whether words, as a recogniser heard them, sound as if their speaker would go on. English only."""

import re
from enum import Enum, auto
from typing import Final


class Completeness(Enum):
    """What the words say of the silence after them."""

    UNKNOWN = auto()
    UNFINISHED = auto()  # something must follow
    COMPLETE = auto()  # a whole question


# Nothing ends with these, whatever mark a recogniser sets behind them.
_JOINING: Final = "a an the and or but because if unless although whereas my your our their its very than whether"
_HESITATING: Final = "um umm uh uhm er erm eh hmm well like so"
# Statements do not end with these; a question may: "What is it made of?"
_LINKING: Final = """
    of to for with from about into onto by at between during through without i'm it's we're they're
    i'll we'll i we they he she which
"""
_NEVER_LAST: Final = frozenset(f"{_JOINING} {_HESITATING}".split())
_SELDOM_LAST: Final = frozenset(_LINKING.split())
_QUESTION_WORDS: Final = """
    who what when where why how which whose whom
    is are was were do does did can could would will should has have
"""
_ASKING: Final = frozenset(_QUESTION_WORDS.split())
# A shorter one may lack its end: "Why is the sky" goes on, "Why is the sky blue" need not.
_SHORTEST_QUESTION: Final = 5
_WORD: Final = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
_OPEN_MARK: Final = re.compile(r"(?:[,;:\u2013\u2014\u2026-]|\.\.\.)\s*$")


def completeness(text: str, language: str = "en") -> Completeness:
    """Judge the words of an utterance so far.

    Recognisers set a full stop or a question mark behind whatever they hear, so only marks that leave a sentence open
    are believed; otherwise its first and last words tell.

    Args:
        language: BCP 47 tag; of words in another language than English only the marks are read.
    """
    if _OPEN_MARK.search(text):
        return Completeness.UNFINISHED
    words = _WORD.findall(text.lower().replace("\u2019", "'"))
    if not words or language.split("-", maxsplit=1)[0].lower() != "en":
        return Completeness.UNKNOWN
    asks = words[0] in _ASKING
    if words[-1] in _NEVER_LAST or (words[-1] in _SELDOM_LAST and not asks):
        return Completeness.UNFINISHED
    if asks and text.rstrip().endswith("?") and len(words) >= _SHORTEST_QUESTION and words[-1] not in _SELDOM_LAST:
        return Completeness.COMPLETE
    return Completeness.UNKNOWN
