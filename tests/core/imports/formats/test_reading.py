"""Every format gives the same: an outline, topics that can be taught from, a document that can be stored."""

import io
import json
from contextlib import suppress
from typing import Any
from zipfile import ZipFile, ZipInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.imports.formats.packages import MOST_ENTRIES
from core.imports.formats.port import Book, Header
from core.imports.formats.reading import read_book
from shared.domain.curriculum import read_curriculum
from shared.domain.curriculum_check import curriculum_problems
from shared.domain.curriculum_phones import for_phones
from shared.errors import InvalidInput
from tests.support.books import EVERY, cartridge, epub, markdown, tarball, zipped

HEADER = Header(curriculum_id="made", title="Made", source="test", course="c", revision="r")
books = pytest.mark.parametrize("name", EVERY)


def whole(book: Book) -> dict[str, Any]:
    """Return the document of all its topics."""
    drafts = [(place, book.topic(place).node) for place in book.outline.places]
    return book.document([(place, node) for place, node in drafts if node is not None], HEADER)


@books
def test_every_format_makes_a_curriculum_that_can_be_taught(name: str) -> None:
    book = read_book(EVERY[name], name)
    document = whole(book)
    assert curriculum_problems(document) == []
    curriculum = read_curriculum(for_phones(document))
    assert [topic.id for topic in curriculum.topics] == [place.key for place in book.outline.places]
    assert all(topic.segments or topic.assessments for topic in curriculum.topics)
    assert curriculum.title == "Made"
    assert b"alert" not in json.dumps(document).encode()


@books
def test_the_same_book_makes_the_same_keys(name: str) -> None:
    first, second = read_book(EVERY[name], name), read_book(EVERY[name], name)
    assert list(first.outline.places) == list(second.outline.places)
    assert whole(first) == whole(second)


@books
def test_any_of_the_topics_make_a_curriculum(name: str) -> None:
    book = read_book(EVERY[name], name)
    last = book.outline.places[-1]
    node = book.topic(last).node
    assert node is not None
    document = book.document([(last, node)], HEADER)
    assert [topic.id for topic in read_curriculum(for_phones(document)).topics] == [last.key]


@books
def test_a_book_cut_short_is_refused_or_read_as_far_as_it_goes(name: str) -> None:
    body = EVERY[name]
    for end in range(0, len(body), max(1, len(body) // 40)):
        with suppress(InvalidInput):
            whole(read_book(body[:end], name))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_damaged_archive_is_refused_or_read(data: st.DataObject) -> None:
    body = bytearray(data.draw(st.sampled_from([epub(), cartridge(), EVERY["course.mbz"]])))
    for _ in range(data.draw(st.integers(1, 5))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    with suppress(InvalidInput):
        whole(read_book(bytes(body), "damaged"))


@settings(max_examples=80, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=2_000))
def test_any_text_is_a_book_or_refused(text: str) -> None:
    book = read_book(f"# T\n\n{text}".encode(), "any")
    assert [p.expected for p in curriculum_problems(whole(book)) if p.pointer != "/content/0/children"] == []


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "says something"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"# T\n\nA\x00B", "NUL"),
        (b"%PDF-1.7 ...", "a PDF"),
        (b"\x7fELF\x02", "a program"),
        (b"MZ\x90\x00", "a program"),
        (b"#!/bin/sh\nrm -rf /", "a script"),
        (b"\x1f\x8b\x08", "a whole tar archive"),
        (tarball({"readme.txt": "hello"}), "a gzip archive that holds no backup"),
        (b"<!DOCTYPE html><html><body>Hello</body></html>", "a web page"),
        (b"<!-- x --><html>", "a web page"),
        (zipped({"readme.txt": "hello"}), "holds none"),
    ],
)
def test_what_is_no_book_is_told_what_it_is(body: bytes, told: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_book(body, "x")
    assert told in str(refused.value.details)


ENTITIES = '<!DOCTYPE m [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><manifest>&b;</manifest>'
OUTSIDE = '<!DOCTYPE m [<!ENTITY a SYSTEM "file:///etc/passwd">]><manifest>&a;</manifest>'


@pytest.mark.parametrize("manifest", [ENTITIES, OUTSIDE, "<manifest>", "no xml"])
@pytest.mark.parametrize("path", ["imsmanifest.xml", "META-INF/container.xml", "moodle_backup.xml"])
def test_hostile_xml_is_refused(path: str, manifest: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_book(zipped({path: manifest}), "x")
    assert refused.value.error_code in {"hostile_xml", "invalid_xml"}


def test_hostile_archives_are_refused() -> None:
    link = ZipInfo("imsmanifest.xml")
    link.external_attr = 0o120777 << 16
    out = io.BytesIO()
    with ZipFile(out, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    hostile = {
        "a link": out.getvalue(),
        "a path outside": zipped({"imsmanifest.xml": "<manifest/>", "../../etc/cron.d/x": "x"}),
        "a bomb": zipped({"imsmanifest.xml": "<manifest/>", "big.html": b" " * 30_000_000}),
        "too many": zipped({"imsmanifest.xml": "<manifest/>", **{f"{at}.html": "" for at in range(MOST_ENTRIES + 1)}}),
    }
    for name, body in hostile.items():
        with pytest.raises(InvalidInput):
            read_book(body, name)


def test_a_manifest_may_not_lead_out_of_its_archive() -> None:
    outside = zipped(
        {
            "imsmanifest.xml": '<manifest><resources><resource identifier="p" type="webcontent"'
            ' href="../../../etc/passwd.html"/></resources></manifest>'
        }
    )
    with pytest.raises(InvalidInput) as refused:
        read_book(outside, "x")
    assert refused.value.error_code == "empty_book"


def test_too_many_topics_are_refused() -> None:
    with pytest.raises(InvalidInput) as refused:
        read_book(markdown(1_001), "x")
    assert refused.value.error_code == "too_many_topics"
