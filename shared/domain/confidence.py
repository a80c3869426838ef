"""How sure a tutor's answer sounds, how that develops, and whether the tutor should look further. Pure.

Heuristics on the text alone:
uncertainty = 0.25 hedging + 0.30 deflection + 0.35 knowledge gap + 0.10 vague language; confidence = 1 - uncertainty.
"""

import re
from collections.abc import Sequence
from typing import Final, Literal

import msgspec

Marker = Literal["hedging", "question_deflection", "knowledge_gap", "vague_language", "out_of_scope"]
Trend = Literal["improving", "stable", "declining"]
Priority = Literal["none", "low", "medium", "high"]
Scope = Literal["current_topic", "current_unit", "related_topics", "full_curriculum"]

# Answers a trend looks back on, and the newest of them it compares with the older ones.
WINDOW: Final = 10
_NEWEST: Final = 3
_CHANGE: Final = 0.1
# A component above this sets its marker.
_MARKED: Final = 0.3
UNSURE: Final = 0.5
_VERY_UNSURE: Final = 0.3
_DEFLECTS: Final = 0.8
_LACKS: Final = 0.9

_HEDGES: Final = (
    (r"(?:i'?m|i am) not (?:entirely |really |quite |completely )?(?:sure|certain)", 0.9),
    (r"i guess|hard to say|who knows", 0.8),
    (r"i think|i believe|i suppose|i assume|as far as i know|if i recall|if i remember", 0.6),
    (r"maybe|perhaps|possibly|might be|could be|may be", 0.5),
    (r"probably|likely|presumably|it seems|it appears|seems to|appears to", 0.4),
    (r"sort of|kind of|more or less|roughly speaking", 0.4),
    (r"generally|usually|typically|in most cases", 0.2),
)
# Patterns that `re` compiles, and keeps, when the first answer is judged.
_DEFLECTION: Final = r"""
    \b(?: (?:that's|that \s is) \s a \s (?:great|good|interesting) \s question [,.]? \s (?:but|however|for)
    | you \s (?:should|could|may \s want \s to|might \s want \s to) \s (?:ask|consult|check \s with|look)
    | (?:let's|let \s us) \s (?:move \s on|talk \s about \s something|focus \s on \s something)
    | why \s do \s you \s ask | what \s do \s you \s think \? | ask \s your \s teacher
    | (?:can't|cannot|can \s not) \s (?:help|answer) | i \s would \s rather )"""
_GAP: Final = r"""
    \b(?: i \s (?:don't|do \s not) \s (?:actually \s|really \s)?
                (?:know|have \s (?:any \s|enough \s|that \s|the \s)* (?:information|knowledge|details|data))
    | i'?m \s not \s (?:familiar|aware) | i \s am \s not \s (?:familiar|aware)
    | i \s (?:have \s no|lack \s the) \s (?:information|knowledge|idea) | no \s idea
    | (?:the \s lesson|it|this \s lesson|this \s topic|the \s material) \s (?:does \s not|doesn't)
      \s (?:cover|say|mention|explain|tell)
    | (?:not|isn't|is \s not) \s (?:in|covered \s (?:in|by)|part \s of) \s (?:the|this|our) \s (?:lesson|material|topic)
    | beyond \s (?:my|what \s i) \s (?:knowledge|know) )\b"""
_SCOPE: Final = r"""
    \b(?: (?:outside|beyond|out \s of) \s (?:of \s)? (?:the|this|our)
               \s (?:scope|lesson|topic|course|curriculum|material)
    | out \s of \s scope | (?:another|a \s different|a \s later) \s (?:lesson|topic|course)
    | (?:the \s lesson|this \s lesson|this \s topic) \s (?:does \s not|doesn't) \s (?:cover|mention) )\b"""
_VAGUE_WORDS: Final = """
    stuff thing things something somehow somewhat whatever various several some many lots basically essentially etc
    anything someone somewhere sometimes
"""
_VAGUE: Final = frozenset(_VAGUE_WORDS.split())
_WORD: Final = r"[^\W\d_]+(?:'[^\W\d_]+)?"


class Confidence(msgspec.Struct, frozen=True):
    """How sure an answer sounds; all figures 0 to 1."""

    score: float
    hedging: float
    deflection: float
    knowledge_gap: float
    vague: float
    markers: tuple[Marker, ...]

    @property
    def uncertainty(self) -> float:
        """What is missing from certainty."""
        return round(1 - self.score, 4)


class Expansion(msgspec.Struct, frozen=True):
    """Whether the tutor should look further, how urgently and how far; priority "none" says that it need not."""

    priority: Priority
    scope: Scope
    reason: str

    @property
    def wanted(self) -> bool:
        """Whether to look further."""
        return self.priority != "none"


def confidence_of(answer: str) -> Confidence:
    """Return how sure an answer sounds; an empty one is as sure as any."""
    weights = [weight for words, weight in _HEDGES if re.search(rf"\b(?:{words})\b", answer, re.IGNORECASE)]
    hedging = sum(weights) / len(weights) if weights else 0.0
    deflection = _DEFLECTS if _says(_DEFLECTION, answer) else 0.0
    gap = _LACKS if _says(_GAP, answer) else 0.0
    words = re.findall(_WORD, answer.lower())
    vague = min(1.0, sum(word in _VAGUE for word in words) / len(words)) if words else 0.0
    marks: tuple[tuple[Marker, bool], ...] = (
        ("hedging", hedging > _MARKED),
        ("question_deflection", deflection > _MARKED),
        ("knowledge_gap", gap > _MARKED),
        ("vague_language", vague > _MARKED),
        ("out_of_scope", _says(_SCOPE, answer)),
    )
    uncertainty = 0.25 * hedging + 0.30 * deflection + 0.35 * gap + 0.10 * vague
    return Confidence(
        score=round(1 - uncertainty, 4),
        hedging=round(hedging, 4),
        deflection=deflection,
        knowledge_gap=gap,
        vague=round(vague, 4),
        markers=tuple(marker for marker, is_set in marks if is_set),
    )


def trend_of(scores: Sequence[float]) -> Trend:
    """Return how the confidence of the last answers develops, oldest first: the newest three against those before."""
    window = scores[-WINDOW:]
    older, newest = window[:-_NEWEST], window[-_NEWEST:]
    if not older:
        return "stable"
    change = sum(newest) / len(newest) - sum(older) / len(older)
    return "improving" if change > _CHANGE else "declining" if change < -_CHANGE else "stable"


def expansion_of(confidence: Confidence, trend: Trend) -> Expansion:
    """Return whether to look further after an answer of this confidence.

    What is out of scope is looked for in the whole curriculum, a gap in topics near by, doubt in the unit, and a
    decline in the topic itself.
    """
    score, markers = confidence.score, confidence.markers
    priority: Priority = "high" if score < _VERY_UNSURE else "medium" if score < UNSURE else "low"
    if "out_of_scope" in markers:
        return Expansion(priority, "full_curriculum", "the answer is out of the lesson's scope")
    if "knowledge_gap" in markers:
        return Expansion(priority, "related_topics", "the answer admits a gap")
    if score < UNSURE:
        return Expansion(priority, "current_unit", f"the answer's confidence is {score:.2f}")
    if trend == "declining":
        return Expansion(priority, "current_topic", "answers become less sure")
    return Expansion("none", "current_topic", "")


def _says(pattern: str, answer: str) -> bool:
    return re.search(pattern, answer, re.IGNORECASE | re.VERBOSE) is not None
