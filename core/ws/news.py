"""What happened in any process: told to those who watch the tenant, and obeyed by the sockets held here."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import suppress
from typing import Any, Final

import msgspec
from aiohttp import web

from core.ws.live import Live
from core.ws.updates import Updates
from shared.errors import Conflict, NotFound
from shared.logging import get_logger

# PostgreSQL's channel of the triggers in migrations 0012, 0031, 0033 and 0115.
CHANNEL: Final = "session_news"

# Listens until cancelled, with what takes each payload and what is told that payloads may have been missed.
Listen = Callable[[Callable[[str], None], Callable[[], None]], Coroutine[None, None, None]]


class _News(msgspec.Struct, frozen=True):
    """A payload; fields that do not belong to the event are absent, numbers of sessions' events come as text.

    Attributes:
        before: of connected: the state the voice socket found.
        connection: of connected: the socket's number.
        type, data, about: of event "update": what watchers are told, and the user whose own matter it is.
        period, percent, spent, cap: of budget_warning, which is about no session; micro-dollars.
    """

    tenant: str
    event: str
    session: str = ""
    status: str = ""
    before: str = ""
    connection: str = "0"
    heard_by: str = ""
    topic_id: str = ""
    turn_id: str = ""
    role: str = ""
    type: str = ""
    data: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])
    about: str = ""
    period: str = ""
    percent: int = 0
    spent: int = 0
    cap: int = 0


# Whoever sees these over HTTP is told: housekeeping, done in the tenant of what is shared, is nobody else's.
_OF_JOBS: Final = frozenset({"job_update", "job_message", "import_progress"})
_log: Final = get_logger("news")
_DECODER: Final = msgspec.json.Decoder(_News)
# What a voice socket's arrival is called, by the state it found.
_ARRIVALS: Final = {"created": "started", "paused": "resumed"}


def _nobody() -> None:
    """Nobody needs to know."""


class News:
    """Takes news from the listener.

    Args: settings_changed: is told that the deployment's own settings changed, or may have.
    """

    def __init__(self, live: Live, updates: Updates, settings_changed: Callable[[], None] = _nobody) -> None:
        self._live = live
        self._updates = updates
        self._settings_changed = settings_changed

    def heard(self, payload: str) -> None:
        """Obey and pass on what happened."""
        try:
            news = _DECODER.decode(payload)
        except msgspec.DecodeError:
            # Of a newer release, or not of ours at all: whatever it says, listening goes on.
            _log.warning("news_not_understood", length=len(payload))
            return
        if news.event == "budget_warning":
            self._warn(news)
        elif news.event == "update":
            self._updates.publish(news.tenant, news.type, news.data, about=news.about, own=news.type in _OF_JOBS)
        elif news.event == "idle_settings":
            self._settings_changed()
        else:
            self._tell(news)

    def opened(self) -> None:
        """Make up for what was missed before: watchers are told of a gap, sockets and settings are checked."""
        self._updates.mark_gap("the server did not hear everything")
        self._live.recheck_now()
        self._settings_changed()

    def _warn(self, news: _News) -> None:
        spent = {"spent_micro_usd": news.spent, "cap_micro_usd": news.cap}
        self._updates.publish(news.tenant, "budget_warning", {"period": news.period, "percent": news.percent, **spent})

    def _tell(self, news: _News) -> None:
        self._obey(news)
        told = {"session_id": news.session, "status": news.status, "event": news.event}
        if news.event == "connected":
            told["event"] = _ARRIVALS.get(news.before, "connected")
        told |= {name: value for name in ("topic_id", "turn_id", "role") if (value := getattr(news, name))}
        self._updates.publish(news.tenant, "session_update", told)

    def _obey(self, news: _News) -> None:
        match news.event:
            case "connected":
                self._live.supersede(news.session, int(news.connection))
            case "barge_in" if news.heard_by == "client":
                # One that a voice socket has heard has stopped the answer already.
                self._live.interrupt(news.session)
            case "paused":
                self._live.interrupt(news.session)
            case "ended":
                self._live.refuse(news.session, Conflict("the session has ended", code="session_ended"))
            case "deleted":
                self._live.refuse(news.session, NotFound(f"session {news.session} not found"))
            case _:
                pass


def listening(listen: Listen, news: News) -> Callable[[web.Application], AsyncGenerator[None]]:
    """Return what listens for as long as an application runs (for its `cleanup_ctx`)."""

    async def beside(_app: web.Application) -> AsyncGenerator[None]:
        task = asyncio.create_task(listen(news.heard, news.opened))
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    return beside
