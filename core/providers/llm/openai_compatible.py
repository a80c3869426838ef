"""Language models over OpenAI's chat completions: OpenAI itself, Ollama, vLLM, LM Studio, Groq and the rest."""

from collections.abc import AsyncIterator
from typing import Final

import httpx2
import openai
from openai.types.chat import ChatCompletionMessageParam

from core.providers.errors import provider_error, vendor_errors
from core.providers.llm.port import Message, ModelUsage, Prompt, Token
from core.providers.openai_place import connect, openai_client
from core.providers.streams import closing, each_within

_CHARACTERS_PER_TOKEN: Final = 4
# An answer longer than this a token does not keep to what it was asked for.
_MOST_CHARACTERS_PER_TOKEN: Final = 8


class OpenAIChat:
    """Streams the answer.

    Args:
        name: the vendor, as metrics and the price book name it.
        api_key: empty for servers that want none.
        base_url: ends in /v1; None is OpenAI.
        timeout_s: the longest wait for the first token, and for any next one.
    """

    def __init__(
        self,
        *,
        name: str = "openai",
        api_key: str,
        model: str = "",
        base_url: str | None = None,
        timeout_s: float = 20.0,
    ) -> None:
        self.name = name
        self.model = model or "gpt-4o-mini"
        self._timeout_s = timeout_s
        self._is_openai = base_url is None
        self._client = openai_client(api_key, base_url, timeout_s)

    async def reply(self, prompt: Prompt) -> AsyncIterator[Token | ModelUsage]:
        """Stream tokens as they come; an answer that stops without saying so counts as hung up."""
        with vendor_errors(self.name, openai.OpenAIError, httpx2.HTTPError, AttributeError, TypeError):
            # A vendor that sends anything but words is waited for no longer than one that sends nothing.
            async with closing(self._answer(prompt)) as answer, closing(each_within(answer, self._timeout_s)) as items:
                async for item in items:
                    yield item

    async def _answer(self, prompt: Prompt) -> AsyncIterator[Token | ModelUsage]:
        said, usage, finished = 0, None, False
        stream = await self._client.chat.completions.create(
            model=self.model,
            messages=[_param(message) for message in prompt.messages],
            stream=True,
            stream_options={"include_usage": True},
            # OpenAI's newer models refuse the name the compatible servers know.
            max_completion_tokens=prompt.max_tokens if self._is_openai else openai.omit,
            max_tokens=openai.omit if self._is_openai else prompt.max_tokens,
            temperature=openai.omit if prompt.temperature is None else prompt.temperature,
        )
        async with stream:
            async for chunk in stream:
                if chunk.usage is not None:
                    usage = ModelUsage(chunk.usage.prompt_tokens, chunk.usage.completion_tokens)
                for choice in chunk.choices:
                    finished = finished or choice.finish_reason is not None
                    if choice.delta.content:
                        said += len(choice.delta.content)
                        yield Token(choice.delta.content)
                if said > prompt.max_tokens * _MOST_CHARACTERS_PER_TOKEN:
                    raise provider_error(self.name, "malformed")
        if not finished:
            raise provider_error(self.name, "disconnected")
        yield usage or _estimated(prompt, said)

    async def warm_up(self) -> None:
        """Have a connection ready. Raises: ProviderUnavailable: nobody answers."""
        await connect(self._client, self.name)

    async def close(self) -> None:
        """Release connections."""
        await self._client.close()


def _param(message: Message) -> ChatCompletionMessageParam:
    """Return a message as the SDK types it: one type for each role."""
    if message.role == "system":
        return {"role": "system", "content": message.content}
    if message.role == "assistant":
        return {"role": "assistant", "content": message.content}
    return {"role": "user", "content": message.content}


def _estimated(prompt: Prompt, said: int) -> ModelUsage:
    read = sum(len(message.content) for message in prompt.messages)
    return ModelUsage(-(-read // _CHARACTERS_PER_TOKEN), -(-said // _CHARACTERS_PER_TOKEN))
