"""What a voice service does besides serving: mail, removals, metering, sweeping, telling of itself.

What is to be done now and then is a Task of `chores`; what runs in its own way is one of `besides`.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from pathlib import Path

from aiohttp import web

from core import janitor, postal
from core.assembly import Beside
from core.components import Components
from core.metering.platform import PlatformMeter
from core.sampling import Sampler, models_of
from core.ws.updates import Confirm, Updates
from shared.db import Database, TenantEntry
from shared.mail.postman import Postman
from shared.mail.settings import build_mailer
from shared.repositories.lapsed import LapsedRepository
from shared.repositories.processes import SAMPLE_S
from shared.tenant_removal import Clearance


def chores(parts: Components) -> list[janitor.Task]:
    """Return what the janitor does; any number of processes may."""
    database, store = parts.database, parts.store
    return [
        janitor.Task("removals", 5, _clearance(parts).clear_due),
        janitor.Task("platform usage", 600, PlatformMeter(database, store).meter),
        janitor.Task("lapsed", 300, lambda: _sweep(database)),
        janitor.Task("telling", SAMPLE_S, _sampler(parts).tell),
    ]


def besides(parts: Components, confirm: Confirm) -> tuple[Beside, ...]:
    """Return all that runs beside the sockets, in the order of its start.

    Args: confirm: tells whether those who watch still may.
    """
    return (
        parts.loop.run,
        *parts.reports,
        parts.metering.run,
        parts.follower.run,
        *_post(parts),
        _rechecks(parts.updates, confirm, parts.settings.voice.recheck_s),
        janitor.rounds(chores(parts)),
    )


def _sampler(parts: Components) -> Sampler:
    """Return who tells the database and the watchers, from a thread, how busy this process is."""
    return Sampler(
        database=parts.database,
        service="core",
        models=lambda: models_of(parts.providers),
        folder=Path(parts.settings.data_dir),
        requests=lambda: parts.requests.total,
        answers=lambda: parts.answers.total,
        rested=parts.governor.clock.spent,
        sockets=lambda: parts.news.sockets,
        told=lambda sample: parts.loop.call(lambda: parts.news.sampled(sample)),
    )


def _post(parts: Components) -> list[Beside]:
    """Return who carries the mail, if anybody does."""
    settings = parts.settings
    if settings.mail is None:
        return []
    mailer = build_mailer(settings.mail)
    return [postal.rounds(Postman(parts.database, mailer, settings.shared.secret, settings.mail.public_url))]


def _rechecks(updates: Updates, confirm: Confirm, every_s: float) -> Beside:
    """Return who looks whether those who watch still may."""

    async def run(_app: web.Application) -> AsyncGenerator[None]:
        task = asyncio.create_task(updates.recheck(every_s, confirm))
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    return run


def _clearance(parts: Components) -> Clearance:
    """Return who removes objects; it works in a thread, and what memory holds of them goes on the loop."""
    loop, cache = parts.loop, parts.cache
    return Clearance(parts.database, parts.store, forget=lambda keys: loop.call(lambda: cache.drop(keys)))


def _sweep(database: Database) -> None:
    with database.unit(TenantEntry(None)) as unit:
        LapsedRepository(unit).sweep(most=10_000)
