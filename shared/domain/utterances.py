"""What a learner wants with a sentence that is about the conversation rather than about the lesson."""

import re
from enum import Enum, auto
from typing import Final


class Intent(Enum):
    """One thing a sentence may ask of a tutor; a sentence may have several, or none."""

    AGAIN = auto()
    EXAMPLE = auto()
    CONFUSED = auto()
    GO_ON = auto()
    WHY = auto()
    QUIZ = auto()
    THANKS = auto()
    GREETING = auto()
    GOODBYE = auto()
    ABOUT = auto()
    QUESTION = auto()
    DO_NOT_KNOW = auto()


_PATTERNS: Final = tuple(
    (intent, re.compile(pattern, re.VERBOSE))
    for intent, pattern in (
        (
            Intent.AGAIN,
            r"""\b(?: say \s (?:that|it) \s (?:again|once \s more) | repeat | come \s again | what \s did \s you \s say
            | one \s more \s time | pardon | (?:didn't|did \s not) \s (?:hear|catch) )\b""",
        ),
        (Intent.EXAMPLE, r"\b(?:examples?|for \s instance)\b"),
        (
            Intent.CONFUSED,
            r"""\b(?: (?:don't|do \s not|didn't|did \s not) \s (?:really \s)? (?:understand|get|follow)
            | confus\w+ | (?:i'm|i \s am) \s lost | explain \s (?:that|it|this) | explain \s again | simpler
            | in \s other \s words | make \s sense | what \s do \s you \s mean$ )\b""",
        ),
        (
            Intent.GO_ON,
            r"""^(?:please \s)? (?: go \s on | continue | keep \s going | tell \s me \s more | more | next
            | what \s else | what(?:'s|\s is) \s next | and \s then | (?:let's|let \s us) \s go \s on
            | anything \s else | carry \s on )
            (?: \s please)?$""",
        ),
        (
            Intent.WHY,
            r"""^(?:(?:but|and|ok|okay|so) \s)? (?: (?:why|how) (?: \s (?:not|so|come|exactly))?
            | (?:why|how) \s is \s (?:that|it|this) | how \s does \s (?:that|it|this) \s work
            | how \s do \s (?:we|you|they) \s know (?: \s that)? ) (?: \s (?:please|though|then))?$""",
        ),
        (
            Intent.QUIZ,
            r"""\b(?: (?:quiz|test) \s me | ask \s me \s (?:a|another|something|the)
            | (?:what \s was|repeat) \s the \s question )\b""",
        ),
        (
            Intent.THANKS,
            r"""^(?: ok|okay|yes|yeah|yep|right|i \s see|(?:i \s)?got \s it|thanks?|thank \s you|great|cool|good|fine
            | sure | hm+ | aha | alright | that \s makes \s sense | i \s understand | perfect | nice | wow )
            (?: \s (?:thanks?|thank \s you|very \s much|so \s much|i \s see|got \s it|now|a \s lot))*$""",
        ),
        (Intent.GREETING, r"^(?:hello|hi|hey|good \s (?:morning|afternoon|evening)) (?: \s (?:there|tutor|again))*$"),
        (
            Intent.GOODBYE,
            r"^(?:good \s? bye|bye (?: \s bye)?|see \s you (?: \s later)?|stop|that's \s all|(?:i'm|i \s am) \s done)$",
        ),
        (
            Intent.ABOUT,
            r"""\bwhat (?:'s|\s is|\s are|\s do|\s does|\s will) \s (?:this|the|today's|we|you|i) \b .*
            \b(?:lesson|topic|class) \b .* \b(?:about|learn\w*|cover|teach)
            | \bwhat \s can \s (?:i|you|we) \s (?:ask|learn|teach|talk)
            | ^what \s is \s (?:the|this) \s (?:lesson|topic)$
            | ^what \s (?:is \s this|are \s we \s (?:talking|learning)) \s about$ | ^what \s are \s we \s learning""",
        ),
        (
            Intent.QUESTION,
            r"""^(?:(?:and|but|so|ok|okay|well) \s)? (?: who|what|what's|when|where|why|how|which|whose|is|are|was|were
            |do|does|did|can|could|would|should|will|has|have|tell \s me|explain|describe|define )\b""",
        ),
        (
            Intent.DO_NOT_KNOW,
            r"""^(?: no|nope|i \s (?:don't|do \s not) \s know|no \s idea|(?:i'm \s)?not \s sure
            | i \s forgot|skip|pass )\b""",
        ),
    )
)


# How one begins a question without asking it yet: "I would like to understand how …", "I was wondering why …".
_FRAMING: Final = re.compile(
    r"""^(?: (?:well|so|ok|okay|um|uh|er|hi|hello|please|and|but|now|actually) \s )* (?:
      (?: i'd | i \s would | i'll | i ) \s (?:really \s|just \s|also \s)*
        (?: like|love|want|wanted|need|wish|have|am \s trying|was \s trying|was \s hoping ) \s to \s (?:really \s)?
        (?: understand|know|learn|find \s out|ask(?:\s you)?|figure \s out )
    | i'm \s trying \s to \s (?: understand|learn|find \s out|figure \s out )
    | (?: i'm | i \s am | i \s was ) \s (?:just \s)? (?: wondering | curious | interested (?: \s in | \s to \s know )? )
    | i \s (?:often \s|always \s)? (?: wonder | wondered )
    | i \s have \s (?: a | another | one \s more ) \s question
    | my \s (?:next \s)? question \s is | let \s me \s ask (?: \s you )?
    | (?: (?:can|could|would|will) \s you \s (?:please \s)? )? help \s me \s (?: to \s )? understand
    ) (?: \s (?:something|more|a \s bit|a \s little) \s about | \s about )? \s (?=\S)""",
    re.VERBOSE,
)
# Words of such beginnings: no lesson need say anything about them.
_FRAMING_WORDS: Final = """
    ask curious help interested learn love need question trying understand wonder wondered wondering
"""
FRAMING_WORDS: Final = frozenset(_FRAMING_WORDS.split())


def without_framing(plain: str) -> str:
    """Return plain words without what only announces the question; what would leave nothing stays as it is."""
    return _FRAMING.sub("", plain, count=1)


def intents(plain: str) -> frozenset[Intent]:
    """Return every intent of a sentence given in lower case, without marks and with single spaces."""
    return frozenset(intent for intent, pattern in _PATTERNS if pattern.search(plain))


_DECLINES: Final = re.compile(
    r"""^(?: (?:no|nope|nah)\b (?! \s (?:idea|problem|worries) ) | not \s (?:now|yet|today) | stop | enough
    | (?:good \s?)? bye | (?:let's|let \s us) \s (?:stop|pause) | pause | later | (?:i'm|i \s am) \s (?:done|tired)
    | (?:that's|that \s is) \s (?:all|enough) )\b""",
    re.VERBOSE,
)


def declines(words: str) -> bool:
    """Tell whether words, as heard or typed, say that the learner does not want to go on."""
    plain = " ".join(re.findall(r"[a-z0-9']+", words.lower().replace("\u2019", "'")))
    return _DECLINES.search(plain) is not None
