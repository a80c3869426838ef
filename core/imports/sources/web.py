"""Books at addresses on the Internet. A course is an address; those a tenant has written down can be browsed."""

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated, Final
from urllib.parse import unquote, urlsplit

from msgspec import Meta, Struct

from core.fetching.fetcher import Fetcher
from core.fetching.rules import check_url
from core.imports.formats.port import title_of
from core.imports.sources.port import Browse, Course, Material, Plugin, Shelf, Shop, no_course
from core.imports.sources.shelving import looked_into, matching, shelved


class WebSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Addresses of books, to be browsed; others can be imported as well."""

    addresses: Annotated[list[Annotated[str, Meta(min_length=1, max_length=2_000)]], Meta(max_length=200)] = []


class WebSource:
    """See Source. A course's id is its address, in base64 without padding so that it fits into a path."""

    def __init__(self, fetcher: Fetcher, settings: WebSettings) -> None:
        self._fetcher = fetcher
        self._courses = [_course(address) for address in settings.addresses]

    async def browse(self, asked: Browse) -> Shelf:
        """Return a page of the addresses written down; see Source."""
        return shelved(self._courses, asked)

    async def search(self, words: str, limit: int) -> Sequence[Course]:
        """Return the addresses that have the words; see Source."""
        return matching(self._courses, words)[:limit]

    async def glance(self, course_id: str) -> Course:
        """Return what an address tells by itself, when it may be asked at all; see Source."""
        address = _address(course_id)
        await self._fetcher.check(address)
        return _course(address)

    async def detail(self, course_id: str) -> Course:
        """Fetch a book and return it with its topics; see Source."""
        return looked_into(await self.glance(course_id), await self.fetch(course_id))

    async def fetch(self, course_id: str) -> Material:
        """Fetch a book, in one answer and so of one state; see Source."""
        address = _address(course_id)
        found = await self._fetcher.fetch(address)
        return Material(_course(address).title, found.body, found.revision)

    async def test(self) -> str:
        """Fetch the first address written down; see Source."""
        if not self._courses:
            return "no addresses are written down; any address can be imported"
        course = await self.detail(self._courses[0].id)
        return f"{course.title}: {len(course.places)} topics"


def _address(course_id: str) -> str:
    """Return the address an id stands for; an address itself is one too."""
    if "://" in course_id:
        return course_id
    try:
        return base64.b64decode(course_id + "=" * (-len(course_id) % 4), altchars=b"-_", validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        raise no_course(course_id) from None


def _course(address: str) -> Course:
    check_url(address)
    name = unquote(urlsplit(address).path).rstrip("/").rpartition("/")[2].partition(".")[0].replace("_", " ")
    identifier = base64.urlsafe_b64encode(address.encode()).decode().rstrip("=")
    return Course(
        id=identifier,
        source_id=PLUGIN.id,
        title=title_of(name.replace("-", " "), title_of(urlsplit(address).hostname or "", "Course")),
        description=address,
    )


def _open(shop: Shop) -> WebSource:
    settings = shop.settings
    return WebSource(shop.fetcher, settings if isinstance(settings, WebSettings) else WebSettings())


PLUGIN: Final = Plugin(
    id="web",
    name="Web address",
    description="A book at an address: Markdown, EPUB, Common Cartridge, Moodle backup, UMCF, questions.",
    settings=WebSettings,
    open=_open,
    content_types=("umcf", "markdown", "epub", "imscc", "csv", "json"),
    features=("transcripts",),
    remote=True,
)
