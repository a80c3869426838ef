"""One server of this machine that speaks as OpenAI, Groq and Deepgram do, and fails as they do."""

import asyncio
import json
from array import array
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Literal

from aiohttp import WSMsgType, web
from aiohttp.typedefs import Handler

TRANSCRIPT = "Why is the sky blue?"
REPLY = ("Air ", "scatters ", "blue ", "light.")
AUDIO = bytes(range(256)) * 96  # 24 576 bytes, about half a second at 24 000 Hz

Fault = Literal[
    "401",
    "429",
    "500",
    "silence",
    "half silence",
    "hang up",
    "half hang up",
    "malformed",
    "wrong type",
    "endless",
    "empty",
]
# An utterance as loud as this, a prompt with the first word, and a sentence with the second are those a fault is for.
MARKED_PEAK = 25_000
MARKED_PROMPT = "thinkmark"
MARKED_SENTENCE = "speakmark"


class SpeechServer:
    """What was asked, what to answer, and who is still being answered.

    Attributes:
        fault: how the next requests go wrong; "half" faults come in the middle of the answer.
        only_marked: only of the requests that carry the mark.
        transcript, reply, audio: what it answers; `{}` in the transcript is replaced by the number of the utterance,
            and `{}` in the reply by the last word it was asked.
        pause_s: seconds between two pieces of an answer.
        asked: one entry for each request: its path, and what it carried by name.
        arrived: set when a request came.
        connections: the clients' ports on which requests came.
        answering: requests under way.
        idle: set while there is none.
    """

    def __init__(self) -> None:
        self.fault: Fault | None = None
        self.only_marked = False
        self.transcript = TRANSCRIPT
        self.reply: tuple[str, ...] = REPLY
        self.audio = AUDIO
        self.pause_s = 0.0
        self._utterances = 0
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.arrived = asyncio.Event()
        self.connections: set[int] = set()
        self.idle = asyncio.Event()
        self.idle.set()
        self.answering = 0
        self.url = ""

    def application(self) -> web.Application:
        """Return the routes of all vendors."""
        app = web.Application(middlewares=[self._watch], client_max_size=8 << 20)
        for prefix in ("/v1", "/openai/v1"):  # Groq's SDK adds /openai
            app.router.add_post(f"{prefix}/audio/transcriptions", self._transcriptions)
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_post("/v1/audio/speech", self._speech)
        app.router.add_post("/v1/speak", self._speech)
        app.router.add_get("/v1/listen", self._listen)
        return app

    @web.middleware
    async def _watch(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Count what is under way."""
        self.answering += 1
        self.idle.clear()
        self.arrived.set()
        if request.transport is not None:
            self.connections.add(request.transport.get_extra_info("peername")[1])
        try:
            return await handler(request)
        except ConnectionResetError:  # whoever asked has gone, and need not be told
            return web.Response()
        finally:
            self.answering -= 1
            if not self.answering:
                self.idle.set()

    def _fault_of(self, *, marked: bool) -> Fault | None:
        """Return how this request goes wrong."""
        return self.fault if marked or not self.only_marked else None

    async def _before(self, request: web.Request, fault: Fault | None) -> web.StreamResponse | None:
        """Apply a fault that comes before any answer."""
        if fault in {"401", "429", "500"}:
            body = {"error": {"message": "the key sk-secret is wrong", "type": "x"}, "err_msg": "sk-secret"}
            return web.json_response(body, status=int(fault), headers={"Retry-After": "1"})
        if fault == "silence":
            await asyncio.Event().wait()
        if fault == "hang up" and request.transport is not None:
            request.transport.abort()
        if fault == "wrong type":
            return web.Response(body=b"\x89PNG\r\n\x1a\n" + bytes(64), content_type="image/png")
        return None

    async def _transcriptions(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        carried: dict[str, Any] = {
            name: value.file.read() if isinstance(value, web.FileField) else value for name, value in form.items()
        }
        carried["authorization"] = request.headers.get("Authorization", "")
        self.asked.append((request.path, carried))
        fault = self._fault_of(marked=_peak(carried["file"]) > MARKED_PEAK)
        if refused := await self._before(request, fault):
            return refused
        if fault == "malformed":
            return web.Response(text="<html>busy</html>", content_type="text/html")
        self._utterances += 1
        body = json.dumps({"text": "" if fault == "empty" else self.transcript.format(self._utterances)}).encode()
        return await self._streamed(request, fault, [body[:5], body[5:]], "application/json", endless=b" " * 65_536)

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        self.asked.append((request.path, asked))
        words = str(asked["messages"][-1]["content"])
        fault = self._fault_of(marked=MARKED_PROMPT in words)
        if refused := await self._before(request, fault):
            return refused
        if fault == "malformed":
            return await self._streamed(
                request, fault, [b'data: {"choices": [{"delta"\n\n', b"data: [DONE]\n\n"], "text/event-stream"
            )
        deltas: list[dict[str, Any]] = [{"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]}]
        if fault != "empty":
            said = (token.format(words.rsplit(maxsplit=1)[-1]) for token in self.reply)
            deltas += [{"choices": [{"index": 0, "delta": {"content": token}}]} for token in said]
            deltas += [{"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}]
        if asked.get("stream_options", {}).get("include_usage") and asked.get("model") != "no-usage":
            deltas += [{"choices": [], "usage": {"prompt_tokens": 21, "completion_tokens": 5, "total_tokens": 26}}]
        events = [_event(delta) for delta in deltas]
        more = _event({"choices": [{"index": 0, "delta": {"content": "and so on "}}]})
        return await self._streamed(
            request, fault, [*events, b"data: [DONE]\n\n"], "text/event-stream", endless=more * 16
        )

    async def _speech(self, request: web.Request) -> web.StreamResponse:
        asked: dict[str, Any] = {**await request.json(), **request.query}
        self.asked.append((request.path, asked))
        fault = self._fault_of(marked=MARKED_SENTENCE in asked.get("input", asked.get("text", "")))
        if refused := await self._before(request, fault):
            return refused
        if fault == "malformed":
            return web.json_response({"error": "overloaded"})
        half = len(self.audio) // 2 + 1
        pieces = [] if fault == "empty" else [self.audio[:1001], self.audio[1001:half], self.audio[half:]]
        return await self._streamed(request, fault, pieces, "application/octet-stream", endless=self.audio)

    async def _streamed(
        self, request: web.Request, fault: Fault | None, pieces: list[bytes], kind: str, *, endless: bytes = b""
    ) -> web.StreamResponse:
        """Send the pieces; half way through comes the fault, if there is one."""
        response = web.StreamResponse(headers={"Content-Type": kind})
        await response.prepare(request)
        for place, piece in enumerate(pieces):
            if place == len(pieces) // 2:
                await self._half_way(request, fault)
                while fault == "endless":
                    await response.write(endless)
                    await asyncio.sleep(0)
            await response.write(piece)
            if self.pause_s:
                await asyncio.sleep(self.pause_s)
        await response.write_eof()
        return response

    async def _half_way(self, request: web.Request, fault: Fault | None) -> None:
        if fault == "half silence":
            await asyncio.Event().wait()
        if fault == "half hang up" and request.transport is not None:
            request.transport.abort()

    async def _listen(self, request: web.Request) -> web.StreamResponse:
        """Deepgram's socket: interim results while audio comes, the rest and a summary after CloseStream."""
        carried: dict[str, Any] = {**request.query, "keyterm": request.query.getall("keyterm", []), "audio": b""}
        self.asked.append((request.path, carried))
        fault = self._fault_of(marked=True)
        if refused := await self._before(request, fault):
            return refused
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            if message.type == WSMsgType.BINARY:
                if not carried["audio"] and fault is None:
                    await socket.send_json(_heard("Why is", is_final=False))
                carried["audio"] += message.data
            elif json.loads(message.data)["type"] == "CloseStream":
                await self._half_way(request, fault)
                await self._settle(socket, carried["audio"], fault)
                break
        await socket.close()
        return socket

    async def _settle(self, socket: web.WebSocketResponse, audio: bytes, fault: Fault | None) -> None:
        while fault == "endless":
            await socket.send_json(_heard("and so on", is_final=False))
            await asyncio.sleep(0)
        if fault == "malformed":
            await socket.send_json({"type": "Results", "channel": 7})
        elif audio and fault != "empty":
            await socket.send_json(_heard("Why is the", is_final=True))
            await socket.send_json(_heard("sky blue?", is_final=True))
        await socket.send_json(
            {
                "type": "Metadata",
                "transaction_key": "t",
                "request_id": "r",
                "sha256": "s",
                "created": "c",
                "duration": 1.0,
                "channels": 1,
            }
        )


def _peak(wav: bytes) -> int:
    """Return how loud a PCM16 WAV file gets; its header is too short to count."""
    return max(map(abs, array("h", wav[44 : len(wav) & ~1])), default=0)


def _event(delta: dict[str, Any]) -> bytes:
    envelope = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return b"data: " + json.dumps(envelope | delta).encode() + b"\n\n"


def _heard(text: str, *, is_final: bool) -> dict[str, Any]:
    alternative: dict[str, Any] = {"transcript": text, "confidence": 0.9, "words": []}
    return {
        "type": "Results",
        "channel_index": [0, 1],
        "duration": 1.0,
        "start": 0.0,
        "is_final": is_final,
        "channel": {"alternatives": [alternative]},
        "metadata": {"request_id": "r", "model_info": {"name": "n", "version": "v", "arch": "a"}, "model_uuid": "u"},
    }


@asynccontextmanager
async def speech_server() -> AsyncGenerator[SpeechServer]:
    """Serve on a free port of this machine until the block ends."""
    server = SpeechServer()
    # Handlers are cancelled when their client goes, so that `idle` tells whether it really has.
    runner = web.AppRunner(server.application(), handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    server.url = f"http://127.0.0.1:{port}"
    try:
        yield server
    finally:
        await runner.cleanup()
