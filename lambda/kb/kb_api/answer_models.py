"""The wire of judging answers."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from kb_api.edit_models import AnswerType, Id, Lines

Given = Annotated[str, Meta(max_length=2_000)]
Line = Annotated[str, Meta(min_length=1, max_length=4_000, pattern=r"\S")]
Level = Literal["strict", "standard", "lenient"]
Region = Literal["colorado", "colorado_springs", "minnesota", "washington"]

MOST_ANSWERS = 100


class GivenAnswer(Struct, frozen=True, kw_only=True):
    """An answer, and what it is held against: a question of the database, or an answer (line) sent along."""

    answer: Given | None = None
    question_id: Id | None = None
    expected_answer: Line | None = None
    acceptable_answers: Lines | None = None
    answer_type: AnswerType | None = None


class JudgeAnswers(GivenAnswer, frozen=True, kw_only=True):
    """One answer, or several in `answers`; `strictness` wins over what a `region` plays by, lenient without either."""

    strictness: Level | None = None
    region: Region | None = None
    answers: Annotated[list[GivenAnswer], Meta(min_length=1, max_length=MOST_ANSWERS)] | None = None


class JudgementItem(Struct, frozen=True, kw_only=True):
    """What was decided about one answer.

    `confidence` is 0 to 1 that a counted answer is right; `rule` decided, `reason` says why for the learner; `prompt`
    is what to ask an answer that is on the way; `matched_answer` the wording it was held against.
    """

    matched: bool
    confidence: float
    rule: str
    reason: str
    expected_answer: str
    matched_answer: str | UnsetType = UNSET
    prompt: str | UnsetType = UNSET
    question_id: str | UnsetType = UNSET


class JudgedOne(JudgementItem, frozen=True, kw_only=True):
    """One answer's judgement."""

    strictness: Level
    success: bool = True


class JudgedMany(Struct, frozen=True, kw_only=True):
    """Several answers' judgements, in their order."""

    results: list[JudgementItem]
    matched_count: int
    strictness: Level
    success: bool = True
