"""What clients read of a session's inside: signals, confidence, and everything an operator looks at."""

from collections.abc import Sequence

from msgspec import UNSET, Struct, UnsetType, structs

from sessions_api.answers import SessionMetrics
from shared.clock import iso
from shared.domain.buffers import tokens
from shared.domain.confidence import Confidence, Expansion, Trend
from shared.domain.context import Context
from shared.domain.tiers import Tier
from shared.repositories.session_events import SessionEvent
from shared.repositories.session_insights import ScoredAnswer
from shared.repositories.session_lessons import SessionLesson
from shared.repositories.sessions import Session
from shared.repositories.topic_progress import TopicProgress
from shared.repositories.turns import Latencies


class SignalCounts(Struct, frozen=True):
    """How often a learner signalled so."""

    clarifications: int
    repetitions: int
    confusions: int

    @classmethod
    def of(cls, session: Session) -> "SignalCounts":
        """Return a session's counts."""
        return cls(session.clarifications, session.repetitions, session.confusions)


class SignalAnswer(Struct, frozen=True, kw_only=True):
    """The signal is counted."""

    message: str
    session_id: str
    clarifications: int
    repetitions: int
    confusions: int
    questions: int


class ExpansionAnswer(Struct, frozen=True):
    """Where to look further."""

    should_expand: bool
    priority: str
    scope: str
    reason: str


class AnalysisAnswer(Struct, frozen=True, kw_only=True):
    """How sure a text sounds; numbers 0 to 1."""

    confidence_score: float
    uncertainty_score: float
    hedging_score: float
    deflection_score: float
    knowledge_gap_score: float
    vague_language_score: float
    detected_markers: list[str]
    trend: str
    expansion: ExpansionAnswer

    @classmethod
    def of(cls, found: Confidence, trend: Trend, expansion: Expansion) -> "AnalysisAnswer":
        """Return an analysis as the wire has it."""
        return cls(
            confidence_score=found.score,
            uncertainty_score=found.uncertainty,
            hedging_score=found.hedging,
            deflection_score=found.deflection,
            knowledge_gap_score=found.knowledge_gap,
            vague_language_score=found.vague,
            detected_markers=list(found.markers),
            trend=trend,
            expansion=ExpansionAnswer(expansion.wanted, expansion.priority, expansion.scope, expansion.reason),
        )


class ImmediateState(Struct, frozen=True):
    """The immediate buffer; texts are empty where there is nothing."""

    current_segment: str
    barge_in: str
    turn_count: int
    max_turns: int


class WorkingState(Struct, frozen=True):
    """The working buffer."""

    topic_id: str
    topic_title: str
    glossary_count: int
    misconception_count: int


class EpisodicState(Struct, frozen=True):
    """The episodic buffer."""

    topic_summary_count: int
    questions_count: int
    learner_signals: SignalCounts


class SemanticState(Struct, frozen=True):
    """The semantic buffer."""

    curriculum_id: str
    current_topic_index: int
    total_topics: int
    has_outline: bool


class BufferStates(Struct, frozen=True):
    """The four of them."""

    immediate: ImmediateState
    working: WorkingState
    episodic: EpisodicState
    semantic: SemanticState


class TokenUsage(Struct, frozen=True):
    """Tokens of a buffer; percentage of its budget, 0 to 100."""

    budget: int
    estimated_used: int
    percentage: float

    @classmethod
    def of(cls, budget: int, text: str) -> "TokenUsage":
        """Return what a buffer's text takes of its budget."""
        used = tokens(text)
        return cls(budget, used, round(100 * used / budget, 1))


class ConfidencePoint(Struct, frozen=True):
    """How sure an answer sounded."""

    timestamp: str
    score: float
    uncertainty: float


class BargeInPoint(Struct, frozen=True):
    """An interruption."""

    timestamp: str
    utterance: str
    topic_id: str | UnsetType = UNSET


class BudgetConfig(Struct, frozen=True):
    """The budgets of the model's tier, in tokens."""

    tier: str
    immediate_budget: int
    working_budget: int
    episodic_budget: int
    semantic_budget: int
    total_budget: int
    max_conversation_turns: int

    @classmethod
    def of(cls, tier: Tier) -> "BudgetConfig":
        """Return a tier as the wire has it."""
        return cls(tier.name, tier.immediate, tier.working, tier.episodic, tier.semantic, tier.total, tier.turns)


