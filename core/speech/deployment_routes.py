"""Deployments: a curriculum is spoken ahead of a day, so that its lessons wait for nobody.

How far one is, is what the object store holds of it: that survives this process, and counts what lessons spoke too.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from core.providers.tts.port import Voice
from core.speech import answers
from core.speech.desk import SpeechDesk, pieces
from core.speech.models import Id, Name, Speed
from core.speech.routes import Desktop
from core.speech.warming import Job, Warmer
from core.voice.speakable import speakable
from shared.api import Access, Request, Routes
from shared.clock import iso
from shared.domain.json_values import text_of
from shared.errors import NotFound
from shared.ids import known_id, new_id
from shared.repositories.deployments import Deployment, DeploymentRepository
from shared.repositories.spoken_texts import LessonTexts, SpokenTextRepository

Status = Literal["scheduled", "generating", "completed", "completed_with_errors", "cancelled"]

MOST: Final = 100
# Another process may be at it; one that has been at it for longer has ended without finishing.
_LONGEST_S: Final = 3_600


class VoiceConfig(Struct, frozen=True):
    """Who speaks; empty for the voice this deployment speaks with."""

    voice_id: Name | None = None
    voice: Name | None = None
    speed: Speed | None = None


class NewDeployment(Struct, frozen=True):
    """A curriculum to be spoken."""

    curriculum_id: Id
    name: Annotated[str, Meta(max_length=200)] | None = None
    target_date: date | None = None
    voice_config: VoiceConfig | None = None


class DeploymentAnswer(Struct, frozen=True, kw_only=True):
    """A deployment and how far it is; segments are stretches of transcripts."""

    id: str
    name: str
    curriculum_id: str
    voice_config: dict[str, Any]
    status: Status
    total_segments: int
    completed_segments: int
    cached_segments: int
    generated_segments: int
    failed_segments: int
    percent_complete: float
    is_ready: bool
    created_at: str
    target_date: str | UnsetType = UNSET
    started_at: str | UnsetType = UNSET


class OneDeployment(Struct, frozen=True):
    """A deployment."""

    deployment: DeploymentAnswer


class Scheduled(Struct, frozen=True):
    """A deployment that was ordered."""

    status: str
    deployment: DeploymentAnswer


class Deployments(Struct, frozen=True):
    """The newest deployments, the newest first."""

    deployments: list[DeploymentAnswer]


class CacheAnswer(Struct, frozen=True):
    """What is spoken of a deployment."""

    deployment_id: str
    total_segments: int
    cached_segments: int
    missing_segments: int
    size_bytes: int
    duration_seconds: float


class Done(Struct, frozen=True):
    """That it was done."""

    status: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of one curriculum in one voice: its texts, whose they are, and how much of them is spoken, in bytes of PCM."""

    texts: list[str]
    owner_id: str
    cached: int
    size: int


class _Spoken:
    """What the object store holds, read once for each owner."""

    def __init__(self, desk: SpeechDesk) -> None:
        self._desk = desk
        self._sizes: dict[str, dict[str, int]] = {}

    def coverage(self, one: Deployment, lessons: Sequence[LessonTexts]) -> Coverage:
        """Return how much of a deployment is spoken."""
        own = [lesson for lesson in lessons if lesson.curriculum_id == one.curriculum_id]
        owner_id = own[0].owner_id if own else ""
        texts = [text for lesson in own for text in _texts(lesson)]
        if owner_id not in self._sizes:
            clips = self._desk.shelf.clips(owner_id) if owner_id else []
            self._sizes[owner_id] = {clip.key: clip.size for clip in clips}
        sizes = self._sizes[owner_id]
        cached = size = 0
        for text in texts:
            keys = [self._desk.cache.key(owner_id, piece, _voice(one)) for piece in pieces(text)]
            if all(key in sizes for key in keys):
                cached += 1
                size += sum(sizes[key] for key in keys)
        return Coverage(texts, owner_id, cached, size)


