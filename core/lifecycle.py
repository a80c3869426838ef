"""From the first request to the last sentence."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from typing import Final

import msgspec
from aiohttp import web

from core.providers import Providers
from core.providers.registry import warm_up
from core.ws.live import Live
from core.ws.updates import Updates
from shared.errors import AppError
from shared.logging import get_logger

_log: Final = get_logger("core")


class Lifecycle(msgspec.Struct, frozen=True):
    """Starts what runs beside the sockets, and ends everything in good order.

    Attributes:
        drain_s: seconds that sentences under way have to end.
        recheck_s: seconds between two rounds of checking who is connected.
        release: closes what is used last, such as the database.
    """

    live: Live
    updates: Updates
    providers: Providers
    drain_s: int
    recheck_s: int
    release: Callable[[], None]

    def install(self, app: web.Application) -> None:
        """Follow the application's start and end."""
        app.cleanup_ctx.append(self._run)
        app.on_shutdown.append(self._drain)

    async def _run(self, _app: web.Application) -> AsyncGenerator[None]:
        beside = [asyncio.create_task(self._warm_up()), asyncio.create_task(self.live.recheck(self.recheck_s))]
        yield
        for task in beside:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await self.providers.close()
        self.release()

    async def _warm_up(self) -> None:
        try:
            await warm_up(self.providers)
        except AppError as error:
            # The first learner who needs the provider is told; until then there is nothing to stop for.
            details = error.details
            _log.warning("provider_not_ready", provider=details.get("provider"), reason=details.get("reason"))

    async def _drain(self, _app: web.Application) -> None:
        _log.info("draining", sessions=len(self.live))
        await self.live.drain(self.drain_s)
        self.updates.close()

    async def health(self, _request: web.Request) -> web.Response:
        """Answer 200 while new sessions are welcome, 503 from the moment the process is told to end."""
        status = 503 if self.live.draining else 200
        body = {"status": "draining" if self.live.draining else "healthy", "sessions": len(self.live)}
        return web.json_response(body, status=status)
