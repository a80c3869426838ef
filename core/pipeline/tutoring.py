"""What the tutor keeps in view of one session, from turn to turn, and what the model is asked."""

import asyncio
from collections.abc import Sequence
from typing import Final

from msgspec import structs

from core.pipeline.conversations import Conversation, Conversations, Turn, Visit
from core.providers.llm.port import Message, Prompt
from shared.domain import context
from shared.domain.confidence import WINDOW, Confidence, Expansion, confidence_of, expansion_of, trend_of
from shared.domain.context import Situation, build_context
from shared.domain.prompt import instructions
from shared.domain.signals import signals_of
from shared.domain.tiers import tier_of
from shared.errors import AppError

_COUNTS: Final = {"clarification": "clarifications", "repetition": "repetitions", "confusion": "confusions"}


class Tutoring:
    """The four context buffers of a session. Everything is in memory: building a prompt takes a fraction of a ms.

    Args:
        window: tokens the process's model holds; a session may ask for fewer.
    """

    def __init__(self, conversations: Conversations, visit: Visit, window: int) -> None:
        self._conversations = conversations
        self._visit = visit
        self._window = window
        self._conversation = Conversation(session_id=visit.session_id)
        self._entered = 0.0
        self._scores: list[float] = []
        self._found_for: Expansion | None = None
        self.situation = Situation()

    def enter(self, conversation: Conversation) -> None:
        """Take over what the store says of the session."""
        self._conversation = conversation
        self._entered = asyncio.get_running_loop().time()
        self._scores = list(conversation.scores)
        self._found_for = None
        self.situation = conversation.situation

    def stand_at(self, position: int) -> None:
        """The passage that is taught has changed."""
        self.situation = structs.replace(self.situation, position=position, segment="")

    def ask_checkpoint(self, question: str) -> None:
        """The learner's next words answer a question; empty: they do not."""
        self.situation = structs.replace(self.situation, checkpoint=question)

    def learn(self, turn: Turn) -> None:
        """Count what the learner's words signal."""
        if turn.role != "user":
            return
        signals = self.situation.signals
        for signal in signals_of(turn.text):
            if name := _COUNTS.get(signal):
                signals = structs.replace(signals, **{name: getattr(signals, name) + 1})
        self.situation = structs.replace(self.situation, signals=signals)

    def prompt(self, history: Sequence[Turn], words: str) -> Prompt:
        """Return the prompt for the learner's words after what was said before; no words: they were the last of it.

        Words that followed an answer cut short are the interruption: they come first.
        """
        conversation = self._conversation
        said = [turn for turn in history if turn.text]
        if not words and said and said[-1].role == "user":
            words = said.pop().text
        interrupted = bool(said) and said[-1].role == "assistant" and said[-1].interrupted
        elapsed = self.situation.elapsed_s + int(asyncio.get_running_loop().time() - self._entered)
        built = build_context(
            conversation.lesson,
            [context.Message(turn.role, turn.text) for turn in said],
            tier=tier_of(min(conversation.window, self._window)),
            words=words,
            instructions=instructions(conversation.lesson, conversation.instructions),
            situation=structs.replace(self.situation, elapsed_s=elapsed, barge_in=words if interrupted else ""),
        )
        return Prompt(tuple(Message(each.role, each.content) for each in built.messages), conversation.lesson)

    async def doubts(self, begun: str, words: str) -> bool:
        """Tell whether an answer that begins so is to be asked for anew: other topics say more on the words.

        Only once for the same words: what was found is in view from now on.
        """
        expansion = expansion_of(confidence_of(begun), "stable")
        return expansion.wanted and not self.situation.related and await self._look_further(words, expansion)

    async def reflect(self, answer: str, words: str) -> Expansion | None:
        """Weigh an answer that was given, and look further for the next one where it was unsure.

        Returns: for what other topics were searched and found to say something during this turn; None: for nothing.
        """
        weighed = confidence_of(answer)
        self._scores = [*self._scores, weighed.score][-WINDOW:]
        expansion = self._wanted(weighed)
        if not expansion.wanted:
            self.situation = structs.replace(self.situation, related=())
        elif not self.situation.related:
            await self._look_further(words, expansion)
        found_for, self._found_for = self._found_for, None
        return found_for

    def _wanted(self, weighed: Confidence) -> Expansion:
        return expansion_of(weighed, trend_of(self._scores))

    async def _look_further(self, words: str, expansion: Expansion) -> bool:
        conversation = self._conversation
        if not (conversation.auto_expand and conversation.curriculum_id and words):
            return False
        try:
            found = await self._conversations.related(self._visit, words)
        except AppError:
            return False  # the turn's storing meets the same trouble, and reports it
        if found:
            self.situation = structs.replace(self.situation, related=found)
            self._found_for = expansion
        return bool(found)
