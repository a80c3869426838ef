"""Speech on the wire. Names and shapes: docs/reference/speech.md."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from core.speech.encoding import Format
from core.speech.stretches import LONGEST_TEXT

Text = Annotated[str, Meta(min_length=1, max_length=LONGEST_TEXT)]
Name = Annotated[str, Meta(max_length=64, pattern=r"^[A-Za-z0-9_+.\-]*$")]
Id = Annotated[str, Meta(min_length=1, max_length=200)]
Speed = Annotated[float, Meta(ge=0.5, le=2.0)]
Segment = Literal["question", "answer", "hint", "explanation"]


class Done(Struct, kw_only=True):
    """It is done: what answers in the console's envelope builds on this, and adds what it is about."""

    success: bool = True


class VoiceChoice(Struct, kw_only=True):
    """Whose voice; each field under both of the names clients use."""

    voice_id: Name | None = None
    voice: Name | None = None
    tts_provider: Name | None = None
    provider: Name | None = None
    speed: Speed | None = None
    language: Name | None = None


class Speak(VoiceChoice, kw_only=True):
    """POST /api/tts. `return_url` asks for JSON merely by being there."""

    text: Text
    format: Format | None = None
    return_url: bool | None = None
    skip_cache: bool | None = None


class Spoken(Struct, kw_only=True):
    """A clip by its address."""

    audio_url: str
    duration_ms: int
    cache_hit: bool
    format: str
    hash: str


class CacheQuery(VoiceChoice, kw_only=True):
    """Names a clip by its text and voice, or by its hash."""

    text: Text | None = None
    hash: Name | None = None
    format: Format | None = None
    confirm: bool | None = None


class Cached(Struct, kw_only=True):
    """A clip that was put into the cache."""

    status: Literal["ok"] = "ok"
    hash: str
    size_bytes: int
    duration_ms: int


class CacheFigures(Struct, kw_only=True):
    """What a tenant's cache holds, and how often it was of use since the server began."""

    total_entries: int
    total_size_bytes: int
    total_size_mb: float
    max_size_bytes: int
    hits: int
    misses: int
    hit_rate: float


class CacheStats(Struct, kw_only=True):
    """The same figures as the console and as the Android app read them."""

    cache: CacheFigures
    size_bytes: int
    entry_count: int
    hit_rate: float
    max_size_bytes: int
    resource_pool: dict[str, int]
    status: Literal["ok"] = "ok"


class Evict(Struct, kw_only=True):
    """How much to let go; one of both."""

    target_size_mb: Annotated[float, Meta(ge=0, le=1e9)] | None = None
    bytes_to_free: Annotated[int, Meta(ge=0, le=1 << 50)] | None = None


class Removed(Struct, kw_only=True):
    """How many clips are gone."""

    entries_removed: int
    bytes_freed: int | UnsetType = UNSET
    status: Literal["ok"] = "ok"


class PrefetchTopic(VoiceChoice, kw_only=True):
    """POST /api/tts/prefetch/topic."""

    curriculum_id: Id
    topic_id: Id


class PrefetchTopics(Struct, kw_only=True):
    """POST /api/tts-cache/prefetch, as iOS sends it; anything is taken."""

    curriculumId: str | None = None  # noqa: N815  the phone's own spelling
    topicIds: Annotated[list[str], Meta(max_length=200)] | None = None  # noqa: N815


class Prefetch(Struct, kw_only=True):
    """A job, in the console's names and in the Android app's."""

    status: Literal["started", "running", "paused", "completed", "failed", "cancelled"]
    job_id: str
    total_segments: int
    progress: float
    segments_completed: int
    segments_total: int
    cached: int
    failed: int
    error: str | UnsetType = UNSET


class MediaQuery(Struct, kw_only=True):
    """GET /media/speech."""

    clip: Annotated[str, Meta(max_length=400)] = ""


class KbAudioQuery(Struct, kw_only=True):
    """Which hint; `module_id` is taken and not needed."""

    hint_index: Annotated[int, Meta(ge=0, le=1000)] = 0


class KbBatch(Struct, kw_only=True):
    """Which questions' audio to look for; no segments means all of them."""

    question_ids: Annotated[list[Id], Meta(max_length=500)]
    segments: list[Segment] | None = None


class KbSegment(Struct, kw_only=True, omit_defaults=True):
    """One text's audio; `duration` in seconds, `size` in bytes of WAV."""

    available: bool
    duration: float = 0
    size: int = 0


class KbBatchAnswer(Struct, kw_only=True):
    """What is there, by question and segment."""

    segments: dict[str, dict[str, KbSegment]]
    total_size_bytes: int
    available_count: int
    missing_count: int


class StreamQuery(Struct, kw_only=True):
    """Whose voice reads a topic."""

    voice: Name | None = None
    tts_server: Name | None = None


class StreamSegment(Struct, kw_only=True):
    """One stretch of a topic's transcript."""

    index: int
    type: str
    text: str


class StreamPlan(Struct, kw_only=True):
    """What a stream says, in order."""

    title: str
    segments: list[StreamSegment]
