"""Pre-generation jobs and comparisons on the wire. Names and shapes: docs/reference/speech.md."""

from typing import Annotated, Any, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from core.speech.encoding import Format
from core.speech.models import Done, Id, Name, Speed, Text
from core.speech.profile_models import Title, Words
from shared.clock import iso
from shared.repositories.speech_items import Item, ItemStatus
from shared.repositories.speech_orders import Source, SpeechOrder

JobType = Literal["batch", "comparison"]
JobState = Literal["pending", "running", "paused", "completed", "failed", "cancelled"]

# What the rows of the database are called by, by what clients filter for.
STORED: Final[dict[str, list[str]]] = {"running": ["running", "queued"]}
# Where the clips of a tenant are in its part of the object store.
_FOLDER: Final = "speech"


class NewText(Struct, kw_only=True):
    """A text to be spoken, and where it is from."""

    text: Text
    source_ref: Annotated[str, Meta(max_length=400)] | None = None


class TtsConfig(Struct, kw_only=True):
    """A voice without a profile."""

    provider: Name | None = None
    voice_id: Name | None = None
    speed: Speed | None = None
    language: Name | None = None


class NewPregenJob(Struct, kw_only=True):
    """POST /api/tts/pregen/jobs. Without `items`, all of the source is spoken."""

    name: Title
    source_type: Source
    source_id: Id | None = None
    items: Annotated[list[NewText], Meta(min_length=1, max_length=5_000)] | None = None
    profile_id: Id | None = None
    tts_config: TtsConfig | None = None
    output_format: Format | None = None
    auto_start: bool | None = None


class ExtractBody(Struct, kw_only=True):
    """POST /api/tts/pregen/extract."""

    source_type: Source
    source_id: Id | None = None
    texts: Annotated[list[Text], Meta(max_length=5_000)] | None = None
    profile_id: Id | None = None
    tts_config: TtsConfig | None = None


class PregenQuery(Struct, kw_only=True):
    """GET /api/tts/pregen/jobs."""

    status: JobState | None = None
    job_type: JobType | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    offset: Annotated[int, Meta(ge=0, le=10_000)] = 0


class ItemQuery(Struct, kw_only=True):
    """GET /api/tts/pregen/jobs/{pregen_id}/items."""

    status: ItemStatus | None = None
    limit: Annotated[int, Meta(ge=1, le=500)] = 100
    offset: Annotated[int, Meta(ge=0, le=20_000)] = 0


class Counters(Struct, kw_only=True, frozen=True):
    """How far a job is; `estimated_time_remaining` in seconds."""

    status: JobState
    percentage: float
    total_items: int
    completed_items: int
    failed_items: int
    pending_items: int
    current_item_index: int
    current_item_text: str | UnsetType = UNSET
    estimated_time_remaining: int | UnsetType = UNSET


class PregenJob(Struct, kw_only=True):
    """A job, with its counters at the top for the console and in `progress` for others. Costs in micro-dollars."""

    id: str
    name: str
    job_type: JobType
    status: JobState
    source_type: Source
    tts_config: dict[str, Any]
    output_format: str
    normalize_volume: bool
    output_dir: str
    total_items: int
    completed_items: int
    failed_items: int
    current_item_index: int
    consecutive_failures: int
    estimated_cost_micro_usd: int
    actual_cost_micro_usd: int
    progress: Counters
    created_at: str
    updated_at: str
    source_id: str | UnsetType = UNSET
    profile_id: str | UnsetType = UNSET
    current_item_text: str | UnsetType = UNSET
    started_at: str | UnsetType = UNSET
    paused_at: str | UnsetType = UNSET
    completed_at: str | UnsetType = UNSET
    last_error: str | UnsetType = UNSET
    remedy: str | UnsetType = UNSET


class OneJob(Done, kw_only=True):
    """A job."""

    job: PregenJob


class Progress(Done, kw_only=True):
    """How far a job is, in both forms."""

    job_id: str
    status: JobState
    percentage: float
    total_items: int
    completed_items: int
    failed_items: int
    pending_items: int
    current_item_index: int
    progress: Counters
    current_item_text: str | UnsetType = UNSET
    estimated_time_remaining: int | UnsetType = UNSET


class PregenItem(Struct, kw_only=True):
    """A text of a job. `cached`: it was there already; `audio_path` once it is spoken."""

    id: str
    item_index: int
    text: str
    source_ref: str
    status: ItemStatus
    cached: bool
    attempts: int
    duration_ms: int
    cost_micro_usd: int
    last_error: str | UnsetType = UNSET
    audio_path: str | UnsetType = UNSET


class ResetCount(Done, kw_only=True):
    """How many items are tried again."""

    reset_count: int


class Extracted(Done, kw_only=True):
    """The texts of a source, the first thousand of them."""

    items: list[dict[str, str]]
    total_count: int
    stats: dict[str, float]


class Gone(Done, kw_only=True):
    """What was removed."""

    deleted: str


class Configuration(TtsConfig, kw_only=True):
    """One of several voices that are compared."""

    name: Title


class NewSession(Struct, kw_only=True):
    """POST /api/tts/pregen/sessions: every sample is spoken by every voice."""

    name: Title
    samples: Annotated[list[NewText], Meta(min_length=1, max_length=50)]
    configurations: Annotated[list[Configuration], Meta(min_length=2, max_length=10)]
    description: Words | None = None


