"""The idle operations without a server: a governor that lets go of nothing, on an event loop in a thread."""

import asyncio
import threading
from functools import cache

from core.idle.governor import Governor, Levers
from core.idle.routes import IdleRoutes
from shared.api import Routes


async def _nothing() -> None:
    """There is nothing to wake."""


@cache
def idle_routes() -> Routes:
    """Return core's routes, made once for the test process."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="idle", daemon=True).start()
    routes = IdleRoutes(Governor(Levers(release={}, wake=_nothing)))
    routes.attach(loop)
    return routes.routes()
