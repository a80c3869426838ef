"""The job that makes a curriculum of a course.

It is killed anywhere without harm: the course's bytes are kept in the object store until it is done, and each topic is
staged in the transaction that notes it as done. The curriculum appears with the last of them, whole, in the
transaction that ends the import; until then nobody sees any of it.
"""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial

import msgspec
from msgspec import structs

from core.fetching.rules import MAY_PASS, Refused
from core.imports.assembling import chosen, with_generated, with_prerequisites
from core.imports.enriching import HireModel, Passes
from core.imports.formats.port import Book, Draft, Header, Place, not_a_book, slug, title_of
from core.imports.formats.reading import read_book
from core.imports.licences import licence_of
from core.imports.orders import IMPORT_KIND, STAGES, ImportOrder, Progress
from core.imports.registry import Plugins
from core.imports.sources.port import Material
from core.jobs.port import JobStopped, RunningJob
from shared.curriculum_saving import Ready, Saved, Terms, discard, queue_saving, ready_to_save, undo
from shared.db import Database, Unit
from shared.errors import AppError, Forbidden, InvalidInput, NotFound, RateLimited, Unavailable
from shared.logging import get_logger
from shared.repositories.course_imports import CourseImportRepository
from shared.repositories.plugin_settings import PluginSettingsRepository, PluginState
from shared.storage.port import ObjectStore

_log = get_logger("imports")

# Runs in which a server may be away before the import has failed.
_PATIENCE = 3
# Of an import's progress: until its bytes are here, and its topics are staged.
_HERE = 0.1
_STAGED = 0.5


class Workshop(msgspec.Struct, frozen=True, kw_only=True):
    """What imports work with.

    Attributes:
        objects: where a course's bytes wait. pictures: where curricula's files are kept, as the API has it.
        hire: lends a language model that the tenant pays.
    """

    database: Database
    objects: ObjectStore
    pictures: ObjectStore | None
    plugins: Plugins
    hire: HireModel


@dataclass(slots=True)
class CourseImport:
    """See JobHandler."""

    workshop: Workshop
    kind: str = field(default=IMPORT_KIND, init=False)

    async def run(self, job: RunningJob) -> Mapping[str, object]:
        """Import a course; see JobHandler."""
        order = msgspec.convert(job.order.payload, ImportOrder)
        return await _Run(self.workshop, job, order).run()


