"""The voice service put together: the one place that knows every part."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from aiohttp import web

from core import janitor
from core.admission import Admission
from core.conversations import StoredConversations
from core.http.adapter import HttpAdapter
from core.idle.governor import Governor
from core.idle.levers import levers_of
from core.idle.mounting import Resting
from core.lifecycle import Lifecycle
from core.metering.bank import Bank
from core.metering.budgets import BudgetMetering
from core.metering.platform import PlatformMeter
from core.observability.metrics import Metrics, Readings
from core.observability.reporting import reporting
from core.pipeline.conversations import Visit
from core.pipeline.equipment import Counts, Equipment, SpeechFor
from core.postal import rounds
from core.providers import Providers
from core.providers.fallback import breakers
from core.providers.registry import build_providers
from core.providers.tts.port import TextToSpeech
from core.providers.vad.resting import RestingDetector
from core.providers.vad.shared import SharedDetector
from core.quizzes import StoredQuizzes
from core.realtime.http import realtime_routes
from core.realtime.port import RealtimeStore
from core.realtime.route import RealtimeRoute
from core.realtime.store import StoredRealtime
from core.sampling import AnswerCounter, RequestCounter, Sampler, models_of
from core.settings import Settings
from core.speech.cache import SpeechCache
from core.speech.desk import Hire
from core.speech.service import SpeechService
from core.speech.shelf import Shelf
from core.ws.audio import AudioRoute, Authenticate
from core.ws.live import Live
from core.ws.news import CHANNEL, Listen, News, listening
from core.ws.system import HomeLoop, SystemNews
from core.ws.updates import Admit, Confirm, Redeem, Updates, UpdatesRoute
from shared.api import Context, Service
from shared.auth.authenticator import Authenticator
from shared.auth.caller import Caller
from shared.db import Database, Listener, TenantEntry
from shared.mail.postman import Postman
from shared.mail.settings import build_mailer
from shared.repositories.lapsed import LapsedRepository
from shared.repositories.measurements import forget_measurements
from shared.repositories.processes import SAMPLE_S
from shared.storage.objects import open_objects
from shared.storage.port import ObjectStore
from shared.tenant_removal import Clearance

Beside = Callable[[web.Application], AsyncGenerator[None]]
LIFECYCLE: Final = web.AppKey("lifecycle", Lifecycle)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the sockets need.

    Attributes:
        authenticate: names the caller a token claims; a session's opening confirms it.
        admit: names and confirms the caller of a socket without a session.
        redeem: names and confirms the caller a ticket admits, once.
        confirm: tells who a caller is, whose credential still holds.
        release: closes what is used last.
        updates: who watches.
        realtime: knows the guests of the Realtime socket; None: there is none.
        metrics: what `GET /metrics` answers.
        listen: hears of sessions from other processes; None: this one knows only of its own sockets.
        beside: each runs beside the sockets from the application's start, and ends once the sessions have ended.
    """

    equipment: Equipment
    authenticate: Authenticate
    admit: Admit
    redeem: Redeem
    release: Callable[[], None]
    confirm: Confirm
    updates: Updates = field(default_factory=Updates)
    realtime: RealtimeStore | None = None
    metrics: Metrics = field(default_factory=Metrics)
    beside: tuple[Beside, ...] = ()
    listen: Listen | None = None


def build_app(settings: Settings) -> web.Application:
    """Return the voice service with `/ws`, `/ws/audio` and speech over HTTP; others may add their own routes beside.

    Nothing connects before the application starts. Its shutdown drains the sessions.
    Raises: InvalidInput: a setting names an unknown provider, or one that lacks its key.
    """
    database = Database(settings.shared.database_url, pool_size=settings.shared.database_pool)
    authenticator = Authenticator(settings.shared)
    providers = build_providers(settings.providers, settings.voice)

    door = Admission(database, settings.shared, authenticator)
    updates, loop = Updates(), HomeLoop()
    news = SystemNews(updates)
    metering = BudgetMetering(Bank(database), longest_utterance_ms=settings.voice.timing.longest_ms)
    store = _store(settings)
    cache = SpeechCache(providers.tts, store)
    metrics = Metrics()
    requests, answers = RequestCounter(), AnswerCounter()
    observe, reports = reporting(settings.observability, metrics, answers)
    hire = _hire(metering, providers)
    speech = SpeechService(
        cache, Shelf(store), hire, secret=settings.shared.secret, provider=settings.providers.tts.split(",")[0]
    )
    detector, counts = RestingDetector(SharedDetector.load), Counts()
    detector.loaded()
    equipment = Equipment(
        providers=providers,
        speech=_speech(settings, cache),
        detector=detector,
        conversations=StoredConversations(database),
        metering=metering,
        settings=settings.voice,
        observe=observe,
        narrate=speech.desktop.desk.read,
        counts=counts,
        quizzes=StoredQuizzes(database),
    )
    sampler = Sampler(
        database=database,
        service="core",
        models=lambda: models_of(providers),
        folder=Path(settings.data_dir),
        requests=lambda: requests.total,
        answers=lambda: answers.total,
        told=lambda sample: loop.call(lambda: news.sampled(sample)),
    )
    parts = Parts(
        equipment=equipment,
        authenticate=door.authenticate,
        admit=door.admit,
        redeem=door.redeem,
        confirm=door.confirm,
        release=database.close,
        updates=updates,
        realtime=StoredRealtime(database, settings.shared),
        metrics=metrics,
        beside=(
            loop.run,
            *reports,
            metering.run,
            *_post(settings, database),
            _rechecks(updates, door.confirm, settings.voice.recheck_s),
            janitor.rounds(
                [
                    janitor.Task("removals", 5, _clearance(database, store, cache, loop).clear_due),
                    *_chores(settings, database, store),
                    janitor.Task("telling", SAMPLE_S, sampler.tell),
                ]
            ),
        ),
        listen=Listener(settings.shared.database_url, CHANNEL).run,
    )
    app = assemble(parts)
    app.middlewares.append(requests.middleware)
    context = Context(settings.shared, database, authenticator)
    speech.mount(app, context)
    HttpAdapter(Service(realtime_routes(providers.llm.model, providers.stt.model), context), workers=2).mount(app)
    news.sessions = lambda: len(app[LIFECYCLE].live)
    governor = Governor(levers_of(providers, detector, cache, counts), tell=news.tell)
    Resting(governor, context).mount(app)
    return app


