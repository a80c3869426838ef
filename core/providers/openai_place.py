"""Where OpenAI is, or a server that speaks as it does."""

from typing import Final

import httpx2
import openai

from core.providers.bounded_answers import bounded
from core.providers.errors import vendor_errors
from core.providers.starting import KEPT_S

# Bytes of one answer: more than the longest text spoken, far less than memory.
_MOST_BYTES: Final = 64 << 20
_LIMITS: Final = httpx2.Limits(max_connections=1_000, max_keepalive_connections=100, keepalive_expiry=KEPT_S)


def openai_client(api_key: str, base_url: str | None, timeout_s: float) -> openai.AsyncOpenAI:
    """Return a client that asks once and reads no answer without end.

    Args:
        api_key: empty for servers that want none.
        base_url: ends in /v1; None is OpenAI.
        timeout_s: the longest wait for a connection, and for any next piece of an answer.
    """
    http = openai.DefaultAsyncHttpxClient(event_hooks={"response": [bounded(_MOST_BYTES)]}, limits=_LIMITS)
    return openai.AsyncOpenAI(
        api_key=api_key or "none", base_url=base_url, timeout=timeout_s, max_retries=0, http_client=http
    )


async def connect(client: openai.AsyncOpenAI, vendor: str) -> None:
    """Have a connection ready, by a question that costs nothing; whatever the answer is.

    Raises: ProviderUnavailable: nobody answers.
    """
    with vendor_errors(vendor, openai.OpenAIError, httpx2.HTTPError, AttributeError, TypeError):
        try:
            await client.models.list()
        except openai.APIStatusError:
            return  # a server without a list of models, or a key that may not see it, is there all the same
