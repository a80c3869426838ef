"""Core's HTTP operations by service, for documents and tests: nothing is served or made."""

from collections.abc import Generator
from contextlib import contextmanager

from core.fetching.fetcher import Fetcher
from core.fetching.names import SystemNames
from core.housekeeping.export_routes import export_routes
from core.idle.governor import Governor, Levers
from core.idle.routes import IdleRoutes
from core.imports.desk import ImportDesk
from core.imports.registry import BUILT_IN, Plugins
from core.imports.service import import_routes
from core.jobs.routes import job_routes
from core.providers.mock import MockTextToSpeech
from core.providers.tts.port import TextToSpeech
from core.realtime.http import realtime_routes
from core.speech.cache import SpeechCache
from core.speech.desk import Spent, nobody_asks
from core.speech.service import SpeechService
from core.speech.shelf import Shelf
from shared.api import Routes
from shared.auth.caller import Caller
from shared.storage.objects import open_objects


def operations() -> list[Routes]:
    """Return the routes of every service core has."""
    voice = MockTextToSpeech()

    @contextmanager
    def nobody(caller: Caller, *, spent: Spent = nobody_asks, to_keep: bool = False) -> Generator[TextToSpeech]:
        del caller, spent, to_keep
        yield voice

    store = open_objects("memory://")
    shelf = Shelf(store)
    speech = SpeechService(SpeechCache(voice), shelf, nobody, secret=b"", provider=voice.name)
    exports = export_routes(store, b"")
    imports = import_routes(ImportDesk(Plugins(BUILT_IN, store, Fetcher(SystemNames())), store, model=("", "")))
    idle = IdleRoutes(Governor(Levers({}, _nothing)))
    return [speech.routes(), realtime_routes("", ""), exports, imports, idle.routes(), job_routes()]


async def _nothing() -> None:
    """There is nothing to wake."""
