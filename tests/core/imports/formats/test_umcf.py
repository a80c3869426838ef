import json

import pytest

from core.imports.formats.port import Header
from core.imports.formats.reading import read_book
from shared.errors import InvalidInput
from tests.support.books import umcf, umcf_archive
from tests.support.umcf import a_document, a_topic

HEADER = Header(curriculum_id="things", title="Things", source="s", course="c", revision="r")


def test_everything_beside_the_topics_stays() -> None:
    document = a_document("things", a_topic("one"), a_topic("two"), glossary={"terms": [{"term": "a"}]}, extra={"x": 1})
    book = read_book(json.dumps(document).encode(), "x")
    assert book.outline.curriculum_id == "things"
    nodes = [(place, book.topic(place).node or {}) for place in book.outline.places]
    made = book.document(nodes, HEADER)
    assert {key: value for key, value in made.items() if key != "sourceProvenance"} == document
    assert made["sourceProvenance"]["sourceName"] == "s"


def test_topics_that_were_not_chosen_go() -> None:
    book = read_book(umcf(), "x")
    place = book.outline.places[1]
    made = book.document([(place, book.topic(place).node or {})], HEADER)
    assert [child["id"]["value"] for child in made["content"][0]["children"]] == ["two"]


def test_pictures_come_along() -> None:
    book = read_book(umcf_archive(), "x")
    assert [picture.name for picture in book.pictures()] == ["dot.svg"]


def test_every_problem_is_told() -> None:
    with pytest.raises(InvalidInput) as refused:
        read_book(b'{"umcf": "1.0.0"}', "x")
    assert {"/id", "/title", "/version", "/content"} <= set(refused.value.details)
