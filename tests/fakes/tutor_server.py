"""A server for the learner page whose every word the test decides: the contract's shapes, no pipeline behind."""

import asyncio
import json
import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Final

from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer

from infra.local.server import ROOT, add_page

# A busy machine takes its time.
_PATIENCE_S: Final = 40
TOKEN: Final = "uma_beta_2026_learner"
RATE: Final = 24_000
PICTURE: Final = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 3"><rect width="4" height="3"/></svg>'
TOPIC: Final[dict[str, Any]] = {
    "id": {"catalog": "test", "value": "blue-sky"},
    "title": "Why the sky is blue",
    "type": "topic",
    "description": "Air scatters short waves.",
    "learningObjectives": [{"statement": "Explain scattering.", "abbreviatedStatement": "Explain the blue sky"}],
    "media": {
        "embedded": [{"id": "d", "type": "diagram", "url": "/picture.svg", "alt": "Sun and air", "title": "Air"}]
    },
}
DOCUMENT: Final[dict[str, Any]] = {
    "umcf": "1.0.0",
    "id": "light",
    "title": "Light",
    "content": [{"id": "root", "type": "curriculum", "title": "Light", "children": [TOPIC]}],
    "glossary": {"terms": [{"term": "scattering", "definition": "Light sent in all directions."}]},
}
SUMMARY: Final[dict[str, Any]] = {
    "id": "light",
    "title": "Light",
    "description": "About light.",
    "version": "1.0.0",
    "topic_count": 1,
    "total_duration": "PT1H30M",
    "difficulty": "easy",
    "keywords": [],
}
TOPICS: Final = [{"id": "blue-sky", "title": "Why the sky is blue", "description": "Air.", "order_index": 0}]


class Call:
    """One voice socket, as the server sees it."""

    def __init__(self, socket: web.WebSocketResponse, session_id: str) -> None:
        self.session_id = session_id
        self.speech = bytearray()
        self._socket = socket
        self._controls: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._heard = asyncio.Event()

    async def run(self) -> None:
        """Collect what the page sends until it goes."""
        async for message in self._socket:
            if message.type is WSMsgType.BINARY:
                self.speech += message.data
                self._heard.set()
            elif message.type is WSMsgType.TEXT:
                await self._controls.put(json.loads(message.data))

    async def control(self) -> dict[str, Any]:
        """Return the next control message."""
        async with asyncio.timeout(_PATIENCE_S):
            return await self._controls.get()

    async def hear(self, seconds: float) -> bytes:
        """Wait for so much of the learner's voice, 16 000 samples a second, and return it."""
        async with asyncio.timeout(_PATIENCE_S + seconds):
            while len(self.speech) < seconds * 32_000:
                self._heard.clear()
                await self._heard.wait()
        return bytes(self.speech)

    async def ready(self, *, resumed: bool = False) -> None:
        """Take the page's configuration and accept it."""
        config = await self.control()
        assert config["type"] == "config"
        await self.tell("ready", session_id=self.session_id, sample_rate=config["output_sample_rate"], resumed=resumed)

    async def tell(self, kind: str, **fields: Any) -> None:
        """Send a control message."""
        await self._socket.send_json({"type": kind, **fields})

    async def speak(self, pcm: bytes) -> None:
        """Send the tutor's voice."""
        await self._socket.send_bytes(pcm)

    async def say(self, text: str) -> None:
        """Write an answer without a voice."""
        await self.tell("llm_start", timestamp="2026-01-01T00:00:00Z")
        for word in text.split():
            await self.tell("llm_token", token=f"{word} ")
        await self.tell("llm_complete", text=text, latency_ms=5)

    async def finish(self) -> None:
        """End the turn."""
        metrics = {"stt_ms": 0, "llm_ms": 5, "tts_ms": 1, "total_ms": 6}
        await self.tell("turn_complete", turn_id="t", metrics=metrics)

    async def hang_up(self, code: int) -> None:
        """Close the socket."""
        await self._socket.close(code=code)


