"""A module's questions spoken ahead, and how much of them is: `/api/kb/prefetch`, `manifest`, `coverage`."""

from typing import Annotated, Final

from msgspec import UNSET, Meta, Struct, UnsetType

from core.providers.tts.port import Voice
from core.speech import answers
from core.speech.models import Id, KbSegment, Name
from core.speech.question_audio import availability, passages
from core.speech.routes import Desktop
from core.speech.warming import Warmer
from shared.api import Access, Request, Routes
from shared.clock import iso, utc_now
from shared.db import PUBLIC_TENANT
from shared.domain.modules import MODULES
from shared.errors import NotFound
from shared.repositories.modules import ModuleQuestion, ModuleRepository
from shared.repositories.spoken_texts import QuestionTexts

_MOST_QUESTIONS: Final = 4_000


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

    def __init__(self, desktop: Desktop, warmer: Warmer) -> None:
        self._at = desktop
        self._warmer = warmer

    def routes(self) -> Routes:
        """Return the operations."""
        routes = Routes("speech", success_flag=True)
        routes.post("/api/kb/prefetch", access=Access.CLIENT)(self.prefetch)
        routes.get("/api/kb/prefetch/{job_id}", access=Access.CLIENT)(self.progress)
        routes.get("/api/kb/manifest/{module_id}", access=Access.CLIENT)(self.manifest)
        routes.get("/api/kb/coverage/{module_id}", access=Access.CLIENT)(self.coverage)
        return routes

    def prefetch(self, request: Request, body: PrefetchModule) -> Started:
        """Begin to speak all of a module's questions, answers, hints and explanations."""
        voice = self._voice(body)
        questions = self._questions(request, body.module_id)
        texts = [passage.text for question in questions for passage in passages(question)]
        job = self._at.run(self._warmer.start(request.caller, PUBLIC_TENANT, texts, voice))
        job.label = body.module_id
        return Started(job_id=job.id, total_segments=job.total, module_id=body.module_id)

    def progress(self, request: Request, job_id: str) -> Progress:
        """Return how far a job of the tenant is."""
        request.admit()
        job = self._at.run(self._warmer.job(request.tenant_id, job_id))
        return Progress(
            job_id=job.id,
            module_id=job.label,
            total_segments=job.total,
            completed=job.done,
            cached=job.cached,
            generated=job.done - job.cached,
            failed=job.failed,
            status=job.status,
            percent_complete=round(job.progress * 100, 1),
            started_at=iso(job.started_at),
            completed_at=iso(job.ended_at) if job.ended_at else UNSET,
            error=job.error or UNSET,
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
        return Voice(answers.voice_name(query.voice_id))

    @staticmethod
    def _questions(request: Request, module_id: str) -> list[QuestionTexts]:
        if module_id not in MODULES:
            raise NotFound(f"module {module_id[:100]} not found")
        with request.unit() as unit:
            found = ModuleRepository(unit).questions(most=_MOST_QUESTIONS)
        return [_texts(question) for question in found.result]


def _texts(question: ModuleQuestion) -> QuestionTexts:
    return QuestionTexts(
        id=question.id,
        owner_id=PUBLIC_TENANT,
        question_text=question.question_text,
        answer_text=question.answer_text,
        explanation=question.explanation,
        hints=question.hints,
    )
