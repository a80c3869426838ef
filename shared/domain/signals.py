"""What a learner's words tell of how well they follow. Pure."""

import re
from typing import Final, Literal

Signal = Literal["clarification", "repetition", "confusion", "question"]

# Patterns that `re` compiles, and keeps, when the first words come.
_PATTERNS: Final[tuple[tuple[Signal, str], ...]] = (
    (
        "repetition",
        r"""\b(?: say \s (?:that|it) \s (?:again|once \s more) | repeat | come \s again | what \s did \s you \s say
            | one \s more \s time | pardon | (?:didn't|did \s not|couldn't) \s (?:quite \s)? (?:hear|catch) )\b""",
    ),
    (
        "confusion",
        r"""\b(?: (?:don't|do \s not|didn't|did \s not|can't|cannot) \s (?:really \s|quite \s)?
                      (?:understand|get \s (?:it|that|this)|follow)
            | confus(?:ed|ing) | (?:i'm|i \s am|you) \s (?:totally \s|completely \s)? (?:lost(?:\sme)?)
            | (?:doesn't|does \s not|makes \s no) \s (?:make \s (?:any \s)?)? sense | too \s (?:fast|hard|difficult)
            | no \s idea \s what )\b""",
    ),
    (
        "clarification",
        r"""\b(?: what \s do(?:es)? \s (?:you|that|this|it) \s mean | explain \s (?:that|it|this|again)
            | in \s other \s words | simpler | more \s (?:slowly|simply) | rephrase | clarify
            | what \s is \s (?:that|this) \s again | can \s you \s explain | (?:an|another|one) \s example
            | for \s instance \? )\b""",
    ),
)
_ASKS: Final = r"""
    ^(?:(?:and|but|so|ok|okay|well|wait) \s)* (?: who|whom|what|what's|when|where|why|how|which|whose|is|are|was
    |were|do|does|did|can|could|would|should|will|has|have|tell \s me|explain|describe|define )\b"""


def signals_of(words: str) -> tuple[Signal, ...]:
    """Return what a learner's words signal: asking to repeat, being confused, asking to clarify, asking at all.

    Words that signal something else are not counted as a question too.
    """
    plain = " ".join(re.findall(r"[a-z0-9']+", words.lower().replace("\u2019", "'")))
    found: tuple[Signal, ...] = tuple(signal for signal, pattern in _PATTERNS if re.search(pattern, plain, re.VERBOSE))
    if found:
        return found
    return ("question",) if words.rstrip().endswith("?") or re.match(_ASKS, plain, re.VERBOSE) else ()
