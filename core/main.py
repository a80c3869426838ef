"""The voice service as a process of its own: `python -m core.main`. The only module of core that reads the environment.

It listens on UNAMENTIS_HOST and UNAMENTIS_PORT; see docs/reference/settings.md. SIGTERM or SIGINT lets sentences under
way end, sends clients elsewhere and exits.
"""

import os

# numpy's matrix products here are too small for threads: those would only spin. Must be set before numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import asyncio
import signal
import sys

from aiohttp import web

from core.app import build_app
from core.assembly import LIFECYCLE
from core.settings import Settings, read_settings
from shared.errors import InvalidInput


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT."""
    app = build_app(settings)
    app.router.add_get("/health", app[LIFECYCLE].health)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.host, settings.port).start()
        await stop.wait()
    finally:
        await runner.cleanup()


def main() -> int:
    """Run the service and return the exit status."""
    try:
        settings = read_settings(os.environ)
    except InvalidInput as error:
        sys.stderr.write(f"{error.message}\n")
        return 2
    if sys.platform == "win32":
        asyncio.run(serve(settings))
    else:
        import uvloop

        uvloop.run(serve(settings))
    return 0


if __name__ == "__main__":
    sys.exit(main())
