"""What a source of courses implements, and what it is given.

A source may be asked by many at once, and keeps nothing between two questions. It never sees a tenant but its own.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

import msgspec

from core.fetching.fetcher import Fetcher
from core.imports.formats.port import Place
from core.imports.licences import Licence, licence_of
from shared.curriculum_saving import OpenUnit
from shared.errors import NotFound
from shared.storage.port import ObjectStore

# Whose address and whose uploads; the longest that is looked at.
LONGEST_COURSE_ID: Final = 2_800


class Course(msgspec.Struct, frozen=True):
    """A course somebody can import.

    Attributes:
        revision: changes when the course does, as far as its source tells; empty where it does not.
        places: its topics, where the source has looked inside.
    """

    id: str
    source_id: str
    title: str
    description: str = ""
    author: str = ""
    subject: str = ""
    level: str = ""
    keywords: Sequence[str] = ()
    licence: Licence = msgspec.field(default_factory=lambda: licence_of(""))
    revision: str = ""
    size: int | None = None
    places: Sequence[Place] = ()
    left_out: Sequence[str] = ()


class Browse(msgspec.Struct, frozen=True):
    """Which courses of a source: page, from 1, of those that have the words and are of the subject and level."""

    page: int = 1
    page_size: int = 20
    search: str = ""
    subject: str = ""
    level: str = ""
    sort_by: str = "title"
    descending: bool = False


class Shelf(msgspec.Struct, frozen=True):
    """One page of courses, how many there are in all, and what they could be filtered by."""

    courses: Sequence[Course]
    total: int
    subjects: Sequence[str] = ()
    levels: Sequence[str] = ()


class Material(msgspec.Struct, frozen=True):
    """A course as its source has it now. name: what its source calls it. revision: the hex of its SHA-256."""

    name: str
    body: bytes
    revision: str


class Source(Protocol):
    """A source for one tenant. Every method may raise Unavailable, and InvalidInput for what it was told."""

    async def browse(self, asked: Browse) -> Shelf:
        """Return a page of its courses."""
        ...

    async def search(self, words: str, limit: int) -> Sequence[Course]:
        """Return the courses that have these words, the best first."""
        ...

    async def glance(self, course_id: str) -> Course:
        """Return what is known of a course without asking another machine.

        Raises: NotFound. Refused: an address that may not be asked.
        """
        ...

    async def detail(self, course_id: str) -> Course:
        """Return a course with its topics.

        Raises: NotFound. InvalidInput: it is no book.
        """
        ...

    async def fetch(self, course_id: str) -> Material:
        """Return a course's bytes, all of one state of it.

        Raises: NotFound. Conflict `source_changed`: it changed again and again while it was read.
        """
        ...

    async def test(self) -> str:
        """Try whether it works as it is set, and return what was found.

        Raises: AppError: what does not work.
        """
        ...


class Shop(msgspec.Struct, frozen=True):
    """What a source works with: its tenant's units of work, the deployment's objects and fetcher, its settings."""

    open_unit: OpenUnit
    objects: ObjectStore
    fetcher: Fetcher
    settings: msgspec.Struct


class Plugin(msgspec.Struct, frozen=True):
    """A source that could be opened.

    Attributes:
        settings: what a tenant may set; its JSON schema is what consoles show.
        remote: its courses are on other machines.
    """

    id: str
    name: str
    description: str
    settings: type[msgspec.Struct]
    open: Callable[[Shop], Source]
    content_types: Sequence[str] = ()
    features: Sequence[str] = ()
    licence: str = ""
    remote: bool = False
    version: str = "1.0.0"

    @property
    def schema(self) -> dict[str, Any] | None:
        """The JSON schema of its settings; None where there is nothing to set."""
        if not self.settings.__struct_fields__:
            return None
        (_,), found = msgspec.json.schema_components([self.settings], ref_template="#/$defs/{name}")
        return found[self.settings.__name__]


class NoSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing can be set."""


def no_course(course_id: str) -> NotFound:
    """Return the refusal of a course that is not there."""
    return NotFound(f"course {course_id[:200]} not found")
