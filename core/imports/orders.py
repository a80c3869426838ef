"""What an import was asked for, and how far it is: a job's payload and checkpoint."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from core.imports.sources.port import LONGEST_COURSE_ID

IMPORT_KIND: Final = "course_import"
REPROCESS_KIND: Final = "course_reprocess"
# The contract's words for where an import is, in their order; "generating" is spoken text and practice.
STAGES: Final = ("downloading", "validating", "extracting", "enriching", "generating", "storing")
MOST_WARNINGS: Final = 50

Key = Annotated[str, Meta(min_length=1, max_length=300)]


class Wants(Struct, frozen=True):
    """What is taken over, and what a language model adds.

    Attributes:
        transcripts: the words as segments that are spoken; without, they stay text to read.
        lecture_notes: examples. assignments, exams: questions.
        knowledge_graph: which topic needs which other, told by the terms it uses; needs the glossary that comes along.
    """

    transcripts: bool = True
    lecture_notes: bool = True
    assignments: bool = True
    exams: bool = True
    objectives: bool = False
    checkpoints: bool = False
    spoken_text: bool = False
    knowledge_graph: bool = False
    practice_problems: bool = False

    @property
    def enriches(self) -> bool:
        """Whether a model is asked about each topic."""
        return self.objectives or self.checkpoints or self.knowledge_graph

    @property
    def generates(self) -> bool:
        """Whether a model writes what is said or asked."""
        return self.spoken_text or self.practice_problems

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages such an import goes through."""
        left_out = {"enriching": not self.enriches, "generating": not self.generates}
        return tuple(stage for stage in STAGES if not left_out.get(stage))


class ImportOrder(Struct, frozen=True):
    """A payload.

    Attributes:
        selected: keys of the topics that are taken; all where it is empty.
        trusted: asked for where everybody writes, or by an administrator.
    """

    source_id: Key
    course_id: Annotated[str, Meta(min_length=1, max_length=LONGEST_COURSE_ID)]
    course_title: str = ""
    output_name: str = ""
    selected: list[Key] = []
    wants: Wants = Wants()
    trusted: bool = False


class Stats(Struct, frozen=True):
    """What has been done so far."""

    files_downloaded: int = 0
    files_processed: int = 0
    topics_created: int = 0
    objectives_generated: int = 0
    assessments_generated: int = 0
    checkpoints_generated: int = 0
    terms_generated: int = 0
    segments_rewritten: int = 0
    pictures_left_out: int = 0


class Progress(Struct, frozen=True):
    """A checkpoint: everything before it is stored and is not done again.

    Attributes:
        stage: the last one that was begun and announced.
        revision, object_key, name: of the course's bytes, once they are here.
        total: topics of the import. extracted, enriched, generated: of those, from the first on.
        model: who generated, as "vendor/model"; empty where nobody did.
        estimate_micros: what it was to cost, in micro-dollars; None where nobody is asked, or was yet.
        curriculum_id, version: once the curriculum is there, and the import is done.
    """

    stage: str = ""
    revision: str = ""
    object_key: str = ""
    name: str = ""
    title: str = ""
    total: int = 0
    extracted: int = 0
    enriched: int = 0
    generated: int = 0
    stats: Stats = Stats()
    warnings: list[str] = []
    model: str = ""
    estimate_micros: int | None = None
    curriculum_id: str = ""
    version: str = ""

    @classmethod
    def of(cls, checkpoint: Mapping[str, Any]) -> "Progress":
        """Return what a job stored."""
        return msgspec.convert(checkpoint, cls)

    def stored(self) -> dict[str, Any]:
        """Return it as a job stores it."""
        return msgspec.to_builtins(self)

    def warned(self, warning: str) -> "Progress":
        """Return it with one more warning, unless it was given before or there are many already."""
        if warning in self.warnings or len(self.warnings) >= MOST_WARNINGS:
            return self
        return msgspec.structs.replace(self, warnings=[*self.warnings, warning[:500]])

    def counted(self, **more: int) -> "Progress":
        """Return it with more done."""
        now = {name: getattr(self.stats, name) + count for name, count in more.items()}
        return msgspec.structs.replace(self, stats=msgspec.structs.replace(self.stats, **now))
