"""What consoles send about imports, sources and plug-ins, in the contract's camelCase."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from core.imports.orders import Key, Wants
from core.imports.sources.port import LONGEST_COURSE_ID, Browse

Words = Annotated[str, Meta(max_length=500)]
CourseId = Annotated[str, Meta(min_length=1, max_length=LONGEST_COURSE_ID)]
ImportStatus = Literal[
    "queued", "downloading", "validating", "extracting", "enriching", "generating", "storing", "completed", "failed",
    "cancelled", "running",
]  # fmt: skip


class CourseQuery(Struct, frozen=True):
    """Which courses; `pageSize` may be written `page_size` too."""

    page: Annotated[int, Meta(ge=1, le=10_000)] = 1
    pageSize: Annotated[int, Meta(ge=1, le=100)] | None = None  # noqa: N815  the contract's name
    page_size: Annotated[int, Meta(ge=1, le=100)] | None = None
    search: Words = ""
    subject: Words = ""
    level: Words = ""
    features: Words = ""
    sortBy: Literal["title", "relevance", "date"] = "title"  # noqa: N815  the contract's name
    sortOrder: Literal["asc", "desc"] = "asc"  # noqa: N815  the contract's name

    @property
    def browse(self) -> Browse:
        """What a source is asked."""
        return Browse(
            page=self.page,
            page_size=self.pageSize or self.page_size or 20,
            search=self.search,
            subject=self.subject,
            level=self.level,
            sort_by=self.sortBy,
            descending=self.sortOrder == "desc",
        )


class SearchQuery(Struct, frozen=True):
    """Words to look for; without any, every course is found."""

    q: Words = ""
    limit: Annotated[int, Meta(ge=1, le=100)] = 20


class Choices(Struct, frozen=True, kw_only=True, rename="camel"):
    """What is taken over of a course, and what a language model adds; null and absent are the same.

    Of videos nothing is: no source brings any.
    """

    output_name: Annotated[str, Meta(max_length=300)] | None = None
    selected_lectures: Annotated[list[Key], Meta(max_length=1_000)] | None = None
    include_transcripts: bool | None = None
    include_lecture_notes: bool | None = None
    include_assignments: bool | None = None
    include_exams: bool | None = None
    include_videos: bool | None = None
    generate_objectives: bool | None = None
    create_checkpoints: bool | None = None
    generate_spoken_text: bool | None = None
    build_knowledge_graph: bool | None = None
    generate_practice_problems: bool | None = None

    @property
    def wants(self) -> Wants:
        """What the import is asked for: everything that is there, and nothing generated, unless it is said."""
        return Wants(
            transcripts=self.include_transcripts is not False,
            lecture_notes=self.include_lecture_notes is not False,
            assignments=self.include_assignments is not False,
            exams=self.include_exams is not False,
            objectives=bool(self.generate_objectives),
            checkpoints=bool(self.create_checkpoints),
            spoken_text=bool(self.generate_spoken_text),
            knowledge_graph=bool(self.build_knowledge_graph),
            practice_problems=bool(self.generate_practice_problems),
        )


class NewImport(Choices, frozen=True, kw_only=True, rename="camel"):
    """A course to import."""

    source_id: Key
    course_id: CourseId


class JobsQuery(Struct, frozen=True):
    """Which imports."""

    status: ImportStatus | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 100


class StatusQuery(Struct, frozen=True):
    """Of which courses, separated by commas, it is asked whether they are imported."""

    source_id: Words = ""
    course_ids: Annotated[str, Meta(max_length=100_000)] = ""


class PluginSettings(Struct, frozen=True):
    """Settings of a plug-in, as its schema has them; absent: those that are stored."""

    settings: dict[str, object] | None = None


class PluginChange(Struct, frozen=True):
    """What changes of a plug-in; null and absent leave a value."""

    enabled: bool | None = None
    priority: Annotated[int, Meta(ge=0, le=1_000)] | None = None
    settings: dict[str, object] | None = None


class FirstChoice(Struct, frozen=True):
    """The plug-ins that are on from now on; all others are off."""

    enabled_plugins: Annotated[list[Key], Meta(max_length=100)]


class NewReprocess(Struct, frozen=True, kw_only=True, rename="camel"):
    """What a language model is to add to a curriculum that is there."""

    curriculum_id: Annotated[str, Meta(min_length=1, max_length=200)]
    generate_objectives: bool | None = None
    create_checkpoints: bool | None = None
    generate_spoken_text: bool | None = None
    generate_practice_problems: bool | None = None

    @property
    def wants(self) -> Wants:
        """What the job is asked for: objectives and checkpoints unless it is said."""
        said = (
            self.generate_objectives, self.create_checkpoints, self.generate_spoken_text,
            self.generate_practice_problems,
        )  # fmt: skip
        if all(wish is None for wish in said):
            return Wants(objectives=True, checkpoints=True)
        objectives, checkpoints, spoken, problems = map(bool, said)
        return Wants(objectives=objectives, checkpoints=checkpoints, spoken_text=spoken, practice_problems=problems)


class Wishes(Struct, frozen=True, kw_only=True, rename="camel"):
    """What a preview is asked for."""

    generate_objectives: bool = True
    create_checkpoints: bool = True
    generate_spoken_text: bool = False
    generate_practice_problems: bool = False
