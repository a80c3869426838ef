import pytest

from core.imports.formats.moodle import is_part
from core.imports.formats.reading import read_book
from tests.support.books import moodle, tarball, zipped


@pytest.mark.parametrize("body", [zipped(moodle()), tarball(moodle()), tarball(moodle(), folder="./")])
def test_pages_and_chapters_are_topics_of_their_section(body: bytes) -> None:
    book = read_book(body, "file")
    assert book.outline.title == "A Moodle Course"
    assert [(place.unit, place.title) for place in book.outline.places] == [
        ("Week one", "The page"),
        ("Week one", "Chapter 1"),
        ("Week one", "Chapter 2"),
    ]
    assert list(book.outline.left_out) == ["1 activities that are no pages"]
    said = [str(book.topic(place).node) for place in book.outline.places]
    assert "Text of the page." in said[0]
    assert "Text of chapter 2." in said[2]


def test_of_a_backup_only_what_can_be_taught_from_is_read() -> None:
    assert [path for path in moodle() if is_part(path)] == [
        "moodle_backup.xml",
        "activities/page_1/page.xml",
        "activities/book_2/book.xml",
    ]
    for path in ("users.xml", "activities/page_1/grades.xml", "page.xml", "other/page_1/page.xml"):
        assert not is_part(path)