class Rate(Struct, kw_only=True):
    """POST /api/tts/pregen/variants/{variant_id}/rate."""

    rating: Annotated[int, Meta(ge=1, le=5)]
    notes: Words | None = None


class Variant(Struct, kw_only=True):
    """A sample in one of the voices."""

    id: str
    session_id: str
    configuration: str
    text: str
    tts_config: dict[str, Any]
    status: ItemStatus
    duration_ms: int
    rating: int | UnsetType = UNSET
    notes: str | UnsetType = UNSET
    last_error: str | UnsetType = UNSET
    audio_path: str | UnsetType = UNSET


class OneVariant(Done, kw_only=True):
    """A variant."""

    variant: Variant


class Session(Struct, kw_only=True):
    """A comparison; `variants` where one is looked at."""

    id: str
    name: str
    description: str
    status: JobState
    progress: Counters
    created_at: str
    updated_at: str
    variants: list[Variant] | UnsetType = UNSET


class OneSession(Done, kw_only=True):
    """A comparison."""

    session: Session


def state_of(order: SpeechOrder) -> JobState:
    """Return what clients call an order's state."""
    state = order.state
    return "running" if state == "scheduled" else state


def counters_of(order: SpeechOrder) -> Counters:
    """Return how far an order is."""
    settled, took = order.completed + order.failed, order.seconds_running
    known = order.is_at_work and took is not None and settled > 0
    return Counters(
        status=state_of(order),
        percentage=round(order.progress * 100, 1),
        total_items=order.total,
        completed_items=order.completed,
        failed_items=order.failed,
        pending_items=order.left,
        current_item_index=min(settled, max(0, order.total - 1)),
        current_item_text=order.next_text if order.is_at_work and order.next_text else UNSET,
        estimated_time_remaining=round((took or 0) / settled * order.left) if known else UNSET,
    )


def job_of(order: SpeechOrder) -> PregenJob:
    """Return an order as a job."""
    counters = counters_of(order)
    return PregenJob(
        id=order.id,
        name=order.name,
        job_type="comparison" if order.purpose == "comparison" else "batch",
        status=counters.status,
        source_type=order.source_type,
        source_id=order.source_id or UNSET,
        profile_id=order.profile_id or UNSET,
        tts_config={"voice_id": order.voice, "speed": order.speed, "language": order.language},
        output_format=order.output_format,
        normalize_volume=False,
        output_dir=_FOLDER,
        total_items=counters.total_items,
        completed_items=counters.completed_items,
        failed_items=counters.failed_items,
        current_item_index=counters.current_item_index,
        current_item_text=counters.current_item_text,
        consecutive_failures=order.consecutive_failures,
        estimated_cost_micro_usd=order.estimate_micros,
        actual_cost_micro_usd=order.cost_micros,
        progress=counters,
        created_at=iso(order.created_at),
        updated_at=iso(order.job_updated_at or order.updated_at),
        started_at=iso(order.started_at) if order.started_at else UNSET,
        paused_at=iso(order.job_updated_at) if order.job_status == "paused" and order.job_updated_at else UNSET,
        completed_at=iso(order.finished_at) if order.finished_at else UNSET,
        last_error=order.error or UNSET,
        remedy=(order.job_error or {}).get("remedy") or UNSET,
    )


def progress_of(order: SpeechOrder) -> Progress:
    """Return how far an order is, in both forms."""
    counters = counters_of(order)
    flat = {name: getattr(counters, name) for name in counters.__struct_fields__}
    return Progress(job_id=order.id, progress=counters, **flat)


def item_of(item: Item) -> PregenItem:
    """Return an item of a job."""
    return PregenItem(
        id=item.id,
        item_index=item.position,
        text=item.text,
        source_ref=item.source_ref,
        status=item.status,
        cached=item.cached,
        attempts=item.attempts,
        duration_ms=item.duration_ms,
        cost_micro_usd=item.cost_micros,
        last_error=item.error or UNSET,
        audio_path=audio_path(item),
    )


def variant_of(item: Item) -> Variant:
    """Return an item of a comparison."""
    return Variant(
        id=item.id,
        session_id=item.order_id,
        configuration=item.label,
        text=item.text,
        tts_config={"voice_id": item.voice, "speed": item.speed, "language": item.language},
        status=item.status,
        duration_ms=item.duration_ms,
        rating=UNSET if item.rating is None else item.rating,
        notes=item.rating_notes or UNSET,
        last_error=item.error or UNSET,
        audio_path=audio_path(item),
    )


def session_of(order: SpeechOrder, items: list[Item] | None = None) -> Session:
    """Return a comparison, with its variants where they were read."""
    return Session(
        id=order.id,
        name=order.name,
        description=order.description,
        status=state_of(order),
        progress=counters_of(order),
        created_at=iso(order.created_at),
        updated_at=iso(order.updated_at),
        variants=UNSET if items is None else [variant_of(item) for item in items],
    )


def audio_path(item: Item) -> str | UnsetType:
    """Return where an item is heard, once it is spoken."""
    return f"/api/tts/pregen/variants/{item.id}/audio" if item.status == "completed" else UNSET
