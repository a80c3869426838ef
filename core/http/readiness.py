"""`GET /ready`: whether this process should get requests now."""

import asyncio
from collections.abc import Callable
from typing import Final

from aiohttp import web

from shared.db import Database
from shared.errors import AppError

# Shorter than the patience of whoever asks, so that they get an answer.
_PATIENCE_S: Final = 2.0


class Readiness:
    """Answers 200 while the database answers and the process is not about to end, 503 otherwise.

    Args:
        database: asked on a connection of its own: a busy process is ready all the same. Closed with the application.
        draining: tells whether the process is about to end.
    """

    def __init__(self, database: Database, draining: Callable[[], bool]) -> None:
        self._database = database
        self._draining = draining
        self._asking: asyncio.Task[bool] | None = None

    def mount(self, app: web.Application) -> None:
        """Add the route."""
        app.router.add_get("/ready", self.answer)
        app.on_cleanup.append(self._close)

    async def answer(self, _request: web.Request) -> web.Response:
        """Answer one request."""
        if self._draining():
            return web.json_response({"status": "draining"}, status=503)
        if not await self._reachable():
            return web.json_response({"status": "database unavailable"}, status=503)
        return web.json_response({"status": "ready"})

    async def _reachable(self) -> bool:
        """Ask the database, or wait for the answer to who asked before: a silent one holds one thread, not many."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(asyncio.to_thread(self._ask))
        done, _ = await asyncio.wait({self._asking}, timeout=_PATIENCE_S)
        return bool(done) and self._asking.result()

    def _ask(self) -> bool:
        try:
            self._database.ping()
        except AppError:
            return False
        return True

    async def _close(self, _app: web.Application) -> None:
        if self._asking is not None:
            await asyncio.wait({self._asking}, timeout=_PATIENCE_S)
        self._database.close()
