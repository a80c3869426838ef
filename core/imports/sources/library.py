"""The deployment's own library: a folder, or a bucket, that its operator fills. Everybody may import from it.

Each file is a course, and each folder of Markdown files is one book of them, in the order of their names. What changes
while it is read is read again.
"""

import asyncio
import base64
import binascii
import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import msgspec
import obstore

from core.imports.formats.port import title_of
from core.imports.sources.port import Browse, Course, Material, NoSettings, Plugin, Shelf, Shop, Source, no_course
from core.imports.sources.shelving import looked_into, matching, shelved
from shared.errors import Conflict
from shared.storage.objects import store_errors

if TYPE_CHECKING:
    from obstore.store import LocalStore, MemoryStore, S3Store

    Place = LocalStore | MemoryStore | S3Store

ENDINGS: Final = (".md", ".markdown", ".epub", ".imscc", ".zip", ".mbz", ".umcf", ".json", ".csv", ".tsv")
_MARKDOWN: Final = (".md", ".markdown")
MOST_BYTES: Final = 32 * 1024 * 1024
MOST_FILES: Final = 10_000
_TRIES: Final = 3


class _File(msgspec.Struct, frozen=True):
    """A file and what changes when it does."""

    path: str
    size: int
    state: str


class LibrarySource:
    """See Source. A course's id is its path, in base64 without padding."""

    def __init__(self, place: "Place") -> None:
        self._place = place

    async def browse(self, asked: Browse) -> Shelf:
        """Return a page; see Source."""
        return shelved(list((await self._courses()).values()), asked)

    async def search(self, words: str, limit: int) -> Sequence[Course]:
        """Return what has the words; see Source."""
        return matching(list((await self._courses()).values()), words)[:limit]

    async def glance(self, course_id: str) -> Course:
        """Return a course; see Source."""
        course = (await self._courses()).get(course_id)
        if course is None:
            raise no_course(course_id)
        return course

    async def detail(self, course_id: str) -> Course:
        """Return a course with its topics; see Source."""
        return looked_into(await self.glance(course_id), await self.fetch(course_id))

    async def fetch(self, course_id: str) -> Material:
        """Return a course's bytes: all of its files as they are before and after they are read; see Source."""
        path = _path(course_id)
        for _ in range(_TRIES):
            before = await asyncio.to_thread(self._files_of, path)
            if not before:
                raise no_course(course_id)
            parts = [await asyncio.to_thread(self._read, file) for file in before]
            if await asyncio.to_thread(self._files_of, path) == before:
                body = b"\n\n".join(parts)
                name = path.rstrip("/").rpartition("/")[2].partition(".")[0]
                return Material(title_of(name.replace("-", " "), "Course"), body, hashlib.sha256(body).hexdigest())
        raise Conflict("the course changed again and again while it was read: try later", code="source_changed")

    async def test(self) -> str:
        """Count the courses; see Source."""
        return f"{len(await self._courses())} courses"

    async def _courses(self) -> dict[str, Course]:
        files = await asyncio.to_thread(self._files)
        books = {_book_of(file.path) for file in files}
        return {course.id: course for course in map(_course, sorted(books))}

    def _files(self) -> list[_File]:
        found: list[_File] = []
        with store_errors("the library"):
            for page in obstore.list(self._place):  # pyright: ignore[reportUnknownMemberType]  (pyarrow's, not ours)
                for meta in page:
                    if meta["path"].lower().endswith(ENDINGS) and not meta["path"].rpartition("/")[2].startswith("."):
                        state = f"{meta['size']} {meta['e_tag']} {meta['last_modified'].timestamp()}"
                        found.append(_File(meta["path"], meta["size"], state))
                if len(found) >= MOST_FILES:
                    break
        return sorted(found, key=lambda file: file.path)

    def _files_of(self, path: str) -> list[_File]:
        files = [file for file in self._files() if _book_of(file.path) == path]
        if sum(file.size for file in files) > MOST_BYTES:
            raise Conflict(f"a course of the library may have {MOST_BYTES} bytes; this has more", code="too_large")
        return files

    def _read(self, file: _File) -> bytes:
        with store_errors("the library"):
            return bytes(obstore.get(self._place, file.path).bytes())


def _book_of(path: str) -> str:
    """Return the course a file belongs to: itself, or the folder of Markdown it is in."""
    folder, _, name = path.rpartition("/")
    return f"{folder}/" if folder and name.lower().endswith(_MARKDOWN) else path


def _course(path: str) -> Course:
    name = path.rstrip("/").rpartition("/")[2].partition(".")[0]
    return Course(
        id=base64.urlsafe_b64encode(path.encode()).decode().rstrip("="),
        source_id="library",
        title=title_of(name.replace("-", " ").replace("_", " "), "Course"),
        description=path,
        subject=title_of(path.partition("/")[0].replace("-", " "), "") if path.rstrip("/").count("/") else "",
    )


def _path(course_id: str) -> str:
    try:
        return base64.b64decode(course_id + "=" * (-len(course_id) % 4), altchars=b"-_", validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        raise no_course(course_id) from None


def library_plugin(place: "Place") -> Plugin:
    """Return the plug-in of one library."""

    def opened(_shop: Shop) -> Source:
        return LibrarySource(place)

    return Plugin(
        id="library",
        name="Library",
        description="What the operator of this deployment has laid out.",
        settings=NoSettings,
        open=opened,
        content_types=("umcf", "markdown", "epub", "imscc", "csv", "json"),
        features=("transcripts",),
    )
