"""The offline tutor as a language model: no key, no network, and nothing said that the lesson does not hold."""

import re
from collections.abc import AsyncIterator
from typing import Final

from core.providers.llm.port import ModelUsage, Prompt, Token
from shared.domain.tutoring import Said, reply

# What one token of this model is: a word with the space after it.
_TOKEN: Final = re.compile(r"\S+\s*")
_CHARACTERS_PER_TOKEN: Final = 4


class OfflineTutor:
    """Answers from `Prompt.lesson` and the conversation; the system message is for models that can read it."""

    name = "offline"
    model = "lesson-tutor-1"

    async def reply(self, prompt: Prompt) -> AsyncIterator[Token | ModelUsage]:
        """Stream the answer word by word; it is ready at once, so nothing is waited for."""
        said = [Said(message.role, message.content) for message in prompt.messages if message.role != "system"]
        question = said.pop().text if said and said[-1].role == "user" else ""
        words = _TOKEN.findall(reply(prompt.lesson, question, said))[: prompt.max_tokens]
        for word in words:
            yield Token(word)
        read = sum(len(message.content) for message in prompt.messages)
        yield ModelUsage(input_tokens=-(-read // _CHARACTERS_PER_TOKEN), output_tokens=len(words))

    async def close(self) -> None:
        """Nothing is held."""
