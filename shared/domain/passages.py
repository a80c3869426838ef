"""Finds the passage of a lesson that answers a question, and the sentences of it that say so.

Passages are ranked by BM25 (Robertson and Zaragoza 2009) over word stems. Lessons here open most passages with the
question they answer, so a learner's question that is that very question finds its passage whatever else competes.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

import msgspec

from shared.domain.lesson import Lesson
from shared.domain.stems import content_stems, sentences, tokens

# BM25's usual saturation and length constants.
_K1: Final = 1.2
_B: Final = 0.6
# The share of a question's weight a passage must cover to count as its answer.
LEAST_COVERAGE: Final = 0.55
_MOST_SENTENCES: Final = 3
_MOST_WORDS: Final = 65

_NUMBER_WORDS: Final = re.compile(
    r"\b(?:\d[\d,.]*|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|sixty|seventy"
    r"|eighty|ninety|hundreds?|thousands?|millions?|billions?|trillions?|half|third|quarter|dozens?|times)\b"
)
_YEAR: Final = re.compile(r"\b1\d{3}s?\b|\b20\d\d\b|\bcentur|\byears? ago|\bin the \w+ century", re.IGNORECASE)
_NAME: Final = re.compile(r"(?<=[a-z,] )[A-Z][a-z]+(?: [A-Z][a-z]+)+")
_REASON: Final = re.compile(r"\bbecause\b|\bso\b|\breason|\bsince\b|\bcauses?\b", re.IGNORECASE)
_SHOWS: Final = re.compile(
    r"\b(?:for example|for instance|such as|imagine|picture|think of|suppose|like (?:a|the)|you can see|if you)\b",
    re.IGNORECASE,
)
# A sentence that opens so leans on the one before it.
_LEANS: Final = re.compile(
    r"(?:It|They|He|She|This|That|These|Those|So|But|Then|And|In fact|Most important|Over that|For the same)\b"
)

# A sentence that says what comes, and says nothing by itself.
_SIGNPOST: Final = re.compile(r"(?:Let us|Let's|Now we can|Now let|In this (?:lesson|topic)|Next,? we)\b")


class Passage(msgspec.Struct, frozen=True):
    """One passage, cut into sentences.

    Attributes:
        position: its place in the lesson, from 0.
        heading: the question it opens with, empty when it opens with a statement.
        body: the other sentences.
    """

    position: int
    heading: str
    body: tuple[str, ...]


class Finding(msgspec.Struct, frozen=True):
    """Sentences of one passage that answer a question.

    Attributes:
        position: the passage they come from.
        start: the first sentence's place in the passage's body.
        said: the sentences.
        coverage: 0 to 1, how much of the question the passage covers, rare words counting more.
    """

    position: int
    start: int
    said: tuple[str, ...]
    coverage: float


class LessonIndex:
    """A lesson's passages, ready to be searched."""

    def __init__(self, lesson: Lesson) -> None:
        self.passages = [_passage(position, text) for position, text in enumerate(lesson.passages)]
        self._stems = [Counter(content_stems(text)) for text in lesson.passages]
        self._mean_length = sum(sum(stems.values()) for stems in self._stems) / (len(self._stems) or 1)
        self._holding = Counter(stem for stems in self._stems for stem in stems)

    def weight(self, stem: str) -> float:
        """Return how telling a stem is: low when most passages have it, highest when none has."""
        holding = self._holding[stem]
        return math.log(1 + (len(self._stems) - holding + 0.5) / (holding + 0.5))

    def knows(self, stem: str) -> bool:
        """Say whether any passage has the stem."""
        return stem in self._holding

    def heading(self, question: str) -> Finding | None:
        """Return the answer of the passage whose heading asks the same thing, or None."""
        asked = Counter(content_stems(question))
        kind = _kind(question)
        same = [
            passage
            for passage in self.passages
            if passage.body and asked and asked.keys() == frozenset(content_stems(passage.heading))
            if _agree(kind, _kind(passage.heading))
        ]
        words = tokens(question)  # they tell `What is DNA?` from `What does DNA look like?`
        best = max(same, key=lambda passage: overlap(tokens(passage.heading), words), default=None)
        return self._answer(best, asked, kind, 1.0) if best is not None else None

    def find(self, question: str, context: Iterable[str] = ()) -> Finding | None:
        """Return the best answer in the lesson, or None where it does not cover the question.

        Args:
            question: the learner's words.
            context: stems of what was talked about before; they break ties and count little.
        """
        if (exact := self.heading(question)) is not None:
            return exact
        asked = Counter(part for stem in content_stems(question) for part in self._known_parts(stem))
        ranked = self._ranked(asked, frozenset(context))
        if not ranked:
            return None
        coverage = self._coverage(asked, ranked[0].position)
        return self._answer(ranked[0], asked, _kind(question), coverage) if coverage >= LEAST_COVERAGE else None

    def _answer(self, passage: Passage, asked: Counter[str], kind: str, coverage: float) -> Finding:
        """Return the passage's sentences on the question; a lone one is filled up from the next best passage."""
        found = self._span(passage, self._best_sentence(passage, asked, kind), coverage)
        if len(found.said) > 1:
            return found
        others = [
            (self._sentence_score(other, place, asked, kind), -other.position, self._span(other, place, coverage))
            for other in self._ranked(asked, frozenset())
            for place in [self._best_sentence(other, asked, kind)]
            if other is not passage and self._coverage(asked, other.position) >= LEAST_COVERAGE
        ]
        more = max(others, key=lambda scored: scored[:2])[2].said[:2] if others else ()
        fresh = [s for s in more or passage.body[:1] if s not in found.said]
        return Finding(found.position, found.start, (*found.said, *fresh), coverage)

    def _ranked(self, asked: Counter[str], context: frozenset[str]) -> list[Passage]:
        """Return the passages that say anything on the question, best first."""
        scores = {at: self._score(asked, at, context) for at, passage in enumerate(self.passages) if passage.body}
        told = [at for at in scores if asked.keys() & self._stems[at].keys()]
        return [self.passages[at] for at in sorted(told, key=lambda at: (-scores[at], at))]

    def _known_parts(self, stem: str) -> tuple[str, ...]:
        """Return a stem the lesson lacks as the two it has, where it is made of two: sunlight as sun and light."""
        if not self.knows(stem):
            for cut in range(3, len(stem) - 2):
                if self.knows(stem[:cut]) and self.knows(stem[cut:]):
                    return stem[:cut], stem[cut:]
        return (stem,)

    def after(self, position: int, start: int) -> Finding | None:
        """Return what the lesson says next after sentence `start` of a passage, or None at its end."""
        if position < len(self.passages) and start < len(self.passages[position].body):
            return self._span(self.passages[position], start, 1.0)
        for passage in self.passages[position + 1 :]:
            if passage.body:
                return self._span(passage, 0, 1.0)
        return None

    def reason(self, subject: Sequence[str], said: str) -> Finding | None:
        """Return sentences that give a reason for the subject and were not said yet, or None."""
        return self._fresh(_REASON, subject, said)

    def showing(self, subject: Sequence[str], said: str) -> Finding | None:
        """Return sentences that show the subject by an example and were not just said, or None."""
        return self._fresh(_SHOWS, subject, said)

    def _fresh(self, form: re.Pattern[str], subject: Sequence[str], said: str) -> Finding | None:
        """Return the unsaid sentence of a form that shares most with the subject for its length, and what follows."""
        wanted = frozenset(subject)
        best: tuple[float, Finding] | None = None
        for passage in self.passages:
            for place, sentence in enumerate(passage.body):
                stems = set(content_stems(sentence))
                shared = sum(self.weight(stem) for stem in wanted & stems) / math.sqrt(len(stems) or 1)
                if form.search(sentence) and shared and sentence not in said and (best is None or shared > best[0]):
                    best = shared, self._span(passage, place, 1.0)
        return best[1] if best else None

    def where(self, text: str) -> tuple[int, int] | None:
        """Return the passage and the place after the last of its sentences that `text` repeats, or None."""
        found: tuple[int, int] | None = None
        latest = -1
        for passage in self.passages:
            for place, sentence in enumerate(passage.body):
                at = text.rfind(sentence.rstrip(".?!"))
                if at > latest:
                    latest, found = at, (passage.position, place + 1)
        return found

    def _score(self, asked: Counter[str], at: int, context: frozenset[str]) -> float:
        stems = self._stems[at]
        length = sum(stems.values()) / (self._mean_length or 1)
        norm = _K1 * (1 - _B + _B * length)
        score = sum(self.weight(stem) * stems[stem] * (_K1 + 1) / (stems[stem] + norm) for stem in asked)
        heading = frozenset(content_stems(self.passages[at].heading))
        if heading:
            score += 2.0 * len(heading & asked.keys()) / len(heading | asked.keys())
        return score + 0.05 * sum(1 for stem in context if stem in stems)

    def _coverage(self, asked: Counter[str], at: int) -> float:
        stems = self._stems[at]
        total = sum(self.weight(stem) for stem in asked)
        return sum(self.weight(stem) for stem in asked if stem in stems) / total if total else 0.0

    def _best_sentence(self, passage: Passage, asked: Counter[str], kind: str) -> int:
        """Return the place of the sentence to begin with, one earlier where the best one leans on it."""
        places = range(len(passage.body))
        best = max(places, key=lambda place: (self._sentence_score(passage, place, asked, kind), -place), default=0)
        return best - 1 if best > 0 and _LEANS.match(passage.body[best]) else best

    def _sentence_score(self, passage: Passage, place: int, asked: Counter[str], kind: str) -> float:
        """Return how well a sentence answers: shared words, the kind of answer wanted, then order."""
        sentence = passage.body[place]
        shared = sum(self.weight(stem) for stem in asked.keys() & set(content_stems(sentence)))
        return shared + _cue(kind, sentence) - 0.15 * place

    def _span(self, passage: Passage, start: int, coverage: float) -> Finding:
        """Return up to three sentences from `start`, as many as are spoken in about half a minute."""
        said: list[str] = []
        length = 0
        for sentence in passage.body[start : start + _MOST_SENTENCES]:
            length += len(sentence.split())
            if said and length > _MOST_WORDS:
                break
            said.append(sentence)
        if len(said) > 1 and said[-1].endswith("?"):  # it introduces what is not said any more
            said.pop()
        return Finding(passage.position, start, tuple(said), coverage)


