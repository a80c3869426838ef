"""What those who write packs and questions send, and what they are answered. A null counts as absent."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from kb_api.models import PackFields, Status
from shared.domain.knowledge import MOST_PACK_QUESTIONS

Tier = Literal["elementary", "middle_school", "jv", "varsity", "championship", "college"]
Source = Literal["naqt", "nsb", "qb_packets", "custom", "ai_generated"]
QuestionType = Literal["toss_up", "bonus", "pyramid", "lightning"]
AnswerType = Literal["text", "person", "place", "number", "numeric", "date", "title", "scientific", "multipleChoice"]
Strategy = Literal["keep_first", "keep_all", "manual"]

Id = Annotated[str, Meta(pattern="^[A-Za-z0-9_-]+$", max_length=100)]
Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]
Description = Annotated[str, Meta(max_length=5_000)]
Year = Annotated[int, Meta(ge=1900, le=2200)]
Revision = Annotated[int, Meta(ge=1, le=2**31 - 1)]
QuestionIds = Annotated[list[Id], Meta(min_length=1, max_length=MOST_PACK_QUESTIONS)]
SourceIds = Annotated[list[Id], Meta(min_length=1, max_length=50)]

Text = Annotated[str, Meta(min_length=1, max_length=10_000, pattern=r"\S")]
AnswerText = Annotated[str, Meta(min_length=1, max_length=2_000, pattern=r"\S")]
LongText = Annotated[str, Meta(max_length=10_000)]
Line = Annotated[str, Meta(min_length=1, max_length=2_000, pattern=r"\S")]
Lines = Annotated[list[Line], Meta(max_length=100)]
Word = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S")]
Level = Annotated[int, Meta(ge=1, le=5)]
Seconds = Annotated[int, Meta(ge=1, le=3_600)]
Points = Annotated[int, Meta(ge=0, le=1_000)]


class CreatePack(Struct, frozen=True, kw_only=True):
    """A new pack of the caller's tenant, and the questions it begins with."""

    name: Name
    description: Description | None = None
    type: Literal["custom", "system"] | None = None
    difficulty_tier: Tier | None = None
    competition_year: Year | None = None
    status: Status | None = None
    question_ids: Annotated[list[Id], Meta(max_length=MOST_PACK_QUESTIONS)] | None = None


class ChangePack(Struct, frozen=True, kw_only=True):
    """New values of a pack's own fields; what is absent stays.

    `revision` is the one the writer last read: the change is refused (409) when somebody else has changed the pack
    since. `If-Match` says the same. `source_pack_ids` are for bundles that follow their sources.
    """

    name: Name | None = None
    description: Description | None = None
    difficulty_tier: Tier | None = None
    competition_year: Year | None = None
    status: Status | None = None
    source_pack_ids: SourceIds | None = None
    revision: Revision | None = None


class PackAnswer(Struct, frozen=True, kw_only=True):
    """The pack as it is now."""

    pack: PackFields
    success: bool = True


class PackGone(Struct, frozen=True, kw_only=True):
    """The pack that is no more."""

    pack_id: str
    success: bool = True


class AddQuestions(Struct, frozen=True, kw_only=True):
    """Questions to put behind those a pack holds."""

    question_ids: QuestionIds


class QuestionsAdded(Struct, frozen=True, kw_only=True):
    """The questions that were new to the pack."""

    added_count: int
    added_ids: list[str]
    success: bool = True


class Done(Struct, frozen=True, kw_only=True):
    """Nothing more to say."""

    success: bool = True


class DuplicatePack(Struct, frozen=True, kw_only=True):
    """The name of the copy; "Copy of …" unless told."""

    name: Name | None = None


class CreateBundle(Struct, frozen=True, kw_only=True):
    """A bundle of several packs: a copy of their questions, or a reference that follows them."""

    name: Name
    source_pack_ids: SourceIds
    description: Description | None = None
    is_reference_bundle: bool | None = None
    deduplication_strategy: Strategy | None = None
    excluded_question_ids: Annotated[list[Id], Meta(max_length=MOST_PACK_QUESTIONS)] | None = None
    difficulty_tier: Tier | None = None
    competition_year: Year | None = None


class DuplicateItem(Struct, frozen=True, kw_only=True):
    """A question that was left out for one that asks the same."""

    question_id: str
    duplicate_of: str


class BundleAnswer(PackAnswer, frozen=True, kw_only=True):
    """The bundle, and what was left out of it: all of them counted, the first 20 named."""

    duplicates_skipped: int
    duplicates: list[DuplicateItem]


