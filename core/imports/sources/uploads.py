"""Files that people of the tenant have brought."""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from core.imports.licences import licence_of
from core.imports.sources.port import Browse, Course, Material, NoSettings, Plugin, Shelf, Shop
from core.imports.sources.shelving import looked_into, matching, shelved
from shared.curriculum_saving import OpenUnit
from shared.db import Pending, Unit
from shared.errors import Conflict
from shared.ids import known_id
from shared.repositories.import_uploads import ImportUpload, ImportUploadRepository
from shared.storage.port import ObjectStore

Result = TypeVar("Result")

MOST_UPLOADS: Final = 1_000


class UploadSource:
    """See Source. A course's id is the upload's."""

    def __init__(self, open_unit: OpenUnit, objects: ObjectStore) -> None:
        self._open_unit = open_unit
        self._objects = objects

    async def browse(self, asked: Browse) -> Shelf:
        """Return a page of the files; see Source."""
        return shelved(await self._courses(), asked)

    async def search(self, words: str, limit: int) -> Sequence[Course]:
        """Return the files that have the words; see Source."""
        return matching(await self._courses(), words)[:limit]

    async def glance(self, course_id: str) -> Course:
        """Return a file; see Source."""
        return _course(await self._upload(course_id))

    async def detail(self, course_id: str) -> Course:
        """Return a file with its topics; see Source."""
        upload = await self._upload(course_id)
        return looked_into(_course(upload), await self._bytes(upload))

    async def fetch(self, course_id: str) -> Material:
        """Return a file; see Source."""
        return await self._bytes(await self._upload(course_id))

    async def test(self) -> str:
        """Count the files; see Source."""
        return f"{len(await self._courses())} uploads"

    async def _bytes(self, upload: ImportUpload) -> Material:
        body = await asyncio.to_thread(self._objects.get, upload.object_key)
        if hashlib.sha256(body).hexdigest() != upload.revision:
            raise Conflict("the stored file is not the one that was uploaded: upload it again", code="source_changed")
        return Material(upload.name, body, upload.revision)

    async def _courses(self) -> list[Course]:
        found = await self._read(lambda unit: ImportUploadRepository(unit).all(limit=MOST_UPLOADS))
        return [_course(upload) for upload in found]

    async def _upload(self, course_id: str) -> ImportUpload:
        upload_id = known_id(course_id, "course")
        return await self._read(lambda unit: ImportUploadRepository(unit).get(upload_id))

    async def _read(self, queue: Callable[[Unit], Pending[Result]]) -> Result:
        def read() -> Result:
            with self._open_unit() as unit:
                pending = queue(unit)
            return pending.result

        return await asyncio.to_thread(read)


def _course(upload: ImportUpload) -> Course:
    return Course(
        id=upload.id,
        source_id=PLUGIN.id,
        title=upload.title,
        description=upload.name,
        licence=licence_of(upload.license),
        revision=upload.revision,
        size=upload.size,
    )


def _open(shop: Shop) -> UploadSource:
    return UploadSource(shop.open_unit, shop.objects)


PLUGIN: Final = Plugin(
    id="upload",
    name="Uploads",
    description="Files you bring: Markdown, EPUB, Common Cartridge, Moodle backup, UMCF, questions.",
    settings=NoSettings,
    open=_open,
    content_types=("umcf", "markdown", "epub", "imscc", "csv", "json"),
    features=("transcripts",),
)