class _Run:
    """One run of an import."""

    def __init__(self, workshop: Workshop, job: RunningJob, order: ImportOrder) -> None:
        self._shop = workshop
        self._job = job
        self._order = order
        self._progress = Progress.of(job.order.checkpoint)

    async def run(self) -> Mapping[str, object]:
        try:
            if not self._progress.curriculum_id:
                await self._import()
        except (Unavailable, RateLimited):
            raise  # another run goes on with the bytes that are here
        except JobStopped as stopped:
            if stopped.reason == "cancelled":
                await self._forget()
            raise
        except AppError:
            await self._forget()
            raise
        await self._forget()
        done = self._progress
        return {
            "curriculumId": done.curriculum_id,
            "title": done.title,
            "version": done.version,
            "topicCount": done.stats.topics_created,
            "warnings": done.warnings,
        }

    async def _import(self) -> None:
        material = await self._material()
        book = await self._book(material)
        places = self._places(book)
        await self._extract(book, places)
        if self._order.wants.enriches or self._order.wants.generates:
            passes = Passes(self._job, self._order.wants, self._unit, self._progress, span=(_STAGED, 0.95))
            await passes.run(self._shop.hire)
            self._progress = passes.progress
        await self._store(book, places, material)

    def _unit(self) -> AbstractContextManager[Unit]:
        return self._shop.database.unit(self._job.order.entry)

    async def _begin(self, stage: str, share: float, item: str) -> None:
        """Announce a stage, once."""
        if self._progress.stage not in STAGES[STAGES.index(stage) :]:
            self._progress = structs.replace(self._progress, stage=stage)
            await self._job.advance(progress=share, stage=stage, item=item, checkpoint=self._progress.stored())

    async def _material(self) -> Material:
        """Return the course's bytes: those that are here already, or fetched now."""
        await self._begin("downloading", 0.0, self._order.course_title)
        held = self._progress
        if held.object_key and (body := await asyncio.to_thread(self._held)) is not None:
            return Material(held.name, body, held.revision)
        found = await self._fetched()
        key = f"tenants/{self._job.order.tenant_id}/imports/{self._job.order.id}"
        await asyncio.to_thread(self._shop.objects.put, key, found.body)
        if held.revision and held.revision != found.revision:
            await self._job.say("the course has changed since the import began, so it begins anew")
            held = Progress(
                stage="downloading", warnings=["the course changed while it was imported; this is its later state"]
            )
        held = structs.replace(held, revision=found.revision, object_key=key, name=found.name)
        held = structs.replace(held, stats=structs.replace(held.stats, files_downloaded=1))
        anew = held.extracted == 0
        self._progress = held
        await self._job.write(
            lambda unit: CourseImportRepository(unit).unstage(self._job.order.id) if anew else None,
            progress=_HERE,
            stage="downloading",
            item=found.name,
            checkpoint=held.stored(),
        )
        return found

    def _held(self) -> bytes | None:
        try:
            body = self._shop.objects.get(self._progress.object_key)
        except NotFound:
            return None
        return body if hashlib.sha256(body).hexdigest() == self._progress.revision else None

    async def _fetched(self) -> Material:
        states = await asyncio.to_thread(self._states)
        source = self._shop.plugins.open(self._order.source_id, states, self._unit)
        try:
            return await source.fetch(self._order.course_id)
        except Refused as refused:
            if refused.rule not in MAY_PASS or self._job.order.attempt >= _PATIENCE:
                raise
            raise Unavailable(refused.message, code=refused.error_code, details=refused.details) from refused

    def _states(self) -> Sequence[PluginState]:
        with self._unit() as unit:
            found = PluginSettingsRepository(unit).all()
        return found.result

    async def _book(self, material: Material) -> Book:
        await self._begin("validating", _HERE, material.name)
        book = await asyncio.to_thread(read_book, material.body, material.name)
        if book.outline.license and not licence_of(book.outline.license).allows_derivatives:
            raise Forbidden("its licence allows no lessons to be made of it", code="license_restriction")
        return book

    def _places(self, book: Book) -> Sequence[Place]:
        places = book.outline.places
        if wanted := set(self._order.selected):
            places = [place for place in places if place.key in wanted]
            if missing := sorted(wanted - {place.key for place in places}):
                expected = "keys of topics this course has"
                message = f"selectedLectures: {expected}; it has no {', '.join(missing[:5])}"
                raise InvalidInput(message, code="no_such_lectures", details={"selectedLectures": expected})
        for left in book.outline.left_out:
            self._progress = self._progress.warned(f"left out: {left}")
        title = title_of(self._order.output_name, book.outline.title)
        self._progress = structs.replace(self._progress, total=len(places), title=title)
        return places

    async def _extract(self, book: Book, places: Sequence[Place]) -> None:
        for position in range(self._progress.extracted, len(places)):
            place = places[position]
            draft = await self._draft(book, place)
            done = structs.replace(self._progress, extracted=position + 1)
            self._progress = done.counted(files_processed=1, pictures_left_out=draft.pictures)
            node = None if draft.node is None else chosen(draft.node, self._order.wants)
            await self._job.write(
                partial(_stage, job_id=self._job.order.id, position=position, key=place.key, node=node),
                progress=_HERE + (_STAGED - _HERE) * (position + 1) / len(places),
                stage="extracting",
                item=place.title,
                checkpoint=self._progress.stored(),
            )

    async def _draft(self, book: Book, place: Place) -> Draft:
        try:
            return await asyncio.to_thread(book.topic, place)
        except InvalidInput as error:
            self._progress = self._progress.warned(f"{place.title}: {error.message}")
            return Draft(None)

    async def _store(self, book: Book, places: Sequence[Place], material: Material) -> None:
        await self._begin("storing", 0.95, self._progress.title)
        terms = Terms(trusted=self._order.trusted, may_be_new=True)
        ready = await asyncio.to_thread(self._ready, book, places, material, terms)
        try:
            await self._save(ready, terms, material)
        except AppError as error:
            undo(self._shop.pictures, ready.files.keys.values(), error)
            raise

    def _ready(self, book: Book, places: Sequence[Place], material: Material, terms: Terms) -> Ready:
        """Put the staged topics together and check the whole."""
        with self._unit() as unit:
            staged = CourseImportRepository(unit).staged(self._job.order.id)
        topics = [topic for topic in staged.result if topic.node is not None]
        if not topics:
            raise not_a_book("a course with something to say", "empty_book")
        if self._order.wants.knowledge_graph:
            topics = with_prerequisites(topics)
        by_key = {place.key: place for place in places}
        nodes = [(by_key[topic.key], topic.node) for topic in topics if topic.node is not None]
        document = book.document(nodes, self._header(book, material))
        made = with_generated(document, topics, self._progress)
        self._progress = structs.replace(
            self._progress, stats=structs.replace(self._progress.stats, topics_created=len(nodes))
        )
        return ready_to_save(self._unit, self._shop.pictures, made, book.pictures(), terms=terms)

    async def _save(self, ready: Ready, terms: Terms, material: Material) -> None:
        left_out = self._progress.stats.pictures_left_out
        if left_out:
            self._progress = self._progress.warned(f"{left_out} pictures were left out")
        stored = structs.replace(
            self._progress, curriculum_id=ready.curriculum.id, version=ready.curriculum.version, object_key=""
        )

        def write(unit: Unit) -> Saved:
            saved = queue_saving(unit, ready, terms=terms)
            imports = CourseImportRepository(unit)
            imports.imported(
                self._job.order.id,
                source_id=self._order.source_id,
                course_id=self._order.course_id,
                curriculum_id=ready.curriculum.id,
                revision=material.revision,
            )
            imports.unstage(self._job.order.id)
            return saved

        try:
            saved = await self._job.write(
                write, progress=1.0, stage="storing", item=stored.title, checkpoint=stored.stored()
            )
            await asyncio.to_thread(discard, self._shop.pictures, saved.discarded)
        except JobStopped as stopped:
            if stopped.reason == "lost":  # nothing of it was committed
                discard(self._shop.pictures, ready.files.keys.values())
                raise
            # Whatever was asked of the run came too late: everything is there, and only its end is left to tell.
        self._progress = stored

    def _header(self, book: Book, material: Material) -> Header:
        course = f"{self._order.source_id}|{self._order.course_id}"
        own = book.outline.curriculum_id if not self._order.output_name else ""
        made = f"{slug(self._progress.title, 40) or 'course'}-{hashlib.sha256(course.encode()).hexdigest()[:8]}"
        return Header(
            curriculum_id=own or made,
            title=self._progress.title,
            source=self._order.source_id,
            course=self._order.course_id,
            revision=material.revision,
        )

    async def _forget(self) -> None:
        """Remove the course's bytes; what stays is found by its key."""
        key = f"tenants/{self._job.order.tenant_id}/imports/{self._job.order.id}"
        try:
            await asyncio.to_thread(self._shop.objects.delete, key)
        except Unavailable:
            _log.warning("object_not_removed", key=key)


def _stage(unit: Unit, *, job_id: str, position: int, key: str, node: Mapping[str, object] | None) -> None:
    CourseImportRepository(unit).stage(job_id, position, key, node)
