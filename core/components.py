"""What a voice service is made of, as its settings ask for it: each part once. Nothing connects or runs yet."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from core.conversations import StoredConversations
from core.idle.following import Follower
from core.idle.governor import Governor
from core.idle.levers import levers_of
from core.metering.bank import Bank
from core.metering.budgets import BudgetMetering
from core.metering.vendors import first_voice
from core.observability.metrics import Metrics
from core.observability.reporting import Beside, reporting
from core.pipeline.conversations import Visit
from core.pipeline.equipment import Equipment, SpeechFor
from core.providers import Providers
from core.providers.registry import build_providers
from core.providers.tts.port import TextToSpeech
from core.providers.vad.resting import RestingDetector
from core.providers.vad.shared import SharedDetector
from core.quizzes import StoredQuizzes
from core.sampling import AnswerCounter, RequestCounter
from core.settings import Settings
from core.speech.cache import SpeechCache
from core.speech.desk import Hire, Spent, nobody_asks
from core.speech.service import SpeechService
from core.speech.shelf import Shelf
from core.threads import Threads
from core.ws.system import HomeLoop, SystemNews
from core.ws.updates import Updates
from shared.api import Context
from shared.auth.authenticator import Authenticator
from shared.auth.caller import Caller
from shared.db import Database
from shared.storage.objects import open_objects
from shared.storage.port import ObjectStore

# Units of work of sessions under way at once, in threads; those beyond wait.
_UNITS_AT_ONCE: Final = 8


class Components(msgspec.Struct, frozen=True, kw_only=True):
    """The parts that routes, chores and sockets share.

    Attributes:
        context: what HTTP operations work with.
        loop: the application's, for those who work in threads beside it.
        updates: who watches; news tells them of this process.
        requests, answers: how many there were, counted since the start.
        reports: what must run beside the sockets so that turns are reported.
    """

    settings: Settings
    database: Database
    context: Context
    store: ObjectStore
    cache: SpeechCache
    speech: SpeechService
    detector: RestingDetector
    governor: Governor
    follower: Follower
    metering: BudgetMetering
    equipment: Equipment
    metrics: Metrics
    requests: RequestCounter
    answers: AnswerCounter
    reports: tuple[Beside, ...]
    loop: HomeLoop
    updates: Updates
    news: SystemNews

    @property
    def providers(self) -> Providers:
        """Who transcribes, answers and speaks."""
        return self.equipment.providers


def build_components(settings: Settings) -> Components:
    """Make every part.

    Raises: InvalidInput: a setting names an unknown provider, or one that lacks its key.
    """
    database = Database(settings.shared.database_url, pool_size=settings.shared.database_pool)
    providers = build_providers(settings.providers, settings.voice)
    threads = Threads(_UNITS_AT_ONCE)
    metering = BudgetMetering(Bank(database, aside=threads.run), longest_utterance_ms=settings.voice.timing.longest_ms)
    store = _store(settings)
    cache = SpeechCache(providers.tts, store)
    speaker = settings.providers.tts.split(",")[0]
    speech = SpeechService(
        cache,
        Shelf(store, most_bytes=settings.speech_room_mb * 1024 * 1024),
        _hire(metering, providers),
        secret=settings.shared.secret,
        provider=speaker,
        language=settings.voice.language,
    )
    detector = RestingDetector(SharedDetector.load)
    detector.loaded()
    metrics, answers, updates = Metrics(), AnswerCounter(), Updates()
    news = SystemNews(updates)
    observe, reports = reporting(settings.observability, metrics, answers)
    equipment = Equipment(
        providers=providers,
        speech=_speech(settings, cache),
        detector=detector,
        conversations=StoredConversations(database, threads.run),
        metering=metering,
        settings=settings.voice,
        observe=observe,
        narrate=speech.desktop.desk.read,
        quizzes=StoredQuizzes(database),
    )
    governor = Governor(levers_of(providers, detector, cache, equipment.counts), tell=news.tell)
    return Components(
        settings=settings,
        database=database,
        context=Context(settings.shared, database, Authenticator(settings.shared)),
        store=store,
        cache=cache,
        speech=speech,
        detector=detector,
        governor=governor,
        follower=Follower(database, governor),
        metering=metering,
        equipment=equipment,
        metrics=metrics,
        requests=RequestCounter(),
        answers=answers,
        reports=reports,
        loop=HomeLoop(),
        updates=updates,
        news=news,
    )


def _store(settings: Settings) -> ObjectStore:
    """Return where objects are kept: where the deployment says; otherwise its disk, which a mock's are not worth."""
    if settings.shared.objects_url is not None:
        return open_objects(settings.shared.objects_url)
    if settings.providers.tts == "mock":
        return open_objects("memory://")
    return open_objects((Path(settings.data_dir).resolve() / "objects").as_uri())


def _speech(settings: Settings, cache: SpeechCache) -> SpeechFor:
    """Return who speaks: through the cache, except for mock vendors, whose delays are there to be measured."""
    if settings.providers.tts == "mock":
        return lambda _caller, tts: tts
    return lambda caller, tts: cache.of(caller.tenant_id or "public", tts)


def _hire(metering: BudgetMetering, providers: Providers) -> Hire:
    """Return who speaks outside of sessions: each order is paid from its caller's tenant's budget."""
    alone = first_voice(providers)

    @contextmanager
    def hire(caller: Caller, *, spent: Spent = nobody_asks, to_keep: bool = False) -> Generator[TextToSpeech]:
        purse = metering.open(Visit("", caller), lambda _notice: None, ahead=False, spent=spent)
        try:
            yield purse.hire(alone if to_keep else providers).tts
        finally:
            purse.close()

    return hire
