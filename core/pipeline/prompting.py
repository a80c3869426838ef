"""What the model is asked."""

from collections.abc import Sequence
from typing import Final

from core.pipeline.conversations import Conversation, Turn
from core.providers.llm.port import Message, Prompt
from shared.domain.prompt import system_message

# Turns of the conversation the model is reminded of.
KEPT_TURNS: Final = 20


def prompt_for(conversation: Conversation, history: Sequence[Turn], words: str) -> Prompt:
    """Return the prompt for the learner's words after what was said before; no words: they were the last of it."""
    system = system_message(conversation.lesson)
    if conversation.instructions:
        system = f"{system}\n\n{conversation.instructions}"
    said = (Message(turn.role, turn.text) for turn in history[-KEPT_TURNS:] if turn.text)
    asked = (Message("user", words),) if words else ()
    return Prompt((Message("system", system), *said, *asked), conversation.lesson)
