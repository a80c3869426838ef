"""Where OpenAI is, or a server that speaks as it does."""

from typing import Final

import openai

from core.providers.bounded_answers import bounded

# Bytes of one answer: more than the longest text spoken, far less than memory.
_MOST_BYTES: Final = 64 << 20


def openai_client(api_key: str, base_url: str | None, timeout_s: float) -> openai.AsyncOpenAI:
    """Return a client that asks once and reads no answer without end.

    Args:
        api_key: empty for servers that want none.
        base_url: ends in /v1; None is OpenAI.
        timeout_s: the longest wait for a connection, and for any next piece of an answer.
    """
    http = openai.DefaultAsyncHttpxClient(event_hooks={"response": [bounded(_MOST_BYTES)]})
    return openai.AsyncOpenAI(
        api_key=api_key or "none", base_url=base_url, timeout=timeout_s, max_retries=0, http_client=http
    )
