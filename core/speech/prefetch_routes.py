"""Topics spoken in advance, as clients wish for them: `/api/tts/prefetch` and `/api/tts-cache/prefetch`."""

from contextlib import suppress
from typing import Literal

from msgspec import UNSET

from core.providers.tts.port import Voice
from core.speech import answers
from core.speech.estimates import Prices
from core.speech.lesson_routes import no_topic
from core.speech.models import Prefetch, PrefetchTopic, PrefetchTopics
from core.speech.ordering import order_now, stop
from core.speech.routes import Desktop
from core.speech.scripts import items_of, lesson_lines
from shared.api import Access, Request, Routes
from shared.errors import Conflict
from shared.ids import known_id
from shared.repositories.metering import Price
from shared.repositories.speech_orders import NewOrder, SpeechOrder, SpeechOrderRepository
from shared.repositories.spoken_texts import SpokenTextRepository, TopicTexts


class PrefetchRoutes:
    """The operations; whoever may hear a topic may have it spoken."""

    def __init__(self, desktop: Desktop) -> None:
        self._at = desktop

    def routes(self) -> Routes:
        """Return the operations."""
        routes = Routes("speech", success_flag=True)
        routes.post("/api/tts/prefetch/topic", access=Access.CLIENT)(self.prefetch_topic)
        routes.post("/api/tts-cache/prefetch", access=Access.CLIENT)(self.prefetch_topics)
        routes.get("/api/tts/prefetch/status/{job_id}", access=Access.CLIENT)(self.prefetch_status)
        routes.delete("/api/tts/prefetch/{job_id}", access=Access.CLIENT)(self.cancel_prefetch)
        return routes

    def prefetch_topic(self, request: Request, body: PrefetchTopic) -> Prefetch:
        """Have all of a topic spoken in advance."""
        voice = answers.voice_of(body, self._at.provider, self._at.language)
        with request.unit() as unit:
            found = SpokenTextRepository(unit).topics(body.curriculum_id, [body.topic_id])
            prices = Prices(unit, self._at.desk)
        if not found.result:
            raise no_topic(body.curriculum_id, body.topic_id)
        order = self._order(request, body.curriculum_id, found.result, voice, prices.price)
        return told(order, started=True)

    def prefetch_topics(self, request: Request, body: PrefetchTopics) -> dict[str, str]:
        """Take what a phone hopes to have spoken soon; it does not look at the answer."""
        with request.unit() as unit:
            found = SpokenTextRepository(unit).topics(body.curriculumId or "", body.topicIds or [])
            prices = Prices(unit, self._at.desk)
        if found.result:
            voice = self._at.desk.voice()
            with suppress(Conflict):  # enough is under way: the phone's wish was only a wish
                self._order(request, body.curriculumId or "", found.result, voice, prices.price)
        return {"status": "ok"}

    def prefetch_status(self, request: Request, job_id: str) -> Prefetch:
        """Return how far a job of the tenant is."""
        return told(self._read(request, job_id))

    def cancel_prefetch(self, request: Request, job_id: str) -> Prefetch:
        """Stop a job, for whoever asked for it and for those who teach or run the tenant."""
        order = self._read(request, job_id)
        with request.unit() as unit:
            stop(unit, order)
            stopped = SpeechOrderRepository(unit).get(order.id)
        return told(stopped.result)

    def _order(
        self, request: Request, curriculum_id: str, topics: list[TopicTexts], voice: Voice, price: Price
    ) -> SpeechOrder:
        new = NewOrder(
            purpose="topic",
            name=", ".join(topic.title for topic in topics)[:200],
            source_type="curriculum",
            source_id=curriculum_id,
            voice=voice.name,
            speed=voice.speed,
            language=voice.language,
        )
        items = items_of(lesson_lines(topics, request.tenant_id), voice)
        return order_now(request, self._at.desk, new, items, price)

    @staticmethod
    def _read(request: Request, job_id: str) -> SpeechOrder:
        known = known_id(job_id, "job")
        with request.unit() as unit:
            found = SpeechOrderRepository(unit).get(known, "topic")
        return found.result


def told(order: SpeechOrder, *, started: bool = False) -> Prefetch:
    """Return an order in everybody's names."""
    return Prefetch(
        status="started" if started else _status(order),
        job_id=order.id,
        total_segments=order.total,
        progress=round(order.progress, 4),
        segments_completed=order.completed,
        segments_total=order.total,
        cached=order.cached,
        failed=order.failed,
        error=order.error or UNSET,
    )


def _status(order: SpeechOrder) -> Literal["running", "paused", "completed", "failed", "cancelled"]:
    state = order.state
    if state == "pending" or state == "scheduled":
        return "running"
    return "failed" if state == "completed" and order.failed else state
