from core.imports.formats.reading import read_book
from tests.support.books import moodle


def test_pages_and_chapters_are_topics_of_their_section() -> None:
    book = read_book(moodle(), "file")
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
