"""The wire of the kb service: supersets of what the phones, the operations console and the documents want.

Optional fields are left out, never null; counts are whole numbers; moments are `YYYY-MM-DDTHH:MM:SSZ`.
"""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from shared.domain.knowledge import MOST_PACK_QUESTIONS

Search = Annotated[str, Meta(max_length=200)]
Name = Annotated[str, Meta(max_length=200)]
AtLeastOne = Annotated[int, Meta(ge=1)]
NotNegative = Annotated[int, Meta(ge=0)]
Status = Literal["active", "draft", "archived"]

LONGEST_PAGE = 100
FARTHEST_OFFSET = 100_000


class ListPacks(Struct, frozen=True):
    """Which packs; a longer page than 100 is cut."""

    type: Literal["system", "custom", "bundle"] | None = None
    status: Status | None = None
    search: Search | None = None
    limit: AtLeastOne = 50
    offset: NotNegative = 0


class ListQuestions(Struct, frozen=True):
    """Which questions; `difficulty` lists levels 1 to 5 with commas; a longer page than 100 is cut."""

    pack_id: Name | None = None
    domain_id: Name | None = None
    subcategory: Name | None = None
    difficulty: Annotated[str, Meta(max_length=50)] | None = None
    question_type: Literal["toss_up", "bonus", "pyramid", "lightning"] | None = None
    has_audio: bool | None = None
    status: Status | None = None
    search: Search | None = None
    limit: AtLeastOne = 20
    offset: NotNegative = 0


class Stats(Struct, frozen=True, kw_only=True):
    """What a pack holds, as the phones read it: `domain_distribution` has camelCase domain names."""

    question_count: int
    domain_count: int
    domain_distribution: dict[str, int]
    difficulty_distribution: dict[str, int]
    audio_coverage_percent: int
    missing_audio_count: int


class PackItem(Struct, frozen=True, kw_only=True):
    """A pack in a list; the console reads the flat counts, the phones `stats`."""

    id: str
    name: str
    description: str
    type: str
    pack_type: str
    difficulty_tier: str
    status: str
    question_count: int
    domain_count: int
    audio_coverage_percent: int
    stats: Stats
    created_at: str
    updated_at: str
    revision: int
    is_reference_bundle: bool
    competition_year: int | UnsetType = UNSET


class PackFields(PackItem, frozen=True, kw_only=True):
    """A pack on its own; `domain_distribution` has stored domain names here."""

    domain_distribution: dict[str, int]
    difficulty_distribution: dict[str, int]
    question_types: list[str]
    question_ids: list[str]
    missing_audio_count: int
    source_pack_ids: list[str] | UnsetType = UNSET


class SubcategoryCount(Struct, frozen=True, kw_only=True):
    """How many questions of a domain fall into a subcategory."""

    subcategory: str
    question_count: int


class DomainGroupItem(Struct, frozen=True, kw_only=True):
    """One domain of a pack."""

    domain_id: str
    domain_name: str
    question_count: int
    subcategories: list[SubcategoryCount]


class PackDetail(PackFields, frozen=True, kw_only=True):
    """One pack: its fields at the top for the phones, and again under `pack` for the console."""

    pack: PackFields
    domain_groups: list[DomainGroupItem]
    success: bool = True


class PackList(Struct, frozen=True, kw_only=True):
    """One page of packs; `total` counts all that match."""

    packs: list[PackItem]
    total: int
    limit: int
    offset: int
    success: bool = True


class QuestionItem(Struct, frozen=True, kw_only=True):
    """A question; the fields after `updated_at` belong to one question type each."""

    id: str
    domain_id: str
    subcategory: str
    question_text: str
    answer_text: str
    answer_type: str
    acceptable_answers: list[str]
    difficulty: int
    speed_target_seconds: int
    question_type: str
    hints: list[str]
    explanation: str
    buzzable: bool
    pack_ids: list[str]
    status: str
    has_audio: bool
    revision: int
    created_at: str
    updated_at: str
    domain_name: str | UnsetType = UNSET
    difficulty_tier: str | UnsetType = UNSET
    competition_year: int | UnsetType = UNSET
    question_source: str | UnsetType = UNSET
    lead_in: str | UnsetType = UNSET
    parts: list[dict[str, Any]] | UnsetType = UNSET
    total_points: int | UnsetType = UNSET
    conference_time: int | UnsetType = UNSET
    clues: list[dict[str, Any]] | UnsetType = UNSET


class QuestionList(Struct, frozen=True, kw_only=True):
    """One page of questions; `total` counts all that match."""

    questions: list[QuestionItem]
    total: int
    limit: int
    offset: int
    source: str = "database"
    success: bool = True


class PageOfPack(Struct, frozen=True):
    """Which of a pack's questions; all of them unless told."""

    limit: Annotated[int, Meta(ge=1, le=MOST_PACK_QUESTIONS)] = MOST_PACK_QUESTIONS
    offset: NotNegative = 0


class PackQuestions(Struct, frozen=True, kw_only=True):
    """Questions of a pack in its order; `total` counts all it has."""

    questions: list[QuestionItem]
    total: int
    success: bool = True


class QuestionDetail(Struct, frozen=True, kw_only=True):
    """One question."""

    question: QuestionItem
    success: bool = True


class DomainItem(Struct, frozen=True, kw_only=True):
    """A domain; `weight` is its share of a competition, 0 to 1."""

    id: str
    name: str
    icon_name: str
    weight: float
    subcategories: list[str]


class DomainList(Struct, frozen=True, kw_only=True):
    """Every domain, in order."""

    domains: list[DomainItem]
    source: str = "database"
    success: bool = True


class DomainAnswer(Struct, frozen=True, kw_only=True):
    """One domain."""

    domain: DomainItem
    success: bool = True


class CategoryItem(Struct, frozen=True, kw_only=True):
    """A subcategory of a domain."""

    domain_id: str
    name: str


class CategoryAnswer(Struct, frozen=True, kw_only=True):
    """A subcategory and the domain it was added to."""

    category: CategoryItem
    domain: DomainItem
    success: bool = True
