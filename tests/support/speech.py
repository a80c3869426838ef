"""Speech over HTTP without a server: its routes, with an event loop of their own in a thread."""

import asyncio
import threading
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from functools import cache

from core.providers.tts.port import TextToSpeech, Voice
from core.speech.cache import SpeechCache
from core.speech.desk import Hire, Spent, nobody_asks
from core.speech.service import SpeechService
from core.speech.shelf import Shelf
from shared.api import Routes
from shared.auth.caller import Caller
from shared.storage.objects import open_objects
from tests.fakes.tts import FakeTextToSpeech
from tests.support.identity import SECRET


def speech_service(tts: TextToSpeech, shelf: Shelf, *, language: str = "en-US") -> SpeechService:
    """Return the service around a synthesiser nobody is paid for."""

    @contextmanager
    def hire(caller: Caller, *, spent: Spent = nobody_asks, to_keep: bool = False) -> Generator[TextToSpeech]:
        del caller, spent, to_keep
        yield tts

    return SpeechService(
        SpeechCache(tts, shelf.store), shelf, hire, secret=SECRET, provider=tts.name, language=language
    )


def priced_hire(tts: TextToSpeech, *, micro_usd: int) -> Hire:
    """Return who speaks at a price for each character, as budgets are charged."""

    @contextmanager
    def hire(caller: Caller, *, spent: Spent = nobody_asks, to_keep: bool = False) -> Generator[TextToSpeech]:
        del caller, to_keep
        yield _Priced(tts, spent, micro_usd)

    return hire


class _Priced:
    """A synthesiser that tells what each text cost."""

    def __init__(self, tts: TextToSpeech, spent: Spent, micro_usd: int) -> None:
        self._tts = tts
        self._spent = spent
        self._micro_usd = micro_usd
        self.name, self.model, self.sample_rate = tts.name, tts.model, tts.sample_rate

    async def speak(self, text: str, *, voice: Voice) -> AsyncIterator[bytes]:
        async for chunk in self._tts.speak(text, voice=voice):
            yield chunk
        self._spent(self._micro_usd * len(text))

    async def close(self) -> None:
        """Nothing to release."""


@cache
def speech_routes() -> Routes:
    """Return core's routes, made once for the test process: what they keep is kept by tenant."""
    service = speech_service(FakeTextToSpeech(), Shelf(open_objects("memory://")))
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="speech", daemon=True).start()
    service.desktop.attach(loop)
    return service.routes()
