"""Recognisers that take an utterance in one upload when it is over, as OpenAI's `/audio/transcriptions` does."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final, Protocol

import msgspec

from core.providers.errors import provider_error
from core.providers.stt.keyterms import keyterms
from core.providers.stt.port import SAMPLE_RATE, Transcript
from core.speech.formats import to_wav

# Whisper reads about 224 tokens of prompt.
_PROMPT_CHARACTERS: Final = 600
# A tenth of a second: OpenAI refuses less, Groq bills ten seconds for it, and it is a click.
_SHORTEST_BYTES: Final = SAMPLE_RATE // 10 * 2
# Far more than anybody says in a minute.
_MOST_BYTES: Final = 1 << 20


class Answer(Protocol):
    """A vendor's answer while it arrives."""

    def iter_bytes(self) -> AsyncIterator[bytes]:
        """Yield its body."""
        ...


class Upload(msgspec.Struct, frozen=True):
    """What is sent.

    Attributes:
        file: name, content and type of a WAV file.
        language: two letters, such as "en".
        prompt: the lesson's terms.
    """

    file: tuple[str, bytes, str]
    language: str
    prompt: str


class _Body(msgspec.Struct):
    text: str


# Sends an upload through a vendor's SDK; its answer is read inside the block.
Send = Callable[[Upload], AbstractAsyncContextManager[Answer]]


async def recognised(
    vendor: str,
    pcm: AsyncIterator[bytes],
    send: Send,
    *,
    language: str,
    phrases: Sequence[str],
    timeout_s: float,
) -> Transcript:
    """Return what the vendor understood of the whole utterance; of a click, nothing, without asking.

    Args:
        timeout_s: the longest wait for the whole answer.
    Raises: ProviderUnavailable: the answer is not a transcript, or longer than any. TimeoutError. What the SDK raises.
    """
    heard = b"".join([chunk async for chunk in pcm])
    if len(heard) < _SHORTEST_BYTES:
        return Transcript("", is_final=True)
    upload = Upload(
        file=("utterance.wav", to_wav(heard, SAMPLE_RATE), "audio/wav"),
        language=language.split("-", maxsplit=1)[0],
        prompt=", ".join(keyterms(phrases, most=60, characters=_PROMPT_CHARACTERS)),
    )
    async with asyncio.timeout(timeout_s), send(upload) as answer:
        body = await _read(vendor, answer)
    try:
        return Transcript(msgspec.json.decode(body, type=_Body).text.strip(), is_final=True)
    except (msgspec.MsgspecError, UnicodeError) as exc:
        raise provider_error(vendor, "malformed") from exc


async def _read(vendor: str, answer: Answer) -> bytes:
    """Return the body, which a vendor may make longer than memory."""
    body = bytearray()
    async for piece in answer.iter_bytes():
        body += piece
        if len(body) > _MOST_BYTES:
            raise provider_error(vendor, "malformed")
    return bytes(body)
