import pytest

from core.imports.formats.reading import read_book
from shared.errors import InvalidInput
from tests.support.books import CONTAINER, epub, page, zipped

NCX = """<!DOCTYPE ncx PUBLIC "-//NISO//DTD ncx 2005-1//EN" "http://www.daisy.org/z3986/2005/ncx-2005-1.dtd">
<ncx><navMap><navPoint><navLabel><text>The first</text></navLabel><content src="a.html"/></navPoint></navMap></ncx>"""
OLD = """<package version="2.0"><metadata><title>Old</title></metadata><manifest>
<item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/>
<item id="a" href="a.html" media-type="application/xhtml+xml"/>
<item id="b" href="b.html" media-type="application/xhtml+xml"/>
<item id="c" href="c.svg" media-type="image/svg+xml"/></manifest>
<spine toc="ncx"><itemref idref="a"/><itemref idref="b" linear="no"/><itemref idref="c"/><itemref idref="gone"/></spine>
</package>"""


def test_pages_are_named_by_the_table_of_contents() -> None:
    outline = read_book(epub(), "file").outline
    assert (outline.title, outline.author, outline.language, outline.license) == (
        "A Bound Book",
        "Ada",
        "en",
        "CC-BY-4.0",
    )
    assert [place.title for place in outline.places] == ["Chapter 1", "Chapter 2", "Chapter 3"]


def test_an_old_one_has_its_names_elsewhere() -> None:
    parts = {"META-INF/container.xml": CONTAINER, "OEBPS/book.opf": OLD, "OEBPS/toc.ncx": NCX}
    book = read_book(zipped({**parts, "OEBPS/a.html": page("x", "Words.")}), "file")
    (place,) = book.outline.places
    assert (book.outline.title, place.title) == ("Old", "The first")
    node = book.topic(place).node
    assert node is not None
    assert node["transcript"]["segments"][-1]["content"] == "Words."


def test_a_page_that_is_missing_is_told() -> None:
    book = read_book(zipped({"META-INF/container.xml": CONTAINER, "OEBPS/book.opf": OLD, "OEBPS/toc.ncx": NCX}), "x")
    with pytest.raises(InvalidInput) as refused:
        book.topic(book.outline.places[0])
    assert refused.value.error_code == "missing_part"


def test_a_locked_book_is_refused() -> None:
    lock = "<encryption><CipherReference URI='OEBPS/a.html'/></encryption>"
    parts = {"META-INF/container.xml": CONTAINER, "META-INF/encryption.xml": lock, "OEBPS/book.opf": OLD}
    with pytest.raises(InvalidInput) as refused:
        read_book(zipped(parts), "x")
    assert refused.value.error_code == "protected_book"
