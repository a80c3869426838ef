"""Keeps a process in step with how the deployment's staff want its processes to rest."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Final

from aiohttp import web

from core.idle.governor import Governor
from core.idle.setting import Reading, Setting
from shared.db import Database, TenantEntry
from shared.errors import Unavailable
from shared.logging import get_logger

# Until a database that did not answer is asked again.
_AGAIN_S: Final = 5.0
_log: Final = get_logger("core")


class Follower:
    """Reads the setting whenever it may have changed; everything is called on the event loop."""

    def __init__(self, database: Database, governor: Governor) -> None:
        self._database = database
        self._governor = governor
        self._due = asyncio.Event()

    def changed(self) -> None:
        """Have it read again soon."""
        self._due.set()

    async def run(self, _app: web.Application) -> AsyncGenerator[None]:
        """Read it now, and follow it for as long as the application runs."""
        self._due.set()
        task = asyncio.create_task(self._follow())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    async def _follow(self) -> None:
        while True:
            await self._due.wait()
            self._due.clear()
            try:
                setting = await asyncio.to_thread(self._read)
            except Unavailable:
                _log.warning("idle_setting_not_read", again_s=_AGAIN_S)
                await asyncio.sleep(_AGAIN_S)
                self._due.set()
            else:
                await self._governor.take(setting)

    def _read(self) -> Setting:
        with self._database.unit(TenantEntry(None)) as unit:
            reading = Reading(unit)
        return reading.setting
