"""What every format gives: an outline at once, and its topics one by one, so that memory holds one of them."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import msgspec

from shared.domain.pictures import Picture
from shared.errors import InvalidInput

Node = dict[str, Any]

# A curriculum has at most 5 000 nodes; a thousand lessons are more than a school year has hours.
MOST_TOPICS: Final = 1_000
_LONGEST_TITLE: Final = 300


class Place(msgspec.Struct, frozen=True):
    """Where a topic is.

    Attributes:
        key: names it in this book, and in the curriculum that is made of it.
        unit: the title of the part it belongs to; empty where there are none.
    """

    key: str
    title: str
    unit: str = ""


class Outline(msgspec.Struct, frozen=True):
    """What a book says about itself.

    Attributes:
        license: as it is written there; empty where it is not.
        left_out: what of it cannot be taken over, for a person to read.
        curriculum_id: the id it has already; empty for what is no curriculum yet.
    """

    title: str
    places: Sequence[Place]
    description: str = ""
    author: str = ""
    language: str = ""
    license: str = ""
    subjects: Sequence[str] = ()
    left_out: Sequence[str] = ()
    curriculum_id: str = ""


class Draft(msgspec.Struct, frozen=True):
    """A topic, without what is not text.

    Attributes:
        node: None where there is nothing to say.
        pictures: how many were left out.
    """

    node: Node | None
    pictures: int = 0


class Header(msgspec.Struct, frozen=True):
    """What the importer knows and the book does not."""

    curriculum_id: str
    title: str
    source: str
    course: str
    revision: str


class Book(Protocol):
    """A course as its source has it."""

    @property
    def outline(self) -> Outline:
        """What it holds."""
        ...

    def topic(self, place: Place) -> Draft:
        """Return one topic.

        Raises: InvalidInput: this part of it cannot be read.
        """
        ...

    def document(self, topics: Sequence[tuple[Place, Node]], header: Header) -> dict[str, Any]:
        """Return the curriculum that these of its topics make."""
        ...

    def pictures(self) -> Sequence[Picture]:
        """Return the pictures its topics show."""
        ...


@dataclass(slots=True)
class Keys:
    """Makes a key of each title: the same for the same book, and none twice."""

    taken: dict[str, int] = field(default_factory=dict[str, int])

    def of(self, title: str) -> str:
        """Return a key that was not given yet."""
        plain = slug(title) or "topic"
        count = self.taken.get(plain, 0) + 1
        self.taken[plain] = count
        return plain if count == 1 else self.of(f"{plain}-{count}")


def slug(text: str, most: int = 60) -> str:
    """Return a text as lower-case letters, digits and hyphens; empty where it has neither letters nor digits."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:most].strip("-")


def title_of(text: str, otherwise: str) -> str:
    """Return a text as a title: one line that is neither empty nor endless."""
    line = " ".join(part for part in "".join(c if c.isprintable() else " " for c in text).split() if part)
    return line[:_LONGEST_TITLE].strip() or otherwise


def not_a_book(expected: str, code: str = "unsupported_content") -> InvalidInput:
    """Return the refusal of a file, with what was expected of it."""
    return InvalidInput(f"file: {expected}", code=code, details={"file": expected})


def counted(places: Iterable[Place]) -> tuple[Place, ...]:
    """Return places of a book that has topics, and not too many.

    Raises: InvalidInput.
    """
    found = tuple(places)
    if not found:
        raise not_a_book("a book with something to say", "empty_book")
    if len(found) > MOST_TOPICS:
        raise not_a_book(f"at most {MOST_TOPICS} topics; this has {len(found)}: cut it into volumes", "too_many_topics")
    return found


def assembled(outline: Outline, topics: Sequence[tuple[Place, Node]], header: Header) -> dict[str, Any]:
    """Return the document of topics: those of one unit that follow each other stand below it."""
    children: list[Node] = []
    units = Keys({place.key: 1 for place, _ in topics} | {"book": 1})
    before = ""
    for place, node in topics:
        if not place.unit:
            children.append(node)
        elif place.unit == before:
            children[-1]["children"].append(node)
        else:
            unit_id = {"value": units.of(f"unit {place.unit}")}
            children.append({"id": unit_id, "title": place.unit, "type": "unit", "children": [node]})
        before = place.unit
    root = {"id": {"value": "book"}, "title": header.title, "type": "curriculum", "children": children}
    return {
        "umcf": "1.0.0",
        "id": {"value": header.curriculum_id},
        "title": header.title,
        "version": {"number": "1.0.0"},
        "content": [root],
        **_facts(outline),
        "sourceProvenance": provenance(header),
    }


def provenance(header: Header) -> Mapping[str, str]:
    """Return where a document came from, as it is noted there."""
    return {"sourceName": header.source, "course": header.course, "revision": header.revision}


def _facts(outline: Outline) -> Mapping[str, Any]:
    facts: dict[str, Any] = {"description": outline.description[:50_000]}
    metadata = {"language": outline.language[:100], "subject": [subject[:200] for subject in outline.subjects][:50]}
    facts["metadata"] = {name: value for name, value in metadata.items() if value}
    if outline.author:
        facts["lifecycle"] = {"contributors": [{"name": outline.author[:500], "role": "author"}]}
    if outline.license:
        facts["rights"] = {"license": {"type": outline.license[:200]}}
    return {name: value for name, value in facts.items() if value}
