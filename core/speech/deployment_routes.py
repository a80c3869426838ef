"""Deployments: a curriculum is spoken ahead of a day, so that its lessons wait for nobody.

Whether one is ready is what the object store holds of the curriculum as it is now: that counts what lessons spoke too.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from core.providers.tts.port import Voice
from core.speech import answers, ordering
from core.speech.deployment_models import (
    CacheAnswer,
    Deployments,
    Done,
    NewDeployment,
    OneDeployment,
    Reset,
    Scheduled,
    VoiceConfig,
    answer_of,
    cache_of,
)
from core.speech.estimates import Estimate, Prices, Shelved, readiness
from core.speech.routes import Desktop
from core.speech.scripts import items_of
from core.speech.sources import Reading
from shared.api import Access, Request, Routes
from shared.clock import utc_now
from shared.ids import known_id
from shared.repositories.metering import Price
from shared.repositories.speech_items import NewItem
from shared.repositories.speech_orders import NewOrder, SpeechOrder, SpeechOrderRepository

MOST: Final = 100
# A deployment is ready on its day's first minute in UTC when speaking begins so much earlier: hours in which somebody
# may still act, and three times as long as it takes where a vendor speaks no faster than people listen.
_LEAST_LEAD: Final = timedelta(hours=6)
_RESERVE: Final = 3


class DeploymentRoutes:
    """`/api/deployments`. Everybody of a tenant looks; those who teach or run it decide, and its budget pays."""

    def __init__(self, desktop: Desktop) -> None:
        self._at = desktop
        self._desk = desktop.desk

    def routes(self) -> Routes:
        """Return the operations."""
        routes = Routes("speech")
        one = "/api/deployments/{deployment_id}"
        routes.post("/api/deployments", access=Access.CLIENT)(self.schedule)
        routes.get("/api/deployments", access=Access.CLIENT)(self.list_deployments)
        routes.get(one, access=Access.CLIENT)(self.get_deployment)
        routes.get(f"{one}/cache", access=Access.CLIENT)(self.get_cache)
        routes.post(f"{one}/start", access=Access.CLIENT)(self.start)
        routes.post(f"{one}/pause", access=Access.CLIENT)(self.pause)
        routes.post(f"{one}/resume", access=Access.CLIENT)(self.resume)
        routes.post(f"{one}/retry-failed", access=Access.CLIENT)(self.retry_failed)
        routes.delete(one, access=Access.CLIENT)(self.cancel)
        return routes

    def schedule(self, request: Request, body: NewDeployment) -> Scheduled:
        """Order that a curriculum be spoken: by itself before a `target_date`, otherwise when it is started."""
        config = body.voice_config or VoiceConfig()
        name = answers.voice_name(config.voice_id or config.voice)
        voice = Voice(name, config.speed or 1.0, config.language or self._at.language)
        with request.unit() as unit:
            SpeechOrderRepository(unit).require_teacher()
            SpeechOrderRepository(unit).require_curriculum(body.curriculum_id)
            reading = Reading(unit, "curriculum", body.curriculum_id)
            prices = Prices(unit, self._desk)
        items = items_of(reading.lines(request.tenant_id), voice)
        known = ordering.prospect(self._desk, items, prices.price)
        new = NewOrder(
            purpose="deployment",
            name=body.name or body.curriculum_id,
            source_type="curriculum",
            source_id=body.curriculum_id,
            voice=voice.name,
            speed=voice.speed,
            language=voice.language,
            target_date=body.target_date,
        )
        with request.unit() as unit:
            order_id = ordering.place(unit, new, items, known)
            if body.target_date is not None:
                after = starts_at(body.target_date, known.estimate)
                ordering.send(unit, order_id, "deployment", after=after if after > utc_now() else None)
            placed = SpeechOrderRepository(unit).get(order_id)
        return Scheduled("scheduled", answer_of(placed.result))

    def list_deployments(self, request: Request) -> Deployments:
        """Return the newest deployments of the tenant, as their jobs last saw them."""
        with request.unit() as unit:
            found = SpeechOrderRepository(unit).find("deployment", limit=MOST)
        return Deployments([answer_of(one) for one in found.result])

    def get_deployment(self, request: Request, deployment_id: str) -> OneDeployment:
        """Return one deployment of the tenant, as it is now."""
        order, items, _ = self._now(request, deployment_id)
        return OneDeployment(answer_of(order, readiness(Shelved(self._desk), items)))

    def get_cache(self, request: Request, deployment_id: str) -> CacheAnswer:
        """Return what is spoken of a deployment, and what the rest would cost."""
        order, items, price = self._now(request, deployment_id)
        shelved = Shelved(self._desk)
        estimate = shelved.estimate(items, price)
        return cache_of(order, readiness(shelved, items), estimate, self._desk.cache.sample_rate)

    def start(self, request: Request, deployment_id: str) -> Done:
        """Begin to speak what is missing now, whatever the day."""
        ordering.ask(request, self._read(request, deployment_id), ordering.start)
        return Done("started")

    def pause(self, request: Request, deployment_id: str) -> Done:
        """Speak no more for now; what is spoken stays."""
        ordering.ask(request, self._read(request, deployment_id), ordering.pause)
        return Done("paused")

    def resume(self, request: Request, deployment_id: str) -> Done:
        """Go on with a deployment that was paused."""
        ordering.ask(request, self._read(request, deployment_id), ordering.resume)
        return Done("resumed")

    def retry_failed(self, request: Request, deployment_id: str) -> Reset:
        """Try again what was given up."""
        order = self._read(request, deployment_id)
        ordering.ask(request, order, ordering.retry_failed)
        return Reset("started", order.failed)

    def cancel(self, request: Request, deployment_id: str) -> Done:
        """Cancel a deployment for good; what is spoken stays."""
        order = self._read(request, deployment_id)
        with request.unit() as unit:
            SpeechOrderRepository(unit).require_teacher()
            SpeechOrderRepository(unit).cancel(order.id)
            ordering.stop(unit, order)
        return Done("cancelled")

    @staticmethod
    def _read(request: Request, deployment_id: str) -> SpeechOrder:
        known = known_id(deployment_id, "deployment")
        with request.unit() as unit:
            found = SpeechOrderRepository(unit).get(known, "deployment")
        return found.result

    def _now(self, request: Request, deployment_id: str) -> tuple[SpeechOrder, list[NewItem], Price]:
        """Return a deployment, and what its curriculum says now."""
        order = self._read(request, deployment_id)
        with request.unit() as unit:
            reading = Reading(unit, order.source_type, order.source_id)
            prices = Prices(unit, self._desk)
        voice = Voice(order.voice, order.speed, order.language)
        return order, items_of(reading.lines(request.tenant_id), voice), prices.price


def starts_at(target: date, estimate: Estimate) -> datetime:
    """Return when speaking has to begin for it to be done with time to spare when a day begins, in UTC."""
    takes = timedelta(seconds=estimate.seconds * _RESERVE)
    return datetime.combine(target, time(), UTC) - max(_LEAST_LEAD, takes)
