"""What the clients decode of a session and its parts, as their decoders want it, and sessions to try it with."""

from msgspec import UNSET, Struct, UnsetType

from tests.contract.decoding import Int, Moment, Number, Share, decode
from tests.support.api import ApiClient
from tests.support.lessons import LIGHT


class Medians(Struct):
    stt_latency_median: Number
    llm_latency_median: Number
    tts_latency_median: Number
    e2e_latency_median: Number


class Summary(Struct):
    topics_covered: list[str]
    confidence_score: Share | UnsetType = UNSET


class Session(Struct):
    id: str
    session_id: str
    curriculum_id: str
    status: str
    state: str
    turn_count: Int
    total_turns: Int
    barge_in_count: Int
    duration_seconds: Int
    duration_minutes: Int
    expansion_count: Int
    created_at: Moment
    position: Int
    topic_title: str
    curriculum_title: str
    topic_id: str | UnsetType = UNSET
    current_topic_id: str | UnsetType = UNSET
    started_at: Moment | UnsetType = UNSET
    ended_at: Moment | UnsetType = UNSET
    metrics: Medians | UnsetType = UNSET
    websocket_url: str | UnsetType = UNSET
    summary: Summary | UnsetType = UNSET
    message: str | UnsetType = UNSET


class Sessions(Struct):
    sessions: list[Session]
    total: Int
    limit: Int
    offset: Int


class PastSession(Struct):
    id: str
    topicId: str  # noqa: N815  as the web client spells it, here and below
    topicTitle: str  # noqa: N815
    curriculumId: str  # noqa: N815
    curriculumTitle: str  # noqa: N815
    startedAt: Moment  # noqa: N815
    duration: Int
    turnCount: Int  # noqa: N815
    completionPercentage: Int  # noqa: N815
    endedAt: Moment | UnsetType = UNSET  # noqa: N815


class History(Struct):
    sessions: list[PastSession]


class Deleted(Struct):
    deleted: bool
    message: str


class Turn(Struct):
    id: str
    turn_id: str
    session_id: str
    role: str
    content: str
    timestamp: Moment
    audio_url: str | UnsetType = UNSET
    latency_ms: Int | UnsetType = UNSET
    turn_count: Int | UnsetType = UNSET


class Turns(Struct):
    turns: list[Turn]
    total: Int


class Message(Struct):
    role: str
    content: str


class Messages(Struct):
    messages: list[Message]


class Buffers(Struct):
    system_prompt: str
    system_message: str
    immediate: str
    working: str
    episodic: str
    semantic: str
    total_tokens: Int


class BargeIn(Struct):
    session_id: str
    barge_in_count: Int
    message: str
    context: Buffers
    messages: list[Message]


class Topic(Struct):
    id: str
    title: str
    learning_objectives: list[str]
    transcript: str | UnsetType = UNSET


class Context(Buffers):
    topic: Topic
    position: Int
    history_window: Int
    recent_turns: list[Turn]


class Signals(Struct):
    message: str
    clarifications: Int
    repetitions: Int
    confusions: Int


class Expansion(Struct):
    should_expand: bool
    priority: str
    scope: str
    reason: str


class Analysis(Struct):
    confidence_score: Share
    uncertainty_score: Share
    hedging_score: Share
    deflection_score: Share
    knowledge_gap_score: Share
    vague_language_score: Share
    detected_markers: list[str]
    trend: str
    expansion: Expansion | UnsetType = UNSET


class Event(Struct):
    id: str
    type: str
    timestamp: Moment
    data: dict[str, str]


class Events(Struct):
    events: list[Event]


class LearnerSignals(Struct):
    clarifications: Int
    repetitions: Int
    confusions: Int


class ImmediateBuffer(Struct):
    current_segment: str
    barge_in: str
    turn_count: Int
    max_turns: Int


class WorkingBuffer(Struct):
    topic_id: str
    topic_title: str
    glossary_count: Int
    misconception_count: Int


class EpisodicBuffer(Struct):
    topic_summary_count: Int
    questions_count: Int
    learner_signals: LearnerSignals


class SemanticBuffer(Struct):
    curriculum_id: str
    current_topic_index: Int
    total_topics: Int
    has_outline: bool


class DebugBuffers(Struct):
    immediate: ImmediateBuffer
    working: WorkingBuffer
    episodic: EpisodicBuffer
    semantic: SemanticBuffer


class BufferUse(Struct):
    budget: Int
    estimated_used: Int
    percentage: Number


class TokenUsage(Struct):
    immediate: BufferUse
    working: BufferUse
    episodic: BufferUse
    semantic: BufferUse


class ConfidencePoint(Struct):
    timestamp: Moment
    score: Share
    uncertainty: Share


class BargeInPoint(Struct):
    timestamp: Moment
    utterance: str
    topic_id: str | UnsetType = UNSET


class BudgetConfig(Struct):
    tier: str
    immediate_budget: Int
    working_budget: Int
    episodic_budget: Int
    semantic_budget: Int
    total_budget: Int
    max_conversation_turns: Int


class Debug(Struct):
    session_id: str
    state: str
    status: str
    curriculum_id: str
    turn_count: Int
    barge_in_count: Int
    duration_seconds: Int
    metrics: dict[str, Number]
    model_tier: str
    buffers: DebugBuffers
    token_usage: TokenUsage
    total_context_tokens: Int
    confidence_history: list[ConfidencePoint]
    barge_in_history: list[BargeInPoint]
    budget_config: BudgetConfig


class SessionCounts(Struct):
    total: Int
    active: Int
    paused: Int


class Features(Struct):
    confidence_monitoring: bool
    context_expansion: bool
    adaptive_budgets: bool
    model_tiers: list[str]


class Health(Struct):
    status: str
    version: str
    sessions: SessionCounts
    active_sessions: Int
    features: Features


class TopicProgress(Struct):
    curriculum_id: str
    topic_id: str
    topic_title: str
    position: Int
    offset_ms: Int
    total_segments: Int
    completion_percentage: Int
    completed: bool
    time_spent_seconds: Int
    started_at: Moment
    updated_at: Moment
    completed_at: Moment | UnsetType = UNSET


class Progress(Struct):
    progress: list[TopicProgress]


def made(client: ApiClient, **fields: object) -> str:
    answer = client.post("/api/sessions", {"curriculum_id": LIGHT, **fields})
    return f"/api/sessions/{decode(answer, Session, status=201).id}"


def started(client: ApiClient, **fields: object) -> str:
    path = made(client, **fields)
    decode(client.post(f"{path}/start"), Session)
    return path
