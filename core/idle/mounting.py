"""The governor on an application: who needs the process is noticed there."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Final

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler

from core.http.adapter import HttpAdapter
from core.idle.governor import Governor
from core.idle.routes import IdleRoutes
from shared.api import Context, Service

# What needs a voice process. Consoles that only look, and what other functions answer beside it, do not.
_NEEDS: Final = ("/ws/audio", "/v1/", "/api/tts", "/api/kb/audio", "/api/kb/prefetch", "/api/kb/feedback")


class Resting(msgspec.Struct, frozen=True):
    """Mounts the governor and its routes."""

    governor: Governor
    context: Context

    def mount(self, app: web.Application) -> None:
        """Serve the operations, and watch from the application's start to its end."""
        routes = IdleRoutes(self.governor)
        HttpAdapter(Service(routes.routes(), self.context), workers=2).mount(app)

        async def attached(_app: web.Application) -> AsyncGenerator[None]:
            routes.attach(asyncio.get_running_loop())
            yield

        @web.middleware
        async def noticed(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.path.startswith(_NEEDS) or request.path.endswith("/stream-audio"):
                self.governor.touch("session" if request.path.startswith(("/ws", "/v1")) else "request")
            return await handler(request)

        app.middlewares.append(noticed)
        app.cleanup_ctx.extend((attached, self.governor.run))
