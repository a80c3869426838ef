"""The voice service as a process of its own: `python -m core.main`. The only module of core that reads the environment.

It listens on UNAMENTIS_HOST and UNAMENTIS_PORT; see docs/reference/settings.md. SIGTERM or SIGINT lets sentences under
way end, sends clients elsewhere and exits.
"""

import os

# numpy's matrix products here are too small for threads: those would only spin. Must be set before numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sys
from typing import Final

from aiohttp import web

from core.app import build_app
from core.assembly import LIFECYCLE
from core.http.listener import run, serve_until_told
from core.http.readiness import Readiness
from core.settings import Settings, read_settings
from shared.db import Database
from shared.errors import InvalidInput

# What is not over once the sessions are drained is cut off.
PATIENCE_S: Final = 2.0


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT."""
    app = build_app(settings)
    app.router.add_get("/health", app[LIFECYCLE].health)
    add_readiness(app, settings)
    await serve_until_told(app, settings.address, patience_s=PATIENCE_S)


def add_readiness(app: web.Application, settings: Settings) -> None:
    """Answer `/ready`: until sessions are drained, while the database answers."""
    live = app[LIFECYCLE].live
    Readiness(Database(settings.shared.database_url), lambda: live.draining).mount(app)


def main() -> int:
    """Run the service and return the exit status."""
    try:
        settings = read_settings(os.environ)
    except InvalidInput as error:
        sys.stderr.write(f"{error.message}\n")
        return 2
    run(serve(settings))
    return 0


if __name__ == "__main__":
    sys.exit(main())