class DeploymentRoutes:
    """`/api/deployments`."""

    def __init__(self, desktop: Desktop, warmer: Warmer) -> None:
        self._at = desktop
        self._desk = desktop.desk
        self._warmer = warmer
        self._jobs: dict[str, Job] = {}

    def routes(self) -> Routes:
        """Return the operations."""
        routes = Routes("speech")
        routes.post("/api/deployments", access=Access.CLIENT)(self.schedule)
        routes.get("/api/deployments", access=Access.CLIENT)(self.list_deployments)
        routes.get("/api/deployments/{deployment_id}", access=Access.CLIENT)(self.get_deployment)
        routes.get("/api/deployments/{deployment_id}/cache", access=Access.CLIENT)(self.get_cache)
        routes.post("/api/deployments/{deployment_id}/start", access=Access.CLIENT)(self.start)
        routes.delete("/api/deployments/{deployment_id}", access=Access.CLIENT)(self.cancel)
        return routes

    def schedule(self, request: Request, body: NewDeployment) -> Scheduled:
        """Order that a curriculum be spoken, for those who teach or run the tenant."""
        deployment_id = new_id()
        config = body.voice_config or VoiceConfig()
        with request.unit() as unit:
            repository = DeploymentRepository(unit)
            repository.add(
                deployment_id,
                curriculum_id=body.curriculum_id,
                name=body.name or body.curriculum_id,
                target_date=body.target_date,
                voice=answers.voice_name(config.voice_id or config.voice),
                speed=config.speed or 1.0,
            )
            added = repository.get(deployment_id)
            lessons = SpokenTextRepository(unit).lessons(deployment_id)
        return Scheduled(
            "scheduled", self._answer(added.result, _Spoken(self._desk).coverage(added.result, lessons.result))
        )

    def list_deployments(self, request: Request) -> Deployments:
        """Return the newest deployments of the tenant."""
        with request.unit() as unit:
            found = DeploymentRepository(unit).find(limit=MOST)
            lessons = SpokenTextRepository(unit).lessons(None)
        spoken = _Spoken(self._desk)
        return Deployments([self._answer(one, spoken.coverage(one, lessons.result)) for one in found.result])

    def get_deployment(self, request: Request, deployment_id: str) -> OneDeployment:
        """Return one deployment of the tenant."""
        one, lessons = self._read(request, deployment_id)
        return OneDeployment(self._answer(one, _Spoken(self._desk).coverage(one, lessons)))

    def get_cache(self, request: Request, deployment_id: str) -> CacheAnswer:
        """Return what is spoken of a deployment."""
        one, lessons = self._read(request, deployment_id)
        coverage = _Spoken(self._desk).coverage(one, lessons)
        return CacheAnswer(
            deployment_id=one.id,
            total_segments=len(coverage.texts),
            cached_segments=coverage.cached,
            missing_segments=len(coverage.texts) - coverage.cached,
            size_bytes=coverage.size,
            duration_seconds=round(coverage.size / 2 / self._desk.cache.sample_rate, 2),
        )

    def start(self, request: Request, deployment_id: str) -> Done:
        """Begin to speak what is missing, for those who teach or run the tenant; it is paid from its budget."""
        known = known_id(deployment_id, "deployment")
        with request.unit() as unit:
            repository = DeploymentRepository(unit)
            one = repository.get(known)
            repository.start(known)
            lessons = SpokenTextRepository(unit).lessons(known)
        coverage = _Spoken(self._desk).coverage(one.result, lessons.result)
        running = self._jobs.get(known)
        if running is None or running.status != "running":
            started = self._warmer.start(request.caller, coverage.owner_id, coverage.texts, _voice(one.result))
            self._jobs[known] = self._at.run(started)
        return Done("started")

    def cancel(self, request: Request, deployment_id: str) -> Done:
        """Cancel a deployment, for those who teach or run the tenant; what is spoken stays."""
        known = known_id(deployment_id, "deployment")
        with request.unit() as unit:
            repository = DeploymentRepository(unit)
            repository.get(known)
            repository.cancel(known)
        job = self._jobs.pop(known, None)
        if job is not None:
            with suppress(NotFound):  # it ended so long ago that it is forgotten
                self._at.run(self._warmer.cancel(request.tenant_id, job.id))
        return Done("cancelled")

    def _read(self, request: Request, deployment_id: str) -> tuple[Deployment, list[LessonTexts]]:
        known = known_id(deployment_id, "deployment")
        with request.unit() as unit:
            one = DeploymentRepository(unit).get(known)
            lessons = SpokenTextRepository(unit).lessons(known)
        return one.result, lessons.result

    def _answer(self, one: Deployment, coverage: Coverage) -> DeploymentAnswer:
        total = len(coverage.texts)
        job = self._jobs.get(one.id)
        return DeploymentAnswer(
            id=one.id,
            name=one.name,
            curriculum_id=one.curriculum_id,
            voice_config={"voice_id": one.voice, "speed": one.speed},
            status=_status(one, coverage, job),
            total_segments=total,
            completed_segments=coverage.cached,
            cached_segments=coverage.cached,
            generated_segments=job.done - job.cached if job else 0,
            failed_segments=job.failed if job else 0,
            percent_complete=round(100 * coverage.cached / total, 1) if total else 100.0,
            is_ready=coverage.cached == total,
            created_at=iso(one.created_at),
            target_date=one.target_date.isoformat() if one.target_date else UNSET,
            started_at=iso(one.started_at) if one.started_at else UNSET,
        )


def _status(one: Deployment, coverage: Coverage, job: Job | None) -> Status:
    if one.cancelled_at is not None:
        return "cancelled"
    if coverage.cached == len(coverage.texts):
        return "completed"
    if one.seconds_running is None:
        return "scheduled"
    at_it = job.status == "running" if job else one.seconds_running < _LONGEST_S
    return "generating" if at_it else "completed_with_errors"


def _voice(one: Deployment) -> Voice:
    return Voice(one.voice, one.speed)


def _texts(lesson: LessonTexts) -> list[str]:
    spoken = (speakable(text_of(segment.get("content"))) for segment in lesson.segments)
    return [text for text in spoken if text]
