"""What the Android app decodes: a missing field, a null or a fraction where an integer belongs is an error there."""

from typing import Any, TypeVar, cast

import msgspec
from msgspec import UNSET, Struct, UnsetType

T = TypeVar("T")


def decode(raw: bytes, model: type[T]) -> T:
    """Decode as strictly as the app: unknown keys are ignored, nothing else is forgiven."""
    return msgspec.json.decode(raw, type=model)


class Metrics(Struct):
    stt_latency_median: float
    llm_latency_median: float
    tts_latency_median: float
    e2e_latency_median: float


class Session(Struct):
    id: str
    session_id: str
    curriculum_id: str
    status: str
    state: str
    turn_count: int
    total_turns: int
    barge_in_count: int
    duration_seconds: int
    duration_minutes: int
    created_at: str
    expansion_count: int
    position: int
    topic_title: str
    curriculum_title: str
    topic_id: str | UnsetType = UNSET
    current_topic_id: str | UnsetType = UNSET
    started_at: str | UnsetType = UNSET
    ended_at: str | UnsetType = UNSET
    metrics: Metrics | UnsetType = UNSET
    websocket_url: str | UnsetType = UNSET


class Turn(Struct):
    id: str
    turn_id: str
    session_id: str
    role: str
    content: str
    timestamp: str
    audio_url: str | UnsetType = UNSET
    latency_ms: int | UnsetType = UNSET
    turn_count: int | UnsetType = UNSET


class Topic(Struct):
    id: str
    title: str
    learning_objectives: list[str]
    transcript: str | UnsetType = UNSET


class Message(Struct):
    role: str
    content: str


class Buffers(Struct):
    system_prompt: str
    system_message: str
    immediate: str
    working: str
    episodic: str
    semantic: str
    total_tokens: int


class Context(Buffers):
    topic: Topic
    position: int
    history_window: int
    recent_turns: list[Turn]


class BargeIn(Struct):
    session_id: str
    barge_in_count: int
    message: str
    context: Buffers
    messages: list[Message]


class Deleted(Struct):
    deleted: bool
    message: str


class Event(Struct):
    id: str
    type: str
    timestamp: str
    data: dict[str, str]


class Error(Struct):
    error: str
    message: str
    code: str
    details: dict[str, str] | UnsetType = UNSET


def nulls(value: Any, path: str = "") -> list[str]:
    """Return where an answer holds null: the app has no room for one."""
    if value is None:
        return [path]
    if isinstance(value, dict):
        return [at for key, item in cast("dict[str, Any]", value).items() for at in nulls(item, f"{path}.{key}")]
    if isinstance(value, list):
        return [at for index, item in enumerate(cast("list[Any]", value)) for at in nulls(item, f"{path}[{index}]")]
    return []
