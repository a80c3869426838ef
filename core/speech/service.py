"""Speech over HTTP, put together, and what runs beside it."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from functools import partial
from itertools import groupby
from typing import Final

from aiohttp import web

from core.http.adapter import HttpAdapter
from core.speech.cache import SpeechCache
from core.speech.comparison_routes import ComparisonRoutes
from core.speech.deployment_routes import DeploymentRoutes
from core.speech.desk import Hire, SpeechDesk
from core.speech.lesson_routes import LessonRoutes
from core.speech.links import Links
from core.speech.module_audio_routes import ModuleAudioRoutes
from core.speech.prefetch_routes import PrefetchRoutes
from core.speech.pregen_routes import PregenRoutes
from core.speech.profile_routes import ProfileRoutes
from core.speech.routes import Desktop, SpeechRoutes
from core.speech.shelf import Shelf
from core.speech.voiced import note_gone
from shared.api import Context, Routes, Service
from shared.db import Database, TenantEntry
from shared.errors import Unavailable
from shared.logging import get_logger
from shared.storage.port import Stored

_log: Final = get_logger("core")

_SWEEP_S: Final = 3_600


class SpeechService:
    """The desk and its routes.

    Args:
        provider: who speaks in this deployment, as clients may name it.
        language: what lessons are spoken in, where nobody says otherwise.
        sweep_s: seconds between two looks for clips that are too old or too many.
    """

    def __init__(
        self,
        cache: SpeechCache,
        shelf: Shelf,
        hire: Hire,
        *,
        secret: bytes,
        provider: str,
        language: str = "en-US",
        sweep_s: float = _SWEEP_S,
    ) -> None:
        self._cache = cache
        self._shelf = shelf
        self._sweep_s = sweep_s
        self._database: Database | None = None
        desk = SpeechDesk(cache, shelf, hire, language=language)
        self.desktop = Desktop(desk, Links(secret), provider)

    def routes(self) -> Routes:
        """Return every operation."""
        routes = SpeechRoutes(self.desktop).routes()
        routes.include(LessonRoutes(self.desktop).routes())
        routes.include(PrefetchRoutes(self.desktop).routes())
        routes.include(DeploymentRoutes(self.desktop).routes())
        routes.include(ModuleAudioRoutes(self.desktop).routes())
        routes.include(PregenRoutes(self.desktop).routes())
        routes.include(ComparisonRoutes(self.desktop).routes())
        routes.include(ProfileRoutes(self.desktop).routes())
        return routes

    def mount(self, app: web.Application, context: Context) -> None:
        """Serve the operations on an application, and everything beside them from its start to its end."""
        HttpAdapter(Service(self.routes(), context)).mount(app)
        self._database = context.database
        app.cleanup_ctx.append(self.run)

    async def run(self, _app: web.Application) -> AsyncGenerator[None]:
        """Make speech on this event loop until the application ends, then finish storing what is made."""
        self.desktop.attach(asyncio.get_running_loop())
        sweeping = asyncio.create_task(self._sweep())
        yield
        sweeping.cancel()
        with suppress(asyncio.CancelledError):
            await sweeping
        await self._cache.close()

    def _note_gone(self, gone: Sequence[Stored]) -> None:
        """Tell the questions of every tenant that clips are gone."""
        database = self._database
        if database is None:
            return
        for tenant_id, clips in groupby(gone, key=lambda clip: clip.key.split("/")[1]):
            entry = TenantEntry(tenant_id)
            note_gone(partial(database.unit, entry), self.desktop.desk, tenant_id, [clip.key for clip in clips])

    async def _sweep(self) -> None:
        while True:
            with suppress(Unavailable):  # the next round may find the store again
                gone = await asyncio.to_thread(self._shelf.sweep)
                self._cache.drop([clip.key for clip in gone])
                await asyncio.to_thread(self._note_gone, gone)
                if gone:
                    _log.info("speech_swept", clips=len(gone), bytes=sum(clip.size for clip in gone))
            await asyncio.sleep(self._sweep_s)
