"""Speech over HTTP without a server: its routes, with an event loop of their own in a thread."""

import asyncio
import threading
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache

from core.providers.tts.port import TextToSpeech
from core.speech.cache import SpeechCache
from core.speech.service import SpeechService
from core.speech.shelf import Shelf
from shared.api import Routes
from shared.auth.caller import Caller
from shared.storage.objects import open_objects
from tests.fakes.tts import FakeTextToSpeech
from tests.support.identity import SECRET


def speech_service(tts: TextToSpeech, shelf: Shelf) -> SpeechService:
    """Return the service around a synthesiser nobody is paid for."""

    @contextmanager
    def hire(caller: Caller) -> Generator[TextToSpeech]:
        del caller
        yield tts

    return SpeechService(SpeechCache(tts, shelf.store), shelf, hire, secret=SECRET, provider=tts.name)


@cache
def speech_routes() -> Routes:
    """Return core's routes, made once for the test process: what they keep is kept by tenant."""
    service = speech_service(FakeTextToSpeech(), Shelf(open_objects("memory://")))
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="speech", daemon=True).start()
    service.desktop.attach(loop)
    return service.routes()
