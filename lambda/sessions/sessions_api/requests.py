"""What clients send: one model for each body and query. Fields only some clients send may be null or absent."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from shared.domain.signals import Signal
from shared.domain.tiers import TIERS

ContentId = Annotated[str, Meta(max_length=200)]
Title = Annotated[str, Meta(max_length=500)]
Sentence = Annotated[str, Meta(max_length=5_000)]
Text = Annotated[str, Meta(max_length=200_000)]
Utterance = Annotated[str, Meta(min_length=1, max_length=100_000)]
Count = Annotated[int, Meta(ge=0, le=1_000_000)]
Milliseconds = Annotated[int, Meta(ge=0, le=86_400_000)]
Page = Annotated[int, Meta(ge=1)]

LONGEST_PAGE = 200
MOST_TURNS = TIERS[0].turns
FARTHEST_OFFSET = 10_000


class CreateSession(Struct, frozen=True):
    """A session to be made; an empty curriculum_id is a free conversation. model_context_window is in tokens."""

    curriculum_id: ContentId
    topic_id: ContentId | None = None
    model_name: Title | None = None
    model_context_window: Annotated[int, Meta(ge=1, le=100_000_000)] | None = None
    system_prompt: Annotated[str, Meta(max_length=20_000)] | None = None
    auto_expand_context: bool | None = None


class ListSessions(Struct, frozen=True):
    """Which sessions; scope tenant adds those of other learners, as far as the caller may see them."""

    status: Literal["created", "active", "paused", "ended"] | None = None
    curriculum_id: ContentId | None = None
    scope: Literal["own", "tenant"] = "own"
    limit: Page = 50
    offset: Annotated[int, Meta(ge=0, le=FARTHEST_OFFSET)] = 0


class Paging(Struct, frozen=True):
    """One page of a list."""

    limit: Page = 100
    offset: Annotated[int, Meta(ge=0, le=FARTHEST_OFFSET)] = 0


class EventQuery(Struct, frozen=True):
    """Which events; all types when none is named."""

    type: Annotated[str, Meta(max_length=100)] | None = None


class Term(Struct, frozen=True):
    """A word and its meaning."""

    term: Title
    definition: Sentence | None = None


class Mistake(Struct, frozen=True):
    """A wrong idea, how it sounds, and what is true."""

    misconception: Sentence
    correction: Sentence | None = None
    trigger: Title | None = None
    triggers: Annotated[list[Title], Meta(max_length=50)] | None = None


class ChooseTopic(Struct, frozen=True):
    """A topic by its id; the other fields bring the material of one that is not stored."""

    topic_id: Annotated[str, Meta(min_length=1, max_length=200)]
    topic_title: Title | None = None
    topic_content: Text | None = None
    learning_objectives: Annotated[list[Sentence], Meta(max_length=100)] | None = None
    glossary_terms: Annotated[list[Title | Term], Meta(max_length=500)] | None = None
    misconceptions: Annotated[list[Sentence | Mistake], Meta(max_length=100)] | None = None


class SetPosition(Struct, frozen=True):
    """The passage being taught, or where the topic stands in its curriculum."""

    position: Count | None = None
    curriculum_title: Title | None = None
    current_topic_index: Count | None = None
    total_topics: Count | None = None
    unit_title: Title | None = None
    curriculum_outline: Text | Annotated[list[Title], Meta(max_length=1_000)] | None = None


class AddTurn(Struct, frozen=True):
    """Something said; turn_id names it, so that it is stored once however often it is sent."""

    role: Literal["user", "assistant"]
    content: Utterance
    audio_url: Annotated[str, Meta(max_length=2_048)] | None = None
    latency_ms: Milliseconds | None = None
    turn_id: Annotated[str, Meta(min_length=1, max_length=100)] | None = None


class ReportBargeIn(Struct, frozen=True):
    """The learner spoke while the tutor did; positions are milliseconds of the answer already played."""

    timestamp: Annotated[str, Meta(max_length=64)] | None = None
    ai_position_ms: Milliseconds | None = None
    user_audio_url: Annotated[str, Meta(max_length=2_048)] | None = None
    utterance: Sentence | None = None
    interrupted_position: Annotated[float, Meta(ge=0, le=86_400_000)] | None = None


class BuildContext(Struct, frozen=True):
    """What to build the context for; history_window is a number of turns."""

    history_window: Annotated[int, Meta(ge=0, le=100)] | None = None
    include_transcript: bool | None = None
    barge_in_utterance: Sentence | None = None
    user_message: Utterance | None = None


class MessagesQuery(Struct, frozen=True):
    """The learner's next words, if any."""

    user_message: Sentence | None = None


class SetSegment(Struct, frozen=True):
    """The passage being taught; times are seconds within its topic."""

    segment_id: Annotated[str, Meta(min_length=1, max_length=200)]
    text: Annotated[str, Meta(max_length=20_000)] | None = None
    start_time: Annotated[float, Meta(ge=0, le=86_400)] | None = None
    end_time: Annotated[float, Meta(ge=0, le=86_400)] | None = None
    topic_id: ContentId | None = None


class ReportSignal(Struct, frozen=True):
    """What a client noticed; either name of the type will do. The timestamp tells repeated reports from new ones."""

    type: Signal | None = None
    signal_type: Signal | None = None
    content: Sentence | None = None
    value: Sentence | float | bool | None = None
    timestamp: Annotated[str, Meta(max_length=64)] | int | None = None


class AnalyzeResponse(Struct, frozen=True):
    """A tutor's answer to be weighed."""

    response: Utterance


class ProgressQuery(Struct, frozen=True):
    """Of which curriculum; of all when none is named."""

    curriculum_id: ContentId | None = None
