"""What clients read: supersets of what each of them decodes. Absent fields are left out, never null."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import UNSET, Struct, UnsetType

from sessions_api.rules import completion
from shared.clock import iso
from shared.domain.context import Context
from shared.repositories.session_events import SessionEvent
from shared.repositories.session_history import PastSession
from shared.repositories.session_insights import ScoredAnswer
from shared.repositories.session_lessons import SessionLesson
from shared.repositories.sessions import Session
from shared.repositories.turns import Latencies, Turn


def _time(moment: datetime | None) -> str | UnsetType:
    return UNSET if moment is None else iso(moment)


def _number(value: int | None) -> int | UnsetType:
    return UNSET if value is None else value


def _mean(scores: Sequence[ScoredAnswer]) -> float | UnsetType:
    return round(sum(each.score for each in scores) / len(scores), 4) if scores else UNSET


class SessionMetrics(Struct, frozen=True):
    """Medians in milliseconds; 0 where nothing was measured."""

    stt_latency_median: int
    llm_latency_median: int
    tts_latency_median: int
    e2e_latency_median: int

    @classmethod
    def of(cls, medians: Latencies) -> "SessionMetrics | UnsetType":
        """Return the medians, unless no turn says anything."""
        values = (medians.stt_ms, medians.llm_ms, medians.tts_ms, medians.total_ms)
        return UNSET if not any(values) else cls(*(value or 0 for value in values))


class SessionSummary(Struct, frozen=True):
    """What an ended session covered, and the mean confidence of its last answers, 0 to 1, where any was weighed."""

    topics_covered: list[str]
    confidence_score: float | UnsetType = UNSET


class SessionAnswer(Struct, frozen=True, kw_only=True):
    """A session under every name a client knows its fields by."""

    id: str
    session_id: str
    user_id: str
    curriculum_id: str
    curriculum_title: str
    topic_id: str | UnsetType = UNSET
    current_topic_id: str | UnsetType = UNSET
    topic_title: str
    status: str
    state: str
    position: int
    turn_count: int
    total_turns: int
    barge_in_count: int
    expansion_count: int
    duration_seconds: int
    duration_minutes: int
    model_name: str
    model_context_window: int
    auto_expand_context: bool
    created_at: str
    started_at: str | UnsetType = UNSET
    ended_at: str | UnsetType = UNSET
    metrics: SessionMetrics | UnsetType = UNSET
    websocket_url: str | UnsetType = UNSET
    summary: SessionSummary | UnsetType = UNSET
    message: str | UnsetType = UNSET

    @classmethod
    def of(
        cls,
        session: Session,
        medians: Latencies | None = None,
        *,
        websocket_url: str | UnsetType = UNSET,
        message: str | UnsetType = UNSET,
        scores: Sequence[ScoredAnswer] = (),
    ) -> "SessionAnswer":
        """Return a session as the wire has it."""
        seconds = session.active_ms // 1000
        topic_id = session.topic_id or UNSET
        ended = session.status == "ended"
        return cls(
            id=session.id,
            session_id=session.id,
            user_id=session.user_id,
            curriculum_id=session.curriculum_id,
            curriculum_title=session.curriculum_title,
            topic_id=topic_id,
            current_topic_id=topic_id,
            topic_title=session.topic_title,
            status=session.status,
            state=session.status,
            position=session.position,
            turn_count=session.turn_count,
            total_turns=session.turn_count,
            barge_in_count=session.barge_in_count,
            expansion_count=session.expansion_count,
            duration_seconds=seconds,
            duration_minutes=seconds // 60,
            model_name=session.model_name,
            model_context_window=session.model_context_window,
            auto_expand_context=session.auto_expand_context,
            created_at=iso(session.created_at),
            started_at=_time(session.started_at),
            ended_at=_time(session.ended_at),
            metrics=SessionMetrics.of(medians) if medians else UNSET,
            websocket_url=websocket_url,
            summary=SessionSummary(session.topics_covered, _mean(scores)) if ended else UNSET,
            message=message,
        )


class TurnAnswer(Struct, frozen=True, kw_only=True):
    """Something said; latencies in milliseconds, latency_ms being the whole turn's."""

    id: str
    turn_id: str
    session_id: str
    sequence: int
    role: str
    content: str
    timestamp: str
    interrupted: bool
    audio_url: str | UnsetType = UNSET
    latency_ms: int | UnsetType = UNSET
    stt_ms: int | UnsetType = UNSET
    llm_ms: int | UnsetType = UNSET
    tts_ms: int | UnsetType = UNSET
    turn_count: int | UnsetType = UNSET

    @classmethod
    def of(cls, session_id: str, turn: Turn, *, turn_count: int | UnsetType = UNSET) -> "TurnAnswer":
        """Return a turn as the wire has it."""
        return cls(
            id=turn.id,
            turn_id=turn.turn_id,
            session_id=session_id,
            sequence=turn.sequence,
            role=turn.role,
            content=turn.content,
            timestamp=iso(turn.created_at),
            interrupted=turn.interrupted,
            audio_url=turn.audio_url or UNSET,
            latency_ms=_number(turn.total_ms),
            stt_ms=_number(turn.stt_ms),
            llm_ms=_number(turn.llm_ms),
            tts_ms=_number(turn.tts_ms),
            turn_count=turn_count,
        )


