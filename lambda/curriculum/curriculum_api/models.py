"""The wire of the curriculum service: supersets of what the phones, the web client and the console decode.

Optional fields are left out, never null; counts are whole numbers; moments are `YYYY-MM-DDTHH:MM:SSZ`; durations are
ISO 8601.
"""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

Text = Annotated[str, Meta(max_length=200)]
AtLeastOne = Annotated[int, Meta(ge=1)]
NotNegative = Annotated[int, Meta(ge=0)]

# No client asks for a second page, so a page holds what a school has.
LONGEST_PAGE = 1_000
FARTHEST_OFFSET = 100_000
LONGEST_QUERY = 1_000
MOST_SUGGESTIONS = 10


class ListCurricula(Struct, frozen=True):
    """Which curricula; without `status` all but the archived. `page` counts from 1 and replaces `offset`."""

    search: Text | None = None
    difficulty: Text | None = None
    status: Literal["published", "draft", "archived"] | None = None
    limit: AtLeastOne = LONGEST_PAGE
    offset: NotNegative = 0
    page: AtLeastOne | None = None


class Suggest(Struct, frozen=True):
    """What a learner wants to learn, in their own words; only the first 1000 characters are looked at."""

    query: str


class Summary(Struct, frozen=True, kw_only=True):
    """A curriculum in a list: snake_case for the phones and the web client, camelCase for the console."""

    id: str
    title: str
    description: str
    version: str
    status: str
    language: str
    difficulty: str
    age_range: str
    keywords: list[str]
    topic_count: int
    topics_count: int
    total_duration: str
    has_visual_assets: bool
    visual_asset_count: int
    revision: int
    subjects: list[str]
    created_at: str
    updated_at: str
    camel_topic_count: int = field(name="topicCount")
    camel_total_duration: str = field(name="totalDuration")
    camel_has_visual_assets: bool = field(name="hasVisualAssets")
    camel_visual_asset_count: int = field(name="visualAssetCount")
    grade_level: str | UnsetType = field(name="gradeLevel", default=UNSET)
    author: str | UnsetType = UNSET
    source: str | UnsetType = UNSET


class CurriculumList(Struct, frozen=True, kw_only=True):
    """Curricula by title; `total` counts all that match."""

    curricula: list[Summary]
    total: int


class TopicItem(Struct, frozen=True, kw_only=True):
    """A topic as the phones list it."""

    id: str
    title: str
    description: str
    order_index: int
    has_transcript: bool
    segment_count: int
    assessment_count: int
    duration: str | UnsetType = UNSET


class NodeId(Struct, frozen=True, kw_only=True):
    """A UMCF id; the web client builds `catalog:value` from it."""

    catalog: str
    value: str


class TopicNode(Struct, frozen=True, kw_only=True):
    """A topic as a UMCF node, for the web client."""

    id: NodeId
    title: str
    type: str
    description: str
    order_index: int = field(name="orderIndex")


class CurriculumNode(Summary, frozen=True, kw_only=True):
    """A curriculum as the web client reads it."""

    topics: list[TopicNode]


class CurriculumDetail(Summary, frozen=True, kw_only=True):
    """One curriculum: at the top for the phones, under `curriculum` for the web client."""

    duration: str
    topics: list[TopicItem]
    glossary_terms: list[dict[str, Any]]
    learning_objectives: list[dict[str, Any]]
    curriculum: CurriculumNode


class Segments(Struct, frozen=True, kw_only=True):
    """The spoken pieces of a topic, once more, for the web client."""

    segments: list[dict[str, Any]]


class Media(Struct, frozen=True, kw_only=True):
    """The visual assets of a topic, shown with segments or on request."""

    embedded: list[dict[str, Any]]
    reference: list[dict[str, Any]]
    total_count: int


class Transcript(Struct, frozen=True, kw_only=True):
    """What is said in a topic and what belongs to it; each segment has `id`, `type` and `content`."""

    topic_id: str
    topic_title: str
    segments: list[dict[str, Any]]
    transcript: Segments
    misconceptions: list[dict[str, Any]]
    examples: list[dict[str, Any]]
    assessments: list[dict[str, Any]]
    media: Media


class SignedFile(Struct, frozen=True):
    """The signed name of a file."""

    file: Annotated[str, Meta(max_length=500)] = ""


class Suggestions(Struct, frozen=True, kw_only=True):
    """Curricula that match, best first."""

    curriculum_ids: list[str] = field(name="curriculumIds")


class Reloaded(Struct, frozen=True, kw_only=True):
    """How many curricula there are."""

    status: str
    message: str
    count: int
    curricula_count: int