@lru_cache(maxsize=64)
def index(lesson: Lesson) -> LessonIndex:
    """Return the lesson's index, made once for as long as it is in use."""
    return LessonIndex(lesson)


def _passage(position: int, text: str) -> Passage:
    parts = [sentence for sentence in sentences(text) if not _SIGNPOST.match(sentence)]
    if len(parts) > 1 and parts[0].endswith("?"):
        return Passage(position, parts[0], tuple(parts[1:]))
    return Passage(position, "", tuple(parts))


def _kind(question: str) -> str:
    """Return the question's opening: why, who, when, where, how many, how, what; empty for anything else."""
    words = tokens(question)
    for place, word in enumerate(words):
        if word == "how" and words[place + 1 : place + 2] and words[place + 1] in _QUANTITIES:
            return "how many"
        if word in {"why", "who", "when", "where", "how", "what", "which"}:
            return word
    return ""


_QUANTITIES: Final = frozenset(
    ["many", "much", "far", "long", "fast", "big", "old", "often", "hot", "large", "small", "high"]
)
_CUES: Final = {"why": _REASON, "who": _NAME, "when": _YEAR}


def _cue(kind: str, sentence: str) -> float:
    """Return a bonus for a sentence that has the form of the answer."""
    if kind == "how many":
        return 0.8 if _NUMBER_WORDS.search(sentence.lower()) else 0.0
    cue = _CUES.get(kind)
    return 0.8 if cue is not None and cue.search(sentence) else 0.0


def _agree(asked: str, heading: str) -> bool:
    """Say whether two openings ask for the same kind of thing; an opening left out agrees with any."""
    return asked == heading or not asked or {asked, heading} <= {"what", "how", "which", ""}


def overlap(left: Sequence[str], right: Sequence[str]) -> float:
    """Return the share of stems two texts have in common, 0 to 1 (Jaccard)."""
    one, two = frozenset(left), frozenset(right)
    return len(one & two) / len(one | two) if one | two else 0.0
