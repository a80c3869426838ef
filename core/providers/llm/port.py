"""The port every language model implements."""

from collections.abc import AsyncIterator
from typing import Literal, Protocol

import msgspec

from shared.domain.lesson import Lesson


class Message(msgspec.Struct, frozen=True):
    """One message of the conversation handed to the model."""

    role: Literal["system", "user", "assistant"]
    content: str


class Prompt(msgspec.Struct, frozen=True):
    """What the model answers.

    Attributes:
        messages: the system message, the kept turns, then the learner's words.
        lesson: the topic's own material, for a tutor that works from it directly; None in a free conversation.
        max_tokens: the longest answer.
        temperature: 0 to 2, how free the answer is; None: the vendor's own.
    """

    messages: tuple[Message, ...]
    lesson: Lesson | None = None
    max_tokens: int = 400
    temperature: float | None = None


class Token(msgspec.Struct, frozen=True):
    """A piece of the answer, spaces included."""

    text: str


class ModelUsage(msgspec.Struct, frozen=True):
    """What the answer cost, in the vendor's tokens; estimated at four characters a token where not told."""

    input_tokens: int
    output_tokens: int


class LanguageModel(Protocol):
    """Answers a prompt, token by token."""

    @property
    def name(self) -> str:
        """The vendor, as metrics and the price book name it."""
        ...

    @property
    def model(self) -> str:
        """The model's name at that vendor."""
        ...

    def reply(self, prompt: Prompt) -> AsyncIterator[Token | ModelUsage]:
        """Stream the answer; the last item, and only that, is a ModelUsage.

        Raises: ProviderUnavailable: the vendor failed, timed out or hung up, before or in the middle of the answer.
        """
        ...

    async def close(self) -> None:
        """Release connections."""
        ...
