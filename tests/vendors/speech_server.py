"""One server of this machine that speaks as OpenAI, Groq and Deepgram do, and fails as they do."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Literal

from aiohttp import WSMsgType, web
from aiohttp.typedefs import Handler

TRANSCRIPT = "Why is the sky blue?"
REPLY = ("Air ", "scatters ", "blue ", "light.")
AUDIO = bytes(range(256)) * 96  # 24 576 bytes, about half a second at 24 000 Hz
HALF = len(AUDIO) // 2 + 1

Fault = Literal["401", "429", "500", "silence", "half silence", "hang up", "half hang up", "malformed", "empty"]


class SpeechServer:
    """What was asked, what to answer, and who is still being answered.

    Attributes:
        fault: how the next requests go wrong; "half" faults come in the middle of the answer.
        asked: one entry for each request: its path, and what it carried by name.
        arrived: set when a request came.
        answering: requests under way.
        idle: set while there is none.
    """

    def __init__(self) -> None:
        self.fault: Fault | None = None
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.arrived = asyncio.Event()
        self.idle = asyncio.Event()
        self.idle.set()
        self.answering = 0
        self.url = ""

    def application(self) -> web.Application:
        """Return the routes of all vendors."""
        app = web.Application(middlewares=[self._watch])
        for prefix in ("/v1", "/openai/v1"):  # Groq's SDK adds /openai
            app.router.add_post(f"{prefix}/audio/transcriptions", self._transcriptions)
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_post("/v1/audio/speech", self._speech)
        app.router.add_post("/v1/speak", self._speech)
        app.router.add_get("/v1/listen", self._listen)
        return app

    @web.middleware
    async def _watch(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Count what is under way, and apply the faults that come before any answer."""
        self.answering += 1
        self.idle.clear()
        self.arrived.set()
        try:
            if self.fault in {"401", "429", "500"}:
                body = {"error": {"message": "the key sk-secret is wrong", "type": "x"}, "err_msg": "sk-secret"}
                return web.json_response(body, status=int(self.fault), headers={"Retry-After": "1"})
            if self.fault == "silence":
                await asyncio.Event().wait()
            if self.fault == "hang up" and request.transport is not None:
                request.transport.abort()
            return await handler(request)
        finally:
            self.answering -= 1
            if not self.answering:
                self.idle.set()

    async def _transcriptions(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        carried: dict[str, Any] = {
            name: value.file.read() if isinstance(value, web.FileField) else value for name, value in form.items()
        }
        carried["authorization"] = request.headers.get("Authorization", "")
        self.asked.append((request.path, carried))
        if self.fault == "malformed":
            return web.Response(text="<html>busy</html>", content_type="text/html")
        body = json.dumps({"text": "" if self.fault == "empty" else TRANSCRIPT}).encode()
        return await self._streamed(request, [body[:5], body[5:]], "application/json")

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        self.asked.append((request.path, asked))
        if self.fault == "malformed":
            return await self._streamed(
                request, [b'data: {"choices": [{"delta"\n\n', b"data: [DONE]\n\n"], "text/event-stream"
            )
        deltas: list[dict[str, Any]] = [{"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]}]
        if self.fault != "empty":
            deltas += [{"choices": [{"index": 0, "delta": {"content": token}}]} for token in REPLY]
            deltas += [{"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}]
        if asked.get("stream_options", {}).get("include_usage") and asked.get("model") != "no-usage":
            deltas += [{"choices": [], "usage": {"prompt_tokens": 21, "completion_tokens": 5, "total_tokens": 26}}]
        envelope = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
        events = [b"data: " + json.dumps(envelope | delta).encode() + b"\n\n" for delta in deltas]
        return await self._streamed(request, [*events, b"data: [DONE]\n\n"], "text/event-stream")

    async def _speech(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((request.path, {**await request.json(), **request.query}))
        if self.fault == "malformed":
            return web.json_response({"error": "overloaded"})
        pieces = [] if self.fault == "empty" else [AUDIO[:1001], AUDIO[1001:HALF], AUDIO[HALF:]]
        return await self._streamed(request, pieces, "application/octet-stream")

    async def _streamed(self, request: web.Request, pieces: list[bytes], kind: str) -> web.StreamResponse:
        """Send the pieces; half way through comes the fault, if there is one."""
        response = web.StreamResponse(headers={"Content-Type": kind})
        await response.prepare(request)
        for place, piece in enumerate(pieces):
            if place == len(pieces) // 2:
                await self._half_way(request)
            await response.write(piece)
        await response.write_eof()
        return response

    async def _half_way(self, request: web.Request) -> None:
        if self.fault == "half silence":
            await asyncio.Event().wait()
        if self.fault == "half hang up" and request.transport is not None:
            request.transport.abort()

    async def _listen(self, request: web.Request) -> web.StreamResponse:
        """Deepgram's socket: interim results while audio comes, the rest and a summary after CloseStream."""
        carried: dict[str, Any] = {**request.query, "keyterm": request.query.getall("keyterm", []), "audio": b""}
        self.asked.append((request.path, carried))
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            if message.type == WSMsgType.BINARY:
                if not carried["audio"] and self.fault is None:
                    await socket.send_json(_heard("Why is", is_final=False))
                carried["audio"] += message.data
            elif json.loads(message.data)["type"] == "CloseStream":
                await self._half_way(request)
                await self._settle(socket, carried["audio"])
                break
        await socket.close()
        return socket

    async def _settle(self, socket: web.WebSocketResponse, audio: bytes) -> None:
        if self.fault == "malformed":
            await socket.send_json({"type": "Results", "channel": 7})
        elif audio and self.fault != "empty":
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
