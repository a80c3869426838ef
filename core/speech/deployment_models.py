"""Deployments on the wire. Names and shapes: docs/reference/deployments.md."""

from datetime import date
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from core.speech.estimates import Estimate, Readiness
from core.speech.models import Id, Name, Speed
from shared.clock import iso
from shared.repositories.speech_orders import SpeechOrder

Status = Literal["scheduled", "generating", "paused", "completed", "completed_with_errors", "failed", "cancelled"]


class VoiceConfig(Struct, frozen=True):
    """Who speaks; empty for the voice this deployment of the server speaks with."""

    voice_id: Name | None = None
    voice: Name | None = None
    speed: Speed | None = None
    language: Name | None = None


class NewDeployment(Struct, frozen=True):
    """A curriculum to be spoken; with a `target_date` by itself, early enough to be ready on that day."""

    curriculum_id: Id
    name: Annotated[str, Meta(max_length=200)] | None = None
    target_date: date | None = None
    voice_config: VoiceConfig | None = None


class DeploymentAnswer(Struct, frozen=True, kw_only=True):
    """A deployment and how far it is. Segments are what is read aloud: passages, and what is asked between them.

    Attributes:
        completed_segments: that are there now. cached_segments: that were there before. generated_segments: made for
            it. failed_segments: given up after several tries.
        estimated_cost_micro_usd: for what was missing when speaking began. actual_cost_micro_usd: what it has cost.
        starts_at: when it begins by itself. error: why it failed, or the last segment that did.
    """

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
    estimated_cost_micro_usd: int
    actual_cost_micro_usd: int
    created_at: str
    job_id: str | UnsetType = UNSET
    target_date: str | UnsetType = UNSET
    starts_at: str | UnsetType = UNSET
    started_at: str | UnsetType = UNSET
    completed_at: str | UnsetType = UNSET
    error: str | UnsetType = UNSET
    remedy: str | UnsetType = UNSET


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
    """What is spoken of a deployment, and what the rest would cost."""

    deployment_id: str
    total_segments: int
    cached_segments: int
    missing_segments: int
    size_bytes: int
    duration_seconds: float
    remaining_cost_micro_usd: int


class Done(Struct, frozen=True):
    """That it was done."""

    status: str


class Reset(Struct, frozen=True):
    """How many segments are tried again."""

    status: str
    reset_count: int


def answer_of(one: SpeechOrder, ready: Readiness | None = None) -> DeploymentAnswer:
    """Return a deployment; `ready`: what is there now, otherwise what was when its job last looked."""
    total = ready.total if ready else one.total
    completed = ready.ready if ready else one.completed
    error = one.job_error or {}
    return DeploymentAnswer(
        id=one.id,
        name=one.name,
        curriculum_id=one.source_id,
        voice_config={"voice_id": one.voice, "speed": one.speed, "language": one.language},
        status=_status(one, is_ready=completed == total),
        total_segments=total,
        completed_segments=completed,
        cached_segments=one.cached,
        generated_segments=one.completed - one.cached,
        failed_segments=one.failed,
        percent_complete=round(100 * completed / total, 1) if total else 100.0,
        is_ready=completed == total,
        estimated_cost_micro_usd=one.estimate_micros,
        actual_cost_micro_usd=one.cost_micros,
        created_at=iso(one.created_at),
        job_id=one.job_id or UNSET,
        target_date=one.target_date.isoformat() if one.target_date else UNSET,
        starts_at=iso(one.due_at) if one.job_waits and one.due_at else UNSET,
        started_at=iso(one.started_at) if one.started_at else UNSET,
        completed_at=iso(one.finished_at) if one.finished_at else UNSET,
        error=one.error or UNSET,
        remedy=error.get("remedy") or UNSET,
    )


def cache_of(one: SpeechOrder, ready: Readiness, estimate: Estimate, sample_rate: int) -> CacheAnswer:
    """Return what is spoken of a deployment."""
    return CacheAnswer(
        deployment_id=one.id,
        total_segments=ready.total,
        cached_segments=ready.ready,
        missing_segments=ready.total - ready.ready,
        size_bytes=ready.size,
        duration_seconds=round(ready.size / 2 / sample_rate, 2),
        remaining_cost_micro_usd=estimate.micro_usd,
    )


def _status(one: SpeechOrder, *, is_ready: bool) -> Status:
    state = one.state
    if state == "cancelled" and one.cancelled_at is not None:
        return "cancelled"
    if is_ready and state != "running":
        return "completed"
    if state in {"pending", "scheduled"}:
        return "scheduled"
    if state == "running":
        return "generating"
    if state == "paused":
        return "paused"
    return "completed_with_errors" if state == "completed" else "failed"
