"""Every source keeps the same promises, whatever is behind it."""

import hashlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.imports.formats.reading import read_book
from core.imports.registry import BUILT_IN, Plugins
from core.imports.sources.library import library_plugin
from core.imports.sources.port import Browse, Source
from shared.curriculum_saving import OpenUnit
from shared.db import Database
from shared.errors import Conflict, NotFound
from shared.ids import new_id
from shared.repositories.import_uploads import ImportUploadRepository
from shared.repositories.plugin_settings import PluginState
from shared.storage.objects import open_objects, open_place
from tests.conftest import ALPHA, BETA
from tests.support.books import cartridge, markdown
from tests.support.library_server import Library, library

NAMES = ("samples", "upload", "web", "library")


@dataclass
class Stock:
    """The same two books behind every source; samples has its own."""

    plugins: Plugins
    database: Database
    shelf: Library
    folder: Path

    def units(self, entry: object = ALPHA) -> OpenUnit:
        return lambda: self.database.unit(entry)  # pyright: ignore[reportArgumentType]  two entries of one kind

    def open(self, name: str) -> Source:
        addresses = [self.shelf.url("/a-book.md"), self.shelf.url("/course.imscc")]
        states = [PluginState("web", enabled=True, priority=1, settings={"addresses": addresses})]
        states += [PluginState(other, enabled=True, priority=2, settings={}) for other in NAMES if other != "web"]
        return self.plugins.open(name, states, self.units())


@pytest.fixture
async def stock(database: Database, tmp_path: Path) -> AsyncIterator[Stock]:
    objects = open_objects("memory://")
    (tmp_path / "a-book").mkdir()
    (tmp_path / "a-book" / "1.md").write_bytes(b"# One\n\nFirst words.")
    (tmp_path / "a-book" / "2.md").write_bytes(b"# Two\n\nMore words.")
    (tmp_path / "course.imscc").write_bytes(cartridge())
    (tmp_path / "notes.docx").write_bytes(b"not a course")
    for name, body in (("a book", markdown()), ("course", cartridge())):
        upload_id = new_id()
        objects.put(f"uploads/{upload_id}", body)
        with database.unit(ALPHA) as unit:
            ImportUploadRepository(unit).add(
                upload_id,
                name=name,
                title=name,
                size=len(body),
                revision=hashlib.sha256(body).hexdigest(),
                license_name="",
                topics=1,
                object_key=f"uploads/{upload_id}",
            )
    async with library() as shelf:
        shelf.files = {"/a-book.md": markdown(), "/course.imscc": cartridge()}
        plugins = (*BUILT_IN, library_plugin(open_place(tmp_path.as_uri())))
        yield Stock(Plugins(plugins, objects, shelf.fetcher()), database, shelf, tmp_path)


every = pytest.mark.parametrize("name", NAMES)


@every
async def test_browsing_pages_through_all_courses_once(stock: Stock, name: str) -> None:
    source = stock.open(name)
    whole = await source.browse(Browse())
    assert whole.total == len(whole.courses) >= 2
    pages = [await source.browse(Browse(page=page, page_size=1)) for page in range(1, whole.total + 1)]
    assert [page.courses[0].id for page in pages] == [course.id for course in whole.courses]
    assert len({course.id for course in whole.courses}) == whole.total
    assert {course.source_id for course in whole.courses} == {name}
    assert list((await source.browse(Browse(page=99))).courses) == []
    backwards = await source.browse(Browse(descending=True))
    assert {course.id for course in backwards.courses} == {course.id for course in whole.courses}


@every
async def test_what_is_browsed_is_found_by_its_title(stock: Stock, name: str) -> None:
    source = stock.open(name)
    for course in (await source.browse(Browse())).courses:
        assert course.id in {found.id for found in await source.search(course.title.upper(), 10)}
        assert (await source.browse(Browse(search=course.title))).courses
    assert list(await source.search("zzz nothing zzz", 10)) == []
    assert len(await source.search("", 1)) == 1


@every
async def test_what_is_browsed_can_be_looked_into_and_fetched(stock: Stock, name: str) -> None:
    source = stock.open(name)
    for course in (await source.browse(Browse())).courses:
        assert (await source.glance(course.id)).id == course.id
        detail = await source.detail(course.id)
        material = await source.fetch(course.id)
        assert (detail.id, detail.revision) == (course.id, material.revision)
        assert material.revision == hashlib.sha256(material.body).hexdigest()
        assert [p.key for p in detail.places] == [p.key for p in read_book(material.body, material.name).outline.places]
        assert (await source.fetch(course.id)).revision == material.revision


@every
@pytest.mark.parametrize(
    "course_id",
    ["", "nothing", "../../etc/passwd", "bm90aGluZw", "\u00e9", "0190aaaa-0000-7000-8000-0000000000ff", "a" * 2_000],
)
async def test_what_is_not_there_is_not_found(stock: Stock, name: str, course_id: str) -> None:
    source = stock.open(name)
    asks: list[Callable[[str], object]] = [source.glance, source.detail, source.fetch]
    for ask in asks:
        with pytest.raises((NotFound, ValueError) if name != "web" else Exception) as refused:
            await ask(course_id)  # pyright: ignore[reportGeneralTypeIssues]
        assert type(refused.value).__name__ in {"NotFound", "Refused"}


@every
async def test_it_tells_that_it_works(stock: Stock, name: str) -> None:
    assert await stock.open(name).test()


async def test_uploads_of_another_tenant_do_not_exist(stock: Stock) -> None:
    course = (await stock.open("upload").browse(Browse())).courses[0]
    theirs = stock.plugins.open("upload", [], stock.units(BETA))
    assert (await theirs.browse(Browse())).total == 0
    with pytest.raises(NotFound):
        await theirs.fetch(course.id)


async def test_a_folder_of_markdown_is_one_book(stock: Stock) -> None:
    source = stock.open("library")
    book = next(c for c in (await source.browse(Browse())).courses if c.title == "a book")
    assert [place.title for place in (await source.detail(book.id)).places] == ["One", "Two"]
    first = await source.fetch(book.id)
    (stock.folder / "a-book" / "2.md").write_bytes(b"# Two\n\nOther words.")
    assert (await source.fetch(book.id)).revision != first.revision


async def test_a_course_that_changes_while_it_is_read_is_noticed(stock: Stock) -> None:
    from core.imports.sources.library import LibrarySource

    class Restless(LibrarySource):
        """Somebody writes into the library whenever a file is read."""

        def _read(self, file: object) -> bytes:
            body = super()._read(file)  # pyright: ignore[reportArgumentType]  the file, whatever it is
            path = stock.folder / "a-book" / "2.md"
            path.write_bytes(path.read_bytes() + b" again")
            return body

    source = Restless(open_place(stock.folder.as_uri()))
    book = next(c for c in (await source.browse(Browse())).courses if c.title == "a book")
    with pytest.raises(Conflict) as refused:
        await source.fetch(book.id)
    assert refused.value.error_code == "source_changed"
