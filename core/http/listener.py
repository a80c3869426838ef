"""A process that serves one application until it is told to end."""

import asyncio
import gc
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any

from aiohttp import web

from shared.listening import Address


async def serve_until_told(
    app: web.Application, address: Address, *, patience_s: float, told: Callable[[], None] = lambda: None
) -> None:
    """Serve until SIGTERM or SIGINT.

    Args:
        patience_s: how long requests under way may take once the application has shut down.
        told: called when the signal comes, before the listener closes.
    """
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=patience_s)
    await runner.setup()
    # What is there now stays: the collector of garbage need not look at it again, and looks at sessions the sooner.
    gc.collect()
    gc.freeze()
    try:
        await web.TCPSite(runner, address.host, address.port).start()
        await stop.wait()
        told()
    finally:
        await runner.cleanup()


def run(serving: Coroutine[Any, Any, None]) -> None:
    """Run it on the fastest loop there is."""
    if sys.platform == "win32":
        asyncio.run(serving)
    else:
        import uvloop

        uvloop.run(serving)
