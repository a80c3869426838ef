"""Holds a quiz in a voice session: while it lasts, answers are judged where a model would be asked."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine

from msgspec import structs

from core.pipeline.notices import Problem, QuizAnswered, QuizAsked, QuizEnded
from core.pipeline.prepared import Prepared
from core.pipeline.reply import Reply
from core.pipeline.talk import Talk
from core.providers import Providers
from core.providers.llm.port import ModelUsage, Prompt, Token
from core.quiz.items import items_of
from core.quiz.match import Match, Result, Standing, Step
from core.quiz.port import Order
from shared.errors import AppError


class QuizPlayer:
    """One session's quizzes, one after the other.

    It stands where the language model stands: the words of a turn are answered with the verdict and the next question.
    What it answers counts once the turn has ended, since words may be prepared for and dropped.

    Args:
        say: has prepared text spoken as the tutor's turn, unless somebody else speaks: False.
        start: runs what is stored beside, to its end.
    """

    name = "quiz"
    model = "rules"

    def __init__(
        self,
        talk: Talk,
        say: Callable[[Prepared], bool],
        start: Callable[[Coroutine[object, object, None]], None],
    ) -> None:
        self._talk = talk
        self._say = say
        self._start = start
        self._match: Match | None = None
        self._quiz_id = ""
        self._providers: Providers | None = None
        self._phrases: tuple[str, ...] = ()
        self._step: Step | None = None
        self._heard: str | None = None
        self._read_at: float | None = None
        self._unstored: list[tuple[str, tuple[Result, Standing] | None]] = []
        self._storing = False

    async def begin(self, order: Order) -> None:
        """Begin a quiz and read its first question.

        Raises: as `Quizzes.open`.
        """
        talk = self._talk
        quiz = await talk.equipment.quizzes.open(talk.visit, order)
        self.leave()
        match = self._match = Match(items_of(quiz.cards), order.strictness)
        self._quiz_id = quiz.quiz_id
        self._step, self._heard, self._read_at = None, None, None
        self._providers, self._phrases = talk.providers, talk.phrases
        talk.providers = structs.replace(talk.providers, llm=self)
        talk.phrases = tuple({text for card in quiz.cards for text in (card.answer_text, *card.acceptable_answers)})
        self._tell_asked(match)
        self._say(Prepared(match.opening()))

    def leave(self) -> None:
        """End a quiz, wherever it stands."""
        match, self._match = self._match, None
        if match is None:
            return
        if self._providers is not None:
            self._talk.providers, self._talk.phrases = self._providers, self._phrases
        standing = match.standing
        self._talk.client.tell(QuizEnded(self._quiz_id, standing.position, standing.correct, standing.points))
        self._store(None)

    def turn_ended(self, reply: Reply) -> None:
        """Let an answer count whose turn has ended, and note when its question had been read."""
        match, step = self._match, self._step
        if match is None:
            return
        complete = reply.outcome.complete
        self._read_at = asyncio.get_running_loop().time() if complete else None
        self._heard = None if complete else self._heard_of(reply)
        if reply.ask.prepared is not None or step is None or reply.outcome.words != step.words:
            return
        self._step = None
        match.take(step)
        if step.result is not None:
            self._tell_answered(step.result, match)
            self._store((step.result, match.standing))
        if match.is_over:
            self.leave()
        else:
            self._tell_asked(match)

    async def reply(self, prompt: Prompt) -> AsyncIterator[Token | ModelUsage]:
        """Answer the learner's words with a verdict and the next question, as a model would."""
        match = self._match
        words = prompt.messages[-1].content if prompt.messages[-1].role == "user" else ""
        if match is None or match.is_over:
            yield Token("The quiz is over.")
        else:
            self._step = match.answer(words, heard=self._heard, pace_ms=self._pace_ms())
            yield Token(self._step.text)
        yield ModelUsage(0, 0)

    async def close(self) -> None:
        """Nothing is held."""

    def _heard_of(self, reply: Reply) -> str:
        """Return what was heard of a reply; one of which nothing was heard is not remembered."""
        said = (turn.text for turn in reversed(self._talk.history) if turn.role == "assistant")
        return next(said, "") if reply.outcome.heard_ms else ""

    def _pace_ms(self) -> int:
        if self._read_at is None:
            return 0
        return round((asyncio.get_running_loop().time() - self._read_at) * 1000)

    def _store(self, what: tuple[Result, Standing] | None) -> None:
        """Store an answer, or the end, behind what is stored already."""
        self._unstored.append((self._quiz_id, what))
        if not self._storing:
            self._storing = True
            self._start(self._work_off())

    async def _work_off(self) -> None:
        talk = self._talk
        try:
            while self._unstored:
                quiz_id, what = self._unstored.pop(0)
                if what is None:
                    await talk.equipment.quizzes.end(talk.visit, quiz_id)
                else:
                    await talk.equipment.quizzes.keep(talk.visit, quiz_id, *what)
        except AppError as error:
            talk.client.tell(Problem("QUIZ_NOT_STORED", error.message))
        finally:
            self._storing = False

    def _tell_asked(self, match: Match) -> None:
        item = match.item
        position = match.standing.position
        self._talk.client.tell(QuizAsked(self._quiz_id, position, match.total, item.question_id, item.kind, item.part))

    def _tell_answered(self, result: Result, match: Match) -> None:
        self._talk.client.tell(
            QuizAnswered(
                quiz_id=self._quiz_id,
                position=result.position,
                question_id=result.item.question_id,
                matched=result.matched,
                rule=result.rule,
                reason=result.reason,
                points=result.points,
                score=match.standing.points,
                pace_ms=result.pace_ms,
                target_ms=result.item.target_ms,
            )
        )
