"""A library on loopback that answers as a test tells it, and a fetcher that may ask it."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from core.fetching.fetcher import Fetcher, Limits
from tests.fakes.names import FakeNames

HOST = "library.example"
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Library:
    """A server under the name library.example.

    Attributes:
        files: what it answers a path with.
        answers: what answers a path instead.
        asked: the paths it was asked for.
    """

    port: int
    names: FakeNames
    files: dict[str, bytes] = field(default_factory=dict[str, bytes])
    answers: dict[str, Answer] = field(default_factory=dict[str, Answer])
    asked: list[str] = field(default_factory=list[str])

    def url(self, path: str, host: str = HOST) -> str:
        return f"http://{host}:{self.port}{path}"

    def fetcher(self, limits: Limits | None = None) -> Fetcher:
        """Return a fetcher to which an operator has vouched for this server alone."""
        return Fetcher(self.names, vouched=frozenset({("127.0.0.1", self.port)}), limits=limits)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        if request.path in self.answers:
            return await self.answers[request.path](request)
        if request.path not in self.files:
            return web.Response(status=404)
        return web.Response(body=self.files[request.path], content_type="application/octet-stream")


@asynccontextmanager
async def library() -> AsyncGenerator[Library]:
    """Serve a library on a free port."""
    names = FakeNames({HOST: [["127.0.0.1"]]})
    app = web.Application()
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    made = Library(0, names)
    app.router.add_get("/{path:.*}", made.answer)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.port = runner.addresses[0][1]
    try:
        yield made
    finally:
        await runner.cleanup()


async def never(_request: web.Request) -> web.StreamResponse:
    """Answer when the server is closed, which is not soon."""
    await asyncio.Event().wait()
    raise AssertionError("nobody sets it")