class DebugAnswer(Struct, frozen=True, kw_only=True):
    """A session from the inside."""

    session_id: str
    state: str
    status: str
    curriculum_id: str
    turn_count: int
    barge_in_count: int
    expansion_count: int
    duration_seconds: int
    metrics: dict[str, int]
    model_tier: str
    buffers: BufferStates
    token_usage: dict[str, TokenUsage]
    total_context_tokens: int
    confidence_history: list[ConfidencePoint]
    barge_in_history: list[BargeInPoint]
    budget_config: BudgetConfig


def debug_answer(
    session: Session,
    stored: SessionLesson,
    context: Context,
    tier: Tier,
    medians: Latencies,
    scores: Sequence[ScoredAnswer],
    barge_ins: Sequence[SessionEvent],
) -> DebugAnswer:
    """Return a session from the inside as the wire has it."""
    metrics = SessionMetrics.of(medians)
    buffers = {
        "immediate": TokenUsage.of(tier.immediate, context.immediate),
        "working": TokenUsage.of(tier.working, context.working),
        "episodic": TokenUsage.of(tier.episodic, context.episodic),
        "semantic": TokenUsage.of(tier.semantic, context.semantic),
    }
    return DebugAnswer(
        session_id=session.id,
        state=session.status,
        status=session.status,
        curriculum_id=session.curriculum_id,
        turn_count=session.turn_count,
        barge_in_count=session.barge_in_count,
        expansion_count=session.expansion_count,
        duration_seconds=session.active_ms // 1000,
        metrics={} if isinstance(metrics, UnsetType) else structs.asdict(metrics),
        model_tier=tier.name,
        buffers=_states(session, stored, context, tier, barge_ins),
        token_usage=buffers,
        total_context_tokens=context.total_tokens,
        confidence_history=[
            ConfidencePoint(iso(each.created_at), each.score, round(1 - each.score, 4)) for each in scores
        ],
        barge_in_history=[
            BargeInPoint(iso(each.created_at), each.data.get("utterance", ""), each.data.get("topic_id") or UNSET)
            for each in barge_ins
        ],
        budget_config=BudgetConfig.of(tier),
    )


def _states(
    session: Session, stored: SessionLesson, context: Context, tier: Tier, barge_ins: Sequence[SessionEvent]
) -> BufferStates:
    lesson, place = stored.lesson, stored.standing
    passages = lesson.passages if lesson else ()
    own = passages[min(session.position, len(passages) - 1)] if passages else ""
    covered = len(session.topics_covered) - (session.topic_title in session.topics_covered[-1:])
    kept = sum(message.role != "system" for message in context.messages)
    return BufferStates(
        ImmediateState(
            (session.segment or {}).get("text") or own,
            barge_ins[-1].data.get("utterance", "") if barge_ins else "",
            kept,
            tier.turns,
        ),
        WorkingState(
            session.topic_id,
            session.topic_title,
            len(lesson.glossary) if lesson else 0,
            len(lesson.misconceptions) if lesson else 0,
        ),
        EpisodicState(covered, session.questions, SignalCounts.of(session)),
        SemanticState(session.curriculum_id, place.index, place.total, bool(place.outline)),
    )


class ProgressItem(Struct, frozen=True, kw_only=True):
    """How far the caller has come in a topic."""

    curriculum_id: str
    topic_id: str
    topic_title: str
    position: int
    offset_ms: int
    total_segments: int
    completion_percentage: int
    completed: bool
    time_spent_seconds: int
    started_at: str
    updated_at: str
    completed_at: str | UnsetType = UNSET

    @classmethod
    def of(cls, progress: TopicProgress) -> "ProgressItem":
        """Return progress as the wire has it."""
        return cls(
            curriculum_id=progress.curriculum_id,
            topic_id=progress.topic_id,
            topic_title=progress.topic_title,
            position=progress.position,
            offset_ms=progress.offset_ms,
            total_segments=progress.passages,
            completion_percentage=progress.percent,
            completed=progress.completed_at is not None,
            time_spent_seconds=progress.spent_ms // 1000,
            started_at=iso(progress.started_at),
            updated_at=iso(progress.updated_at),
            completed_at=iso(progress.completed_at) if progress.completed_at else UNSET,
        )