class PreviewDuplicates(Struct, frozen=True, kw_only=True):
    """The packs to compare."""

    source_pack_ids: SourceIds


class Occurrence(Struct, frozen=True, kw_only=True):
    """Where a question is asked."""

    question_id: str
    pack_id: str
    pack_name: str


class DuplicateGroupItem(Struct, frozen=True, kw_only=True):
    """Questions that ask the same; the text is cut to 100 characters."""

    question_text: str
    occurrences: list[Occurrence]


class Duplicates(Struct, frozen=True, kw_only=True):
    """What some packs have in common; the first 50 groups are shown."""

    duplicate_groups: list[DuplicateGroupItem]
    total_duplicates: int
    unique_questions_after_dedup: int
    success: bool = True


class Part(Struct, frozen=True, kw_only=True):
    """One question of a bonus."""

    prompt: Text
    answer: AnswerText
    points: Points | UnsetType = UNSET


class Clue(Struct, frozen=True, kw_only=True):
    """One clue of a pyramid, the hardest first."""

    text: Text
    reveal_points: Points | UnsetType = UNSET
    difficulty: Level | UnsetType = UNSET


class QuestionFields(Struct, frozen=True, kw_only=True):
    """What a question may say beside its text and answer."""

    subcategory: Annotated[str, Meta(max_length=200)] | None = None
    answer_type: AnswerType | None = None
    acceptable_answers: Lines | None = None
    difficulty: Level | None = None
    difficulty_tier: Tier | None = None
    speed_target_seconds: Seconds | None = None
    question_type: QuestionType | None = None
    question_source: Source | None = None
    competition_year: Year | None = None
    buzzable: bool | None = None
    hints: Lines | None = None
    explanation: LongText | None = None
    status: Status | None = None
    lead_in: LongText | None = None
    parts: Annotated[list[Part], Meta(max_length=50)] | None = None
    total_points: Annotated[int, Meta(ge=0, le=10_000)] | None = None
    conference_time: Annotated[int, Meta(ge=0, le=3_600)] | None = None
    clues: Annotated[list[Clue], Meta(max_length=50)] | None = None
    pack_ids: Annotated[list[Id], Meta(max_length=1_000)] | None = None


class CreateQuestion(QuestionFields, frozen=True, kw_only=True):
    """A new question of the caller's tenant, and the own packs it goes into."""

    domain_id: Word
    question_text: Text
    answer_text: AnswerText


class ChangeQuestion(QuestionFields, frozen=True, kw_only=True):
    """New values of a question; what is absent stays. `revision` as in packs; `pack_ids` are all its packs from now."""

    domain_id: Word | None = None
    question_text: Text | None = None
    answer_text: AnswerText | None = None
    revision: Revision | None = None


class CommonUpdates(Struct, frozen=True, kw_only=True):
    """What many questions can be given at once."""

    difficulty: Level | None = None
    status: Status | None = None
    question_type: QuestionType | None = None
    difficulty_tier: Tier | None = None
    question_source: Source | None = None


class BulkUpdate(Struct, frozen=True, kw_only=True):
    """The same new values for many own questions."""

    question_ids: QuestionIds
    updates: CommonUpdates


class BulkUpdated(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How many questions there were to change; `errors` names those that are not the tenant's own."""

    success: bool
    affected_count: int
    errors: list[str] | UnsetType = UNSET


class CreateDomain(Struct, frozen=True, kw_only=True):
    """A domain of the tenant's own; one with a shared domain's id shadows that."""

    name: Word
    id: Id | None = None
    icon_name: Annotated[str, Meta(max_length=100)] | None = None
    weight: Annotated[float, Meta(ge=0, le=1)] | None = None
    subcategories: Annotated[list[Word], Meta(max_length=100)] | None = None


class CreateCategory(Struct, frozen=True, kw_only=True):
    """A subcategory for a domain."""

    domain_id: Word
    name: Word


class DatabaseStatus(Struct, frozen=True, kw_only=True):
    """What the database holds for the caller's tenant."""

    total_questions: int
    domain_counts: dict[str, int]
    message: str
    database_available: bool = True
    success: bool = True


def given(body: Struct, *, without: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the fields of a body that say something, inner structures as plain values."""
    from msgspec import to_builtins

    return {
        name: to_builtins(value)
        for name in body.__struct_fields__
        if name not in without and (value := getattr(body, name)) is not None
    }
