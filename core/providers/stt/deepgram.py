"""Deepgram's streaming recogniser: words come back while the learner speaks."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import httpx
from deepgram.core.api_error import ApiError
from deepgram.listen.v1.socket_client import AsyncV1SocketClient
from deepgram.listen.v1.types.listen_v1error import ListenV1Error
from deepgram.listen.v1.types.listen_v1metadata import ListenV1Metadata
from deepgram.listen.v1.types.listen_v1results import ListenV1Results
from websockets.exceptions import WebSocketException

from core.providers.deepgram_place import deepgram_client
from core.providers.errors import provider_error, vendor_errors
from core.providers.stt.keyterms import keyterms
from core.providers.stt.port import SAMPLE_RATE, Transcript

# Deepgram takes 500 tokens of key terms.
_KEYTERMS: Final = 50
_KEYTERM_CHARACTERS: Final = 1_200
# Far more than anybody says in a minute.
_MOST_CHARACTERS: Final = 10_000
# The longest wait for the other side's goodbye, seconds.
_GOODBYE_S: Final = 1.0
_HUNG_UP: Final = object()


class DeepgramListen:
    """One socket for each utterance.

    Args:
        base_url: None is Deepgram.
        timeout_s: the longest wait for the connection, and for the last message once the utterance is over.
    """

    name = "deepgram"

    def __init__(self, *, api_key: str, model: str = "", base_url: str | None = None, timeout_s: float = 15.0) -> None:
        self.model = model or "nova-3"
        self._timeout_s = timeout_s
        self._http = httpx.AsyncClient(timeout=timeout_s)
        self._client = deepgram_client(api_key, base_url, self._http)

    async def transcribe(
        self, pcm: AsyncIterator[bytes], *, language: str, phrases: Sequence[str]
    ) -> AsyncIterator[Transcript]:
        """Send audio as it comes and yield what is heard; the final transcript joins the pieces Deepgram settled."""
        settled: list[str] = []
        sureness: list[float] = []
        with vendor_errors(self.name, ApiError, WebSocketException, AttributeError, TypeError):
            async with (
                self._socket(language, phrases) as socket,
                _Exchange(socket, self._timeout_s).of(pcm) as exchange,
            ):
                while (result := await exchange.result()) is not None:
                    best = result.channel.alternatives[0] if result.channel.alternatives else None
                    if best is None or not best.transcript:
                        continue
                    text = " ".join([*settled, best.transcript.strip()])
                    if len(text) > _MOST_CHARACTERS:
                        raise provider_error(self.name, "malformed")
                    if result.is_final:
                        settled.append(best.transcript.strip())
                        sureness.append(float(best.confidence))
                    yield Transcript(text, is_final=False)
        confidence = sum(sureness) / len(sureness) if sureness else 1.0
        yield Transcript(" ".join(settled), is_final=True, confidence=confidence)

    @asynccontextmanager
    async def _socket(self, language: str, phrases: Sequence[str]) -> AsyncGenerator[AsyncV1SocketClient]:
        """Open a socket, and hang up at the end of the block without waiting long for the other side."""
        connecting = self._client.listen.v1.connect(
            model=self.model,
            language=language,
            encoding="linear16",
            sample_rate=SAMPLE_RATE,
            channels=1,
            interim_results=True,
            smart_format=True,
            keyterm=keyterms(phrases, most=_KEYTERMS, characters=_KEYTERM_CHARACTERS) or None,
        )
        async with asyncio.timeout(self._timeout_s):
            socket = await connecting.__aenter__()
        try:
            yield socket
        finally:
            # The SDK's socket waits ten seconds for an answer to its goodbye, and cannot be cancelled while it does.
            hang_up = asyncio.get_running_loop().call_later(_GOODBYE_S, vars(socket)["_websocket"].transport.abort)
            try:
                await connecting.__aexit__(None, None, None)
            finally:
                hang_up.cancel()

    async def close(self) -> None:
        """Release connections."""
        await self._http.aclose()


class _Exchange:
    """One utterance over one socket: audio goes out in a task of its own, results are read here."""

    def __init__(self, socket: AsyncV1SocketClient, timeout_s: float) -> None:
        self._socket = socket
        self._messages = aiter(socket)
        self._timeout_s = timeout_s
        self._ends_at: float | None = None
        self._limit: asyncio.Timeout | None = None

    @asynccontextmanager
    async def of(self, pcm: AsyncIterator[bytes]) -> AsyncGenerator["_Exchange"]:
        """Send the utterance while the block reads; what went wrong with the sending is raised at its end."""
        sending = asyncio.create_task(self._send(pcm))
        sending.add_done_callback(self._sent)
        try:
            yield self
            await sending
        except TimeoutError:
            if sending.done():
                await sending  # the cause, where there was one
            raise
        finally:
            sending.cancel()
            await asyncio.wait([sending])

    async def result(self) -> ListenV1Results | None:
        """Return the next result, or None after the last.

        Raises: ProviderUnavailable: an error message, or the end came before Deepgram's summary. TimeoutError: the
            utterance has long been over.
        """
        while True:
            limit = asyncio.timeout_at(self._ends_at)
            async with limit:
                self._limit = limit
                try:
                    message = await anext(self._messages, _HUNG_UP)
                finally:
                    self._limit = None
            if isinstance(message, ListenV1Results):
                return message
            if isinstance(message, ListenV1Metadata) and self._ends_at is not None:
                return None
            if isinstance(message, ListenV1Error):
                raise provider_error(DeepgramListen.name, "server_error")
            if message is _HUNG_UP:
                raise provider_error(DeepgramListen.name, "disconnected")
            if message is None:  # what the SDK makes of a message that fits none of its types
                raise provider_error(DeepgramListen.name, "malformed")

    async def _send(self, pcm: AsyncIterator[bytes]) -> None:
        async for chunk in pcm:
            async with asyncio.timeout(self._timeout_s):
                await self._socket.send_media(chunk)
        await self._socket.send_close_stream()

    def _sent(self, sending: asyncio.Task[None]) -> None:
        """From now on there is a limit to the wait: none at all where sending failed."""
        failed = sending.cancelled() or sending.exception() is not None
        self._ends_at = asyncio.get_running_loop().time() + (0 if failed else self._timeout_s)
        if self._limit is not None:
            self._limit.reschedule(self._ends_at)
