"""The image's servers: the functions, or the functions beside core, on one listener."""

import os
from collections.abc import Mapping
from typing import Final

from aiohttp import web

from core.http.listener import serve_until_told
from core.http.readiness import Readiness
from infra.local.server import add_functions, add_pages
from infra.server.asking import DEFAULT_PORT
from shared.config import Settings, read_settings
from shared.db import Database
from shared.listening import read_address

# Longer than the gateway waits for a function.
API_PATIENCE_S: Final = 31.0
POOL: Final = "4"


async def api(environ: Mapping[str, str]) -> None:
    """Serve the functions and the pages until told to end; requests under way are answered.

    Raises: InvalidInput: a setting is missing or malformed.
    """
    address = read_address(environ, default_port=DEFAULT_PORT)
    app = web.Application()
    told = _Told()
    Readiness(Database(_for_functions(environ).database_url), lambda: told.ending).mount(app)
    add_functions(app)
    add_pages(app)
    await serve_until_told(app, address, patience_s=API_PATIENCE_S, told=told.end)


async def both(environ: Mapping[str, str]) -> None:
    """Serve core beside the functions and the pages until told to end.

    Raises: InvalidInput: a setting is missing or malformed.
    """
    from core.main import add_readiness
    from core.settings import read_settings as read_core_settings
    from infra.local.server import build

    _for_functions(environ)
    settings = read_core_settings({"UNAMENTIS_PORT": str(DEFAULT_PORT), **environ})
    app = build(environ, beside=lambda made: add_readiness(made, settings))
    await serve_until_told(app, settings.address, patience_s=API_PATIENCE_S)


def _for_functions(environ: Mapping[str, str]) -> Settings:
    """Return the functions' settings; each function reads them for itself when it is loaded."""
    # A Lambda's container has one request at a time; here each function has many threads.
    os.environ.setdefault("UNAMENTIS_DATABASE_POOL", POOL)
    return read_settings(environ)


class _Told:
    """Remembers that the process was told to end."""

    def __init__(self) -> None:
        self.ending = False

    def end(self) -> None:
        self.ending = True
