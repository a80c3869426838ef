"""The job that adds to a curriculum that is there what a language model can: the passes of an import, on its topics.

The curriculum changes once, at the end, and only if nobody has changed it meanwhile.
"""

import asyncio
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct, structs

from core.imports.assembling import with_generated
from core.imports.enriching import Passes
from core.imports.formats.port import Header, not_a_book
from core.imports.formats.umcf import UmcfBook
from core.imports.importing import Workshop
from core.imports.orders import REPROCESS_KIND, Progress, Wants
from core.jobs.port import JobStopped, RunningJob
from shared.curriculum_saving import Ready, Terms, queue_saving, ready_to_save
from shared.db import Unit
from shared.domain.curriculum_upload import Upload
from shared.domain.json_values import text_of
from shared.errors import Conflict
from shared.repositories.authored_curricula import AuthoredCurriculumRepository
from shared.repositories.course_imports import CourseImportRepository

_STAGED: Final = 0.1


class ReprocessOrder(Struct, frozen=True):
    """A payload."""

    curriculum_id: Annotated[str, Meta(min_length=1, max_length=200)]
    wants: Wants = Wants(objectives=True, checkpoints=True)
    trusted: bool = False


@dataclass(slots=True)
class CurriculumReprocess:
    """See JobHandler."""

    workshop: Workshop
    kind: str = field(default=REPROCESS_KIND, init=False)

    async def run(self, job: RunningJob) -> Mapping[str, object]:
        """Go over a curriculum; see JobHandler."""
        order = msgspec.convert(job.order.payload, ReprocessOrder)
        return await _Run(self.workshop, job, order).run()


class _Run:
    """One run over a curriculum; `revision` in its progress is the document's it began with."""

    def __init__(self, workshop: Workshop, job: RunningJob, order: ReprocessOrder) -> None:
        self._shop = workshop
        self._job = job
        self._order = order
        self._progress = Progress.of(job.order.checkpoint)

    async def run(self) -> Mapping[str, object]:
        if not self._progress.curriculum_id:
            document, revision = await asyncio.to_thread(self._read)
            book = UmcfBook(Upload(document, {}), with_files=False)
            if not self._progress.revision:
                await self._stage(book, revision)
            elif self._progress.revision != str(revision):
                raise Conflict(
                    "the curriculum was changed while it was worked on: start again", code="edited_meanwhile"
                )
            passes = Passes(self._job, self._order.wants, self._unit, self._progress, span=(_STAGED, 0.95))
            await passes.run(self._shop.hire)
            self._progress = passes.progress
            await self._save(book, revision)
        done = self._progress
        return {
            "curriculumId": done.curriculum_id,
            "title": done.title,
            "warnings": done.warnings,
            "stats": msgspec.to_builtins(done.stats),
        }

    def _unit(self) -> AbstractContextManager[Unit]:
        return self._shop.database.unit(self._job.order.entry)

    def _read(self) -> tuple[dict[str, Any], int]:
        with self._unit() as unit:
            own = AuthoredCurriculumRepository(unit, trusted=self._order.trusted)
            own.claim(self._order.curriculum_id)
            held = own.document(self._order.curriculum_id)
        return dict(held.result.document), held.result.revision

    async def _stage(self, book: UmcfBook, revision: int) -> None:
        places = book.outline.places
        self._progress = Progress(
            stage="extracting",
            revision=str(revision),
            title=book.outline.title,
            total=len(places),
            extracted=len(places),
        )
        nodes = [(place.key, book.topic(place).node) for place in places]

        def write(unit: Unit) -> None:
            imports = CourseImportRepository(unit)
            for position, (key, node) in enumerate(nodes):
                imports.stage(self._job.order.id, position, key, node)

        await self._job.write(
            write, progress=_STAGED, stage="extracting", item=book.outline.title, checkpoint=self._progress.stored()
        )

    async def _save(self, book: UmcfBook, revision: int) -> None:
        terms = Terms(trusted=self._order.trusted, seen=revision)
        ready = await asyncio.to_thread(self._ready, book, terms)
        stored = structs.replace(self._progress, curriculum_id=ready.curriculum.id)

        def write(unit: Unit) -> None:
            queue_saving(unit, ready, terms=terms)
            CourseImportRepository(unit).unstage(self._job.order.id)

        try:
            await self._job.write(write, progress=1.0, stage="storing", item=stored.title, checkpoint=stored.stored())
        except JobStopped as stopped:
            if stopped.reason == "lost":  # nothing of it was committed
                raise
            # Whatever was asked of the run came too late: the curriculum has changed, and that is told.
        self._progress = stored

    def _ready(self, book: UmcfBook, terms: Terms) -> Ready:
        with self._unit() as unit:
            staged = CourseImportRepository(unit).staged(self._job.order.id)
        topics = staged.result
        places = {place.key: place for place in book.outline.places}
        nodes = [(places[topic.key], topic.node) for topic in topics if topic.node is not None]
        if len(nodes) != len(places):
            raise not_a_book("a curriculum whose topics are all here", "empty_book")
        header = Header(
            curriculum_id=self._order.curriculum_id,
            title=text_of(book.outline.title),
            source="",
            course="",
            revision="",
        )
        document = with_generated(book.document(nodes, header), topics, self._progress)
        return ready_to_save(self._unit, self._shop.pictures, document, terms=terms)
