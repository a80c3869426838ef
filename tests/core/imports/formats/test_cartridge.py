from core.imports.formats.reading import read_book
from tests.support.books import cartridge, page, zipped


def test_folders_are_units_and_links_stay_behind() -> None:
    outline = read_book(cartridge(4, units=2), "file").outline
    assert outline.title == "A Course"
    assert [(place.unit, place.title) for place in outline.places] == [
        ("Week 1", "Page 1"),
        ("Week 1", "Page 2"),
        ("Week 2", "Page 3"),
        ("Week 2", "Page 4"),
        ("", "Talk"),
        ("", "Quiz"),
    ]
    assert list(outline.left_out) == ["1 links, tools or files that are no pages"]


def test_a_discussion_says_its_question_and_a_quiz_asks() -> None:
    book = read_book(cartridge(1), "file")
    talk, quiz = (book.topic(place).node for place in book.outline.places[-2:])
    assert talk is not None
    assert talk["transcript"]["segments"][0]["content"] == "What do you think?"
    assert quiz is not None
    choice, short = quiz["assessments"]
    assert (choice["prompt"], choice["correctResponse"]) == ("Which is blue?", "Sky")
    assert [(one["text"], one["correct"]) for one in choice["choices"]] == [("Sky", True), ("Grass", False)]
    assert (short["prompt"], short["type"], short["correctResponse"]) == ("Name a colour.", "short_answer", "red")


def test_without_an_order_of_its_own_the_resources_are_the_order() -> None:
    manifest = (
        '<manifest><resources><resource identifier="a" type="webcontent" href="a.html"/>'
        '<resource identifier="b" type="webcontent" href="b.md"/>'
        '<resource identifier="c" type="webcontent" href="c.txt"/>'
        "</resources></manifest>"
    )
    parts = {"imsmanifest.xml": manifest, "a.html": page("A", "In A."), "b.md": "# B\n\nIn B.", "c.txt": "In C."}
    book = read_book(zipped(parts), "file")
    nodes = [book.topic(place).node for place in book.outline.places]
    assert "In A." in str(nodes[0])
    assert "In B." in str(nodes[1])
    assert "In C." in str(nodes[2])


def test_folders_in_folders_have_a_bottom() -> None:
    deep = "<item><title>f</title>" * 900 + "</item>" * 900
    manifest = f"<manifest><organizations><organization>{deep}</organization></organizations><resources>"
    manifest += '<resource identifier="a" type="webcontent" href="a.html"/></resources></manifest>'
    assert read_book(zipped({"imsmanifest.xml": manifest, "a.html": page("A", "In A.")}), "x").outline.places
