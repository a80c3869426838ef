"""A module's questions spoken ahead, and how much of them is: `/api/kb/prefetch`, `manifest`, `coverage`."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from core.providers.tts.port import Voice
from core.speech import answers
from core.speech.estimates import Prices
from core.speech.models import Id, KbSegment, Name
from core.speech.ordering import order_now
from core.speech.prefetch_routes import told
from core.speech.question_audio import availability, passages
from core.speech.routes import Desktop
from core.speech.scripts import items_of
from core.speech.sources import MOST_QUESTIONS, Reading, module_texts
from shared.api import Access, Request, Routes
from shared.clock import iso, utc_now
from shared.db import PUBLIC_TENANT
from shared.domain.modules import MODULES
from shared.errors import NotFound
from shared.ids import known_id
from shared.repositories.modules import ModuleRepository
from shared.repositories.speech_orders import NewOrder, SpeechOrderRepository
from shared.repositories.spoken_texts import QuestionTexts


class VoiceQuery(Struct, kw_only=True):
    """In whose voice; none: the one questions are read in."""

    voice_id: Name | None = None
    provider: Name | None = None


class PrefetchModule(VoiceQuery, kw_only=True):
    """POST /api/kb/prefetch. What is spoken already is not spoken again, whatever `force_regenerate` says."""

    module_id: Id
    force_regenerate: bool | None = None


class Started(Struct, kw_only=True):
    """A job that has begun."""

    job_id: str
    total_segments: int
    module_id: str
    status: str = "started"


class Progress(Struct, kw_only=True):
    """How far a job is; `generated` were spoken for it."""

    job_id: str
    module_id: str
    total_segments: int
    completed: int
    cached: int
    generated: int
    failed: int
    status: str
    percent_complete: Annotated[float, Meta(ge=0, le=100)]
    started_at: str
    completed_at: str | UnsetType = UNSET
    error: str | UnsetType = UNSET


class Manifest(Struct, kw_only=True):
    """What is spoken, by question and segment; sizes in bytes of WAV at 24 kHz, durations in seconds."""

    module_id: str
    voice_id: str
    provider: str
    generated_at: str
    total_questions: int
    total_segments: int
    total_size_bytes: int
    total_duration_seconds: float
    segments: dict[str, dict[str, KbSegment]]


class Coverage(Struct, kw_only=True):
    """How much is spoken."""

    module_id: str
    total_questions: int
    covered_questions: int
    total_segments: int
    covered_segments: int
    missing_segments: int
    total_size_bytes: int
    is_complete: bool
    coverage_percent: float


class ModuleAudioRoutes:
    """The operations; the questions of a module are shared content, spoken once for everybody."""

    def __init__(self, desktop: Desktop) -> None:
        self._at = desktop

    def routes(self) -> Routes:
        """Return the operations."""
        routes = Routes("speech", success_flag=True)
        routes.post("/api/kb/prefetch", access=Access.CLIENT)(self.prefetch)
        routes.get("/api/kb/prefetch/{module_job_id}", access=Access.CLIENT)(self.progress)
        routes.get("/api/kb/manifest/{module_id}", access=Access.CLIENT)(self.manifest)
        routes.get("/api/kb/coverage/{module_id}", access=Access.CLIENT)(self.coverage)
        return routes

    def prefetch(self, request: Request, body: PrefetchModule) -> Started:
        """Begin to speak all of a module's questions, answers, hints and explanations."""
        voice = self._voice(body)
        if body.module_id not in MODULES:
            raise NotFound(f"module {body.module_id[:100]} not found")
        with request.unit() as unit:
            reading = Reading(unit, "knowledge-bowl", body.module_id)
            prices = Prices(unit, self._at.desk)
        items = items_of(reading.lines(request.tenant_id), voice)
        new = NewOrder(
            purpose="module",
            name=body.module_id,
            source_type="knowledge-bowl",
            source_id=body.module_id,
            voice=voice.name,
            language=voice.language,
        )
        order = order_now(request, self._at.desk, new, items, prices.price)
        return Started(job_id=order.id, total_segments=order.total, module_id=body.module_id)

    def progress(self, request: Request, module_job_id: str) -> Progress:
        """Return how far a job of the tenant is."""
        known = known_id(module_job_id, "job")
        with request.unit() as unit:
            found = SpeechOrderRepository(unit).get(known, "module")
        order, state = found.result, told(found.result)
        return Progress(
            job_id=order.id,
            module_id=order.source_id,
            total_segments=order.total,
            completed=order.completed,
            cached=order.cached,
            generated=order.completed - order.cached,
            failed=order.failed,
            status=state.status,
            percent_complete=round(order.progress * 100, 1),
            started_at=iso(order.started_at or order.created_at),
            completed_at=iso(order.finished_at) if order.finished_at else UNSET,
            error=state.error,
        )

    def manifest(self, request: Request, module_id: str, query: VoiceQuery) -> Manifest:
        """Return what of a module is spoken."""
        spoken, _ = self._spoken(request, module_id, query)
        there = {
            question_id: {name: found for name, found in segments.items() if found.available}
            for question_id, segments in spoken.items()
        }
        all_of_them = [found for segments in there.values() for found in segments.values()]
        return Manifest(
            module_id=module_id,
            voice_id=query.voice_id or "nova",
            provider=self._at.provider,
            generated_at=iso(utc_now()),
            total_questions=len(spoken),
            total_segments=len(all_of_them),
            total_size_bytes=sum(found.size for found in all_of_them),
            total_duration_seconds=round(sum(found.duration for found in all_of_them), 2),
            segments={question_id: segments for question_id, segments in there.items() if segments},
        )

    def coverage(self, request: Request, module_id: str, query: VoiceQuery) -> Coverage:
        """Return how much of a module is spoken."""
        spoken, total = self._spoken(request, module_id, query)
        covered = [found for segments in spoken.values() for found in segments.values() if found.available]
        return Coverage(
            module_id=module_id,
            total_questions=len(spoken),
            covered_questions=sum(all(found.available for found in each.values()) for each in spoken.values()),
            total_segments=total,
            covered_segments=len(covered),
            missing_segments=total - len(covered),
            total_size_bytes=sum(found.size for found in covered),
            is_complete=len(covered) == total,
            coverage_percent=round(100 * len(covered) / total, 1) if total else 100.0,
        )

    def _spoken(
        self, request: Request, module_id: str, query: VoiceQuery
    ) -> tuple[dict[str, dict[str, KbSegment]], int]:
        """Return what there is of each question's segments, and how many segments there are."""
        voice = self._voice(query)
        questions = self._questions(request, module_id)
        desk = self._at.desk
        sizes = {clip.key: clip.size for clip in desk.shelf.clips(PUBLIC_TENANT)}
        spoken = {
            question.id: {
                passage.segment: availability(desk.cache, PUBLIC_TENANT, passage.text, sizes, voice)
                for passage in passages(question)
            }
            for question in questions
        }
        return spoken, sum(len(segments) for segments in spoken.values())

    def _voice(self, query: VoiceQuery) -> Voice:
        answers.check_provider(query.provider, self._at.provider)
        return self._at.desk.voice(answers.voice_name(query.voice_id))

    @staticmethod
    def _questions(request: Request, module_id: str) -> list[QuestionTexts]:
        if module_id not in MODULES:
            raise NotFound(f"module {module_id[:100]} not found")
        with request.unit() as unit:
            found = ModuleRepository(unit).questions(most=MOST_QUESTIONS)
        return [module_texts(question) for question in found.result]
