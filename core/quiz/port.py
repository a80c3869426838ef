"""The port that brings questions and keeps what became of them."""

from typing import Protocol

import msgspec

from core.pipeline.conversations import Visit
from core.quiz.items import Card
from core.quiz.match import Result, Standing
from shared.domain.answers import Strictness
from shared.errors import InvalidInput


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What quiz is wanted.

    Attributes:
        pack_id: whose questions. question_types: only these; none takes all.
        count: questions at most.
    """

    pack_id: str
    question_types: tuple[str, ...] = ()
    count: int = 10
    strictness: Strictness = Strictness.LENIENT


class Quiz(msgspec.Struct, frozen=True):
    """A quiz that has begun."""

    quiz_id: str
    cards: tuple[Card, ...]


class Quizzes(Protocol):
    """Opens quizzes and stores answers.

    Every method checks the caller's credential and raises Unauthenticated when it no longer holds, Unavailable when
    the store does not answer.
    """

    async def open(self, visit: Visit, order: Order) -> Quiz:
        """Begin a quiz: missed questions that are due come first, then new ones.

        Raises: NotFound: no such pack. InvalidInput `no_questions`: it has none of the kind.
        """
        ...

    async def keep(self, visit: Visit, quiz_id: str, result: Result, standing: Standing) -> None:
        """Store an answer once, however often it is sent, and when its question is due again."""
        ...

    async def end(self, visit: Visit, quiz_id: str) -> None:
        """Note that a quiz is over."""
        ...


class NoQuizzes:
    """A process that has none."""

    async def open(self, visit: Visit, order: Order) -> Quiz:
        """Refuse."""
        del visit, order
        raise InvalidInput("no quizzes are kept here", code="no_quizzes")

    async def keep(self, visit: Visit, quiz_id: str, result: Result, standing: Standing) -> None:
        """There is nothing to keep."""
        del visit, quiz_id, result, standing

    async def end(self, visit: Visit, quiz_id: str) -> None:
        """There is nothing to end."""
        del visit, quiz_id
