"""The wire of quizzes played by voice."""

from msgspec import UNSET, Struct, UnsetType

from kb_api.models import AtLeastOne, NotNegative


class ListQuizzes(Struct, frozen=True, kw_only=True):
    """Which quizzes; a longer page than 100 is cut."""

    limit: AtLeastOne = 20
    offset: NotNegative = 0


class QuizItem(Struct, frozen=True, kw_only=True):
    """A quiz; `ended_at` is absent while it lasts."""

    id: str
    session_id: str
    pack_id: str
    pack_name: str
    strictness: str
    answered: int
    correct: int
    score: int
    started_at: str
    ended_at: str | UnsetType = UNSET


class QuizAnswerItem(Struct, frozen=True, kw_only=True):
    """What became of a question.

    `buzzed_at` is how much of it had been heard, 0 to 1; `pace_ms` from the end of the reading to the answer, 0 for one
    before it; `target_ms` what it should take; `part` of a bonus from 1.
    """

    position: int
    question_id: str
    part: int
    given: str
    matched: bool
    rule: str
    reason: str
    points: int
    buzzed_at: float
    pace_ms: int
    target_ms: int


class QuizList(Struct, frozen=True, kw_only=True):
    """One page of the caller's quizzes, the newest first."""

    quizzes: list[QuizItem]
    total: int
    limit: int
    offset: int
    success: bool = True


class QuizDetail(Struct, frozen=True, kw_only=True):
    """One quiz and its answers."""

    quiz: QuizItem
    answers: list[QuizAnswerItem]
    success: bool = True
