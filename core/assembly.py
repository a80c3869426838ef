"""The sockets around given parts: `/ws`, `/ws/audio`, `/v1/realtime`, `/metrics`, and the life of the application."""

from collections.abc import AsyncGenerator, Callable
from dataclasses import asdict
from typing import Final

import msgspec
from aiohttp import web

from core.lifecycle import Lifecycle
from core.observability.metrics import Metrics, Readings
from core.pipeline.equipment import Equipment
from core.providers.fallback import breakers
from core.realtime.port import RealtimeStore
from core.realtime.route import RealtimeRoute
from core.ws.audio import AudioRoute, Authenticate
from core.ws.live import Live
from core.ws.news import Listen, News, listening
from core.ws.updates import Admit, Confirm, Redeem, Updates, UpdatesRoute

Beside = Callable[[web.Application], AsyncGenerator[None]]
LIFECYCLE: Final = web.AppKey("lifecycle", Lifecycle)


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """What the sockets need.

    Attributes:
        authenticate: names the caller a token claims; a session's opening confirms it.
        admit: names and confirms the caller of a socket without a session.
        redeem: names and confirms the caller a ticket admits, once.
        confirm: tells who a caller is who begins to watch, and whose credential still holds.
        release: closes what is used last.
        updates: who watches.
        realtime: knows the guests of the Realtime socket; None: there is none.
        metrics: what `GET /metrics` answers.
        listen: hears of sessions from other processes; None: this one knows only of its own sockets.
        settings_changed: is told by what listens that the deployment's own settings may have changed.
        beside: each runs beside the sockets from the application's start, and ends once the sessions have ended.
    """

    equipment: Equipment
    authenticate: Authenticate
    admit: Admit
    redeem: Redeem
    release: Callable[[], None]
    confirm: Confirm
    updates: Updates = msgspec.field(default_factory=Updates)
    realtime: RealtimeStore | None = None
    metrics: Metrics = msgspec.field(default_factory=Metrics)
    beside: tuple[Beside, ...] = ()
    listen: Listen | None = None
    settings_changed: Callable[[], None] = lambda: None


def assemble(parts: Parts) -> web.Application:
    """Return the application around the given parts."""
    app = web.Application()
    live, updates = Live(), parts.updates
    voice = parts.equipment.settings
    lifecycle = Lifecycle(live, updates, parts.equipment.providers, voice.drain_s, voice.recheck_s, parts.release)
    lifecycle.install(app)
    if parts.listen is not None:
        app.cleanup_ctx.append(listening(parts.listen, News(live, updates, parts.settings_changed)))
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