class MessageAnswer(Struct, frozen=True):
    """One message as the model gets it."""

    role: str
    content: str


def messages_of(context: Context) -> list[MessageAnswer]:
    """Return what the model gets."""
    return [MessageAnswer(message.role, message.content) for message in context.messages]


class BufferAnswer(Struct, frozen=True, kw_only=True):
    """The four buffers, and the system message made of them under both of its names."""

    system_prompt: str
    system_message: str
    immediate: str
    working: str
    episodic: str
    semantic: str
    total_tokens: int

    @classmethod
    def of(cls, context: Context) -> "BufferAnswer":
        """Return the buffers as the wire has them."""
        return cls(
            system_prompt=context.system_message,
            system_message=context.system_message,
            immediate=context.immediate,
            working=context.working,
            episodic=context.episodic,
            semantic=context.semantic,
            total_tokens=context.total_tokens,
        )


class ContextTopic(Struct, frozen=True, kw_only=True):
    """The topic of a context; empty strings in a free conversation."""

    id: str
    title: str
    learning_objectives: list[str]
    transcript: str | UnsetType = UNSET


class ContextAnswer(BufferAnswer, frozen=True, kw_only=True):
    """A context for every client; history_window is how many turns it holds at most."""

    session_id: str
    topic: ContextTopic
    position: int
    history_window: int
    recent_turns: list[TurnAnswer]
    messages: list[MessageAnswer]

    @classmethod
    def build(
        cls,
        session: Session,
        stored: SessionLesson,
        turns: Sequence[Turn],
        context: Context,
        *,
        history_window: int,
        include_transcript: bool,
    ) -> "ContextAnswer":
        """Return a context as the wire has it."""
        lesson = stored.lesson
        topic = ContextTopic(
            id=session.topic_id,
            title=session.topic_title,
            learning_objectives=list(lesson.objectives) if lesson else [],
            transcript="\n\n".join(lesson.passages) if lesson and include_transcript else UNSET,
        )
        return cls(
            session_id=session.id,
            topic=topic,
            position=session.position,
            history_window=history_window,
            recent_turns=[TurnAnswer.of(session.id, turn) for turn in turns],
            messages=messages_of(context),
            system_prompt=context.system_message,
            system_message=context.system_message,
            immediate=context.immediate,
            working=context.working,
            episodic=context.episodic,
            semantic=context.semantic,
            total_tokens=context.total_tokens,
        )


class BargeInAnswer(Struct, frozen=True):
    """The interruption is counted, and this is what to ask the model now."""

    session_id: str
    barge_in_count: int
    message: str
    context: BufferAnswer
    messages: list[MessageAnswer]


class EventAnswer(Struct, frozen=True):
    """Something that happened."""

    id: str
    type: str
    timestamp: str
    data: dict[str, str]

    @classmethod
    def of(cls, event: SessionEvent) -> "EventAnswer":
        """Return an event as the wire has it."""
        return cls(event.id, event.type, iso(event.created_at), dict(event.data))


class HistoryAnswer(Struct, frozen=True, rename="camel", kw_only=True):
    """A past session for the web client; duration in seconds."""

    id: str
    topic_id: str
    topic_title: str
    curriculum_id: str
    curriculum_title: str
    started_at: str
    ended_at: str | UnsetType
    duration: int
    turn_count: int
    completion_percentage: int

    @classmethod
    def of(cls, past: PastSession) -> "HistoryAnswer":
        """Return a past session as the wire has it."""
        return cls(
            id=past.id,
            topic_id=past.topic_id,
            topic_title=past.topic_title,
            curriculum_id=past.curriculum_id,
            curriculum_title=past.curriculum_title,
            started_at=iso(past.started_at),
            ended_at=_time(past.ended_at),
            duration=past.active_ms // 1000,
            turn_count=past.turn_count,
            completion_percentage=completion(past.position, past.passages, ended=past.ended_at is not None),
        )


class HealthCounts(Struct, frozen=True):
    """Sessions the caller sees."""

    total: int
    active: int
    paused: int


class FovFeatures(Struct, frozen=True):
    """What this service can do."""

    confidence_monitoring: bool
    context_expansion: bool
    adaptive_budgets: bool
    model_tiers: list[str]


class FovHealth(Struct, frozen=True):
    """The state of the sessions service."""

    status: str
    version: str
    sessions: HealthCounts
    active_sessions: int
    features: FovFeatures