def assemble(parts: Parts) -> web.Application:
    """Return the application around the given parts."""
    app = web.Application()
    live, updates = Live(), parts.updates
    voice = parts.equipment.settings
    lifecycle = Lifecycle(live, updates, parts.equipment.providers, voice.drain_s, voice.recheck_s, parts.release)
    lifecycle.install(app)
    if parts.listen is not None:
        app.cleanup_ctx.append(listening(parts.listen, News(live, updates)))
    app.cleanup_ctx.extend(parts.beside)
    app[LIFECYCLE] = lifecycle
    parts.metrics.read(_readings(parts.equipment, live))
    app.router.add_get("/metrics", parts.metrics.serve)
    app.router.add_get("/ws/audio", AudioRoute(parts.equipment, parts.authenticate, parts.redeem, live).serve)
    if parts.realtime is not None:
        realtime = RealtimeRoute(
            equipment=parts.equipment,
            live=live,
            authenticate=parts.authenticate,
            redeem=parts.redeem,
            store=parts.realtime,
        )
        app.router.add_get("/v1/realtime", realtime.serve)
    watching = UpdatesRoute(updates, parts.admit, parts.redeem, parts.confirm, heartbeat_s=voice.heartbeat_s)
    app.router.add_get("/ws", watching.serve)
    return app


def _readings(equipment: Equipment, live: Live) -> Readings:
    """Return what metrics are read when somebody asks for them."""
    providers = equipment.providers
    return Readings(
        sessions=lambda: len(live),
        counts=lambda: asdict(equipment.counts),
        breakers={"stt": breakers(providers.stt), "llm": breakers(providers.llm), "tts": breakers(providers.tts)},
    )


def _rechecks(updates: Updates, confirm: Confirm, every_s: float) -> Beside:
    """Return who looks whether those who watch still may."""

    async def run(_app: web.Application) -> AsyncGenerator[None]:
        task = asyncio.create_task(updates.recheck(every_s, confirm))
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    return run


def _post(settings: Settings, database: Database) -> list[Beside]:
    """Return who carries the mail, if anybody does."""
    if settings.mail is None:
        return []
    mailer = build_mailer(settings.mail)
    return [rounds(Postman(database, mailer, settings.shared.secret, settings.mail.public_url))]


def _chores(settings: Settings, database: Database, store: ObjectStore) -> list[janitor.Task]:
    """Return what the janitor does; any number of processes may."""
    return [
        janitor.Task("platform usage", 600, PlatformMeter(database, store).meter),
        janitor.Task("lapsed", 300, lambda: _sweep(database)),
        janitor.Task("retention", 3600, lambda: forget_measurements(database, settings.retention)),
    ]


def _clearance(database: Database, store: ObjectStore, cache: SpeechCache, loop: HomeLoop) -> Clearance:
    """Return who removes objects; it works in a thread, and what memory holds of them goes on the loop."""
    return Clearance(database, store, forget=lambda keys: loop.call(lambda: cache.drop(keys)))


def _sweep(database: Database) -> None:
    with database.unit(TenantEntry(None)) as unit:
        LapsedRepository(unit).sweep(most=10_000)


def _store(settings: Settings) -> ObjectStore:
    """Return where speech is kept; a mock's is not worth a disk."""
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

    @contextmanager
    def hire(caller: Caller) -> Generator[TextToSpeech]:
        purse = metering.open(Visit("", caller), lambda _notice: None, ahead=False)
        try:
            yield purse.hire(providers).tts
        finally:
            purse.close()

    return hire
