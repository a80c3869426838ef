"""What is sent and answered where a learner looks round: subjects, topics of all curricula, own progress."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from curriculum_api.models import FARTHEST_OFFSET, Text

LONGEST_LIST = 500
Offset = Annotated[int, Meta(ge=0, le=FARTHEST_OFFSET)]
Page = Annotated[int, Meta(ge=1, le=LONGEST_LIST)]


class FindTopics(Struct, frozen=True):
    """Which topics; without `curriculum_id` those of all curricula that are not archived."""

    curriculum_id: Text | None = None
    limit: Page = 100
    offset: Offset = 0


class FindProgress(Struct, frozen=True):
    """Whose progress in what: the caller's own, in one curriculum or in all."""

    curriculum_id: Text | None = None
    limit: Page = 100


class Subject(Struct, frozen=True, kw_only=True):
    """A field of knowledge and how many curricula belong to it."""

    id: str
    name: str
    curriculum_count: int


class Subjects(Struct, frozen=True, kw_only=True):
    """Every subject, by name."""

    subjects: list[Subject]
    total: int


class FoundTopic(Struct, frozen=True, kw_only=True):
    """A topic and the curriculum it belongs to."""

    id: str
    curriculum_id: str
    curriculum_title: str
    title: str
    description: str
    order_index: int
    segment_count: int
    assessment_count: int
    has_transcript: bool
    duration: str | UnsetType = UNSET


class FoundTopics(Struct, frozen=True, kw_only=True):
    """A page of topics; `total` counts all."""

    topics: list[FoundTopic]
    total: int
    limit: int
    offset: int


class TopicProgress(Struct, frozen=True, kw_only=True):
    """How far the caller has come in a topic; `completion_percentage` from 0 to 100."""

    curriculum_id: str
    topic_id: str
    topic_title: str
    position: int
    segment_count: int
    completion_percentage: int
    duration_seconds: int
    completed: bool
    started_at: str
    updated_at: str
    completed_at: str | UnsetType = UNSET


class ProgressAnswer(Struct, frozen=True, kw_only=True):
    """The caller's progress, the latest first."""

    progress: list[TopicProgress]
    total: int