class Tutor:
    """The server: one subject with one topic, sessions, and the calls the page makes.

    Attributes:
        ticket_refusals: statuses the next requests for a ticket are refused with.
    """

    def __init__(self) -> None:
        self.token: str | None = None
        self.sessions: dict[str, dict[str, Any]] = {}
        self.turns: list[dict[str, str]] = []
        self.tickets: set[str] = set()
        self.ticket_refusals: list[int] = []
        self.url = ""
        self._calls: asyncio.Queue[Call] = asyncio.Queue()

    async def call(self) -> Call:
        """Return the next voice socket the page opens."""
        async with asyncio.timeout(_PATIENCE_S):
            return await self._calls.get()

    def app(self) -> web.Application:
        """Return the application."""
        app = web.Application(middlewares=[self._authenticate])
        app.router.add_get("/api/curricula", self._curricula)
        app.router.add_get("/api/curricula/{id}", self._curriculum)
        app.router.add_get("/api/curricula/{id}/full", self._document)
        app.router.add_get("/picture.svg", self._picture)
        app.router.add_post("/api/sessions", self._create)
        app.router.add_get("/api/sessions/{id}", self._session)
        app.router.add_get("/api/sessions/{id}/context", self._context)
        app.router.add_post("/api/sessions/{id}/{verb}", self._change)
        app.router.add_post("/api/auth/ws-ticket", self._ticket)
        app.router.add_get("/ws/audio", self._talk)
        add_page(app, ROOT / "web" / "learner")
        return app

    @web.middleware
    async def _authenticate(self, request: web.Request, handler: Any) -> web.StreamResponse:
        given = request.headers.get("Authorization")
        if request.path.startswith("/api/") and self.token and given != f"Bearer {self.token}":
            text = "a token is required"
            return web.json_response({"error": text, "message": text, "code": "invalid_token"}, status=401)
        return await handler(request)

    async def _curricula(self, _request: web.Request) -> web.Response:
        return web.json_response({"curricula": [SUMMARY], "total": 1})

    async def _curriculum(self, request: web.Request) -> web.Response:
        if request.match_info["id"] != "light":
            text = "There is no such curriculum."
            return web.json_response({"error": text, "message": text, "code": "not_found"}, status=404)
        return web.json_response({**SUMMARY, "topics": TOPICS})

    async def _document(self, _request: web.Request) -> web.Response:
        return web.json_response(DOCUMENT)

    async def _picture(self, _request: web.Request) -> web.Response:
        return web.Response(text=PICTURE, content_type="image/svg+xml")

    async def _create(self, request: web.Request) -> web.Response:
        session_id = f"s{len(self.sessions) + 1}"
        self.sessions[session_id] = {"id": session_id, **await request.json(), "status": "created"}
        return web.json_response(self.sessions[session_id], status=201)

    async def _session(self, request: web.Request) -> web.Response:
        session = self.sessions.get(request.match_info["id"])
        if session is None:
            return web.json_response({"error": "no such session", "code": "not_found"}, status=404)
        return web.json_response(session)

    async def _context(self, _request: web.Request) -> web.Response:
        return web.json_response({"recent_turns": self.turns})

    async def _change(self, request: web.Request) -> web.Response:
        session = self.sessions[request.match_info["id"]]
        session["status"] = {"start": "active", "resume": "active", "end": "ended"}[request.match_info["verb"]]
        return web.json_response(session)

    async def _ticket(self, _request: web.Request) -> web.Response:
        if self.ticket_refusals:
            status = self.ticket_refusals.pop(0)
            return web.json_response({"error": "not now", "message": "not now", "code": "x"}, status=status)
        ticket = f"ticket{secrets.token_hex(8)}"
        self.tickets.add(ticket)
        return web.json_response({"ticket": ticket, "expires_in": 60})

    async def _talk(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        session_id = request.query["session"]
        if request.query.get("ticket") not in self.tickets:
            await socket.close(code=1008)
            return socket
        self.tickets.remove(request.query["ticket"])
        if session_id not in self.sessions:
            await socket.close(code=4001)
        else:
            call = Call(socket, session_id)
            await self._calls.put(call)
            await call.run()
        return socket


@asynccontextmanager
async def serving() -> AsyncGenerator[Tutor]:
    """Serve the page with a tutor of the test's own."""
    tutor = Tutor()
    async with TestServer(tutor.app(), host="127.0.0.1") as server:
        tutor.url = str(server.make_url("/"))
        yield tutor
