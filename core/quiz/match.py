"""One learner's quiz: every answer is a step that says what to say and what counts; a step counts once it is taken."""

import re
from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import structs

from core.quiz.items import Item
from shared.domain.answers import Judgement, Strictness, judge
from shared.domain.answers.answer_lines import said_answer

_AGAIN: Final = re.compile(r"^(?:please )?(?:repeat|say (?:it|that) again|again|pardon)\b", re.IGNORECASE)
_PASSED: Final = re.compile(r"^(?:i )?(?:pass|skip|next|no idea|(?:do not|don't|dont) know)\b", re.IGNORECASE)
# Rules that need no words to explain them.
_PLAIN: Final = frozenset({"exact", "required_parts", "choice", "value", "acceptable"})


class Result(msgspec.Struct, frozen=True):
    """What became of one item.

    Attributes:
        position: of the item, from 0.
        given: the learner's words. rule, reason: of the judgement; `passed` where there was none.
        buzzed_at: how much of the question had been heard, 0 to 1.
        pace_ms: from the end of the reading to the answer; 0 for one before it.
    """

    position: int
    item: Item
    given: str
    matched: bool
    rule: str
    reason: str
    points: int
    buzzed_at: float
    pace_ms: int


class Standing(msgspec.Struct, frozen=True):
    """Where the quiz stands."""

    position: int = 0
    is_prompted: bool = False
    points: int = 0
    correct: int = 0
    paces: tuple[int, ...] = ()


class Step(msgspec.Struct, frozen=True):
    """An answer and what follows.

    Attributes:
        text: what is said. reads_from: where in it the next question begins; its end where none does.
        result: None where the item is not decided yet.
        then: where the quiz stands once the step is taken.
    """

    words: str
    text: str
    reads_from: int
    result: Result | None
    then: Standing


class Match:
    """A quiz over some items.

    Args:
        items: at least one.
    """

    def __init__(self, items: Sequence[Item], strictness: Strictness) -> None:
        self._items = items
        self._strictness = strictness
        self.standing = Standing()
        self._reads_from = 0

    @property
    def total(self) -> int:
        """How many items there are."""
        return len(self._items)

    @property
    def is_over(self) -> bool:
        """Whether everything was asked."""
        return self.standing.position >= len(self._items)

    @property
    def item(self) -> Item:
        """What is asked now."""
        return self._items[self.standing.position]

    def opening(self) -> str:
        """Return what is said first."""
        intro = f"{len(self._items)} questions. Say the answer as soon as you know it. Question 1. "
        self._reads_from = len(intro)
        return intro + self._items[0].text

    def answer(self, words: str, *, heard: str | None, pace_ms: int) -> Step:
        """Return what follows from some words; nothing changes before `take`.

        Args:
            heard: what the learner had heard of what was said last; None: all of it.
            pace_ms: since the end of the reading.
        """
        here, item = self.standing, self.item
        unheard = heard is not None and len(heard) <= self._reads_from and not here.is_prompted
        if unheard or _AGAIN.match(words):
            return Step(words, f"Listen. {item.text}", len("Listen. "), None, structs.replace(here, is_prompted=False))
        share = 1.0 if heard is None or here.is_prompted else self._share(heard)
        judgement = self._judged(words)
        if judgement.prompt is not None and not here.is_prompted:
            return Step(words, judgement.prompt, len(judgement.prompt), None, structs.replace(here, is_prompted=True))
        points = self._points(judgement, share)
        pace = pace_ms if share >= 1 else 0
        result = Result(
            here.position,
            item,
            words,
            judgement.matched,
            judgement.rule if not _PASSED.match(words) else "passed",
            judgement.reason,
            points,
            round(share, 3),
            pace,
        )
        then = Standing(
            here.position + 1,
            points=here.points + points,
            correct=here.correct + judgement.matched,
            paces=(*here.paces, pace),
        )
        said = self._verdict(judgement, points, item)
        if then.position >= len(self._items):
            text = f"{said} {self._summary(then)}"
            return Step(words, text, len(text), result, then)
        said = f"{said} Question {then.position + 1}. "
        return Step(words, said + self._items[then.position].text, len(said), result, then)

    def take(self, step: Step) -> None:
        """Let a step count."""
        self.standing = step.then
        self._reads_from = step.reads_from

    def _judged(self, words: str) -> Judgement:
        if _PASSED.match(words):
            return Judgement(matched=False, confidence=0.0, rule="empty", reason="no answer was given")
        return judge(words, self.item.expected, self._strictness)

    def _share(self, heard: str) -> float:
        return min(1.0, max(0.0, (len(heard) - self._reads_from) / max(1, len(self.item.text))))

    def _points(self, judgement: Judgement, share: float) -> int:
        item = self.item
        early = share * len(item.text) <= item.power_until
        if judgement.matched:
            return item.power if item.power and early else item.points
        return item.penalty if share < 1 and judgement.rule != "empty" else 0

    def _verdict(self, judgement: Judgement, points: int, item: Item) -> str:
        answer = said_answer(item.expected.answer)
        if judgement.matched:
            why = "" if judgement.rule in _PLAIN else f" {_sentence(judgement.reason)}"
            power = " Power!" if points > item.points else ""
            return f"Correct.{power}{why} {points} points."
        loss = f" {points} points." if points else ""
        explained = f" {item.explanation}" if item.explanation else ""
        return f"No. The answer is {answer}.{loss}{explained}"

    def _summary(self, end: Standing) -> str:
        waited = [pace for pace in end.paces if pace]
        target = sum(item.target_ms for item in self._items) // len(self._items)
        pace = ""
        if waited:
            took = sum(waited) / len(waited) / 1000
            pace = f" You took {took:.1f} seconds on average; the target is {target / 1000:.0f}."
        return f"That was the last one. {end.correct} of {len(self._items)} right, {end.points} points.{pace}"


def _sentence(reason: str) -> str:
    return f"{reason[:1].upper()}{reason[1:]}."
