"""An EPUB (2 or 3): each page of its spine is a topic, named as its table of contents names it. Pure.

Source: EPUB 3.3, sections 4.2 (container), 5 (package document) and 7 (navigation document).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from xml.etree.ElementTree import Element

from core.imports.formats.packages import Package, beside, local, within, words_in
from core.imports.formats.page_text import read_page, topic_node
from core.imports.formats.port import (
    Draft,
    Header,
    Keys,
    Node,
    Outline,
    Place,
    assembled,
    counted,
    not_a_book,
    title_of,
)
from shared.domain.pictures import Picture

CONTAINER: Final = "META-INF/container.xml"
_PAGES: Final = frozenset({"application/xhtml+xml", "text/html"})
_LINK: Final = re.compile(
    r"<a\s[^>]*?href\s*=\s*[\"']([^\"']{1,500})[\"'][^>]*>(.{0,2000}?)</a", re.DOTALL | re.IGNORECASE
)
_TAG: Final = re.compile(r"<[^>]*>")


class EpubBook:
    """See Book."""

    def __init__(self, package: Package, name: str) -> None:
        self._package = package
        self._paths: dict[str, str] = {}
        path = _package_document(package)
        document = package.xml(path)
        items = {str(item.get("id")): item for item in within(document, "item")}
        self._refuse_locked(items, path)
        metadata = next(within(document, "metadata"), None)
        self.outline = Outline(
            title=title_of(words_in(metadata, "title"), title_of(name, "Book")),
            places=counted(self._places(document, items, path)),
            description=words_in(metadata, "description"),
            author=words_in(metadata, "creator"),
            language=words_in(metadata, "language"),
            license=words_in(metadata, "rights"),
            subjects=[" ".join("".join(found.itertext()).split()) for found in within(document, "subject")],
        )

    def topic(self, place: Place) -> Draft:
        """Return a topic; see Book."""
        return topic_node(place.key, place.title, read_page(self._package.text(self._paths[place.key])))

    def document(self, topics: Sequence[tuple[Place, Node]], header: Header) -> dict[str, Any]:
        """Return the curriculum; see Book."""
        return assembled(self.outline, topics, header)

    def pictures(self) -> Sequence[Picture]:
        """Return none: pages say which picture belongs where, their words do not."""
        return ()

    def _places(self, document: Element, items: Mapping[str, Element], path: str) -> Iterator[Place]:
        names = _names(self._package, document, items, path)
        keys = Keys()
        for at, reference in enumerate(within(document, "itemref"), 1):
            item = items.get(str(reference.get("idref")))
            if item is None or item.get("media-type") not in _PAGES or reference.get("linear") == "no":
                continue
            page = beside(path, str(item.get("href")))
            title = title_of(names.get(page, ""), f"Part {at}")
            place = Place(keys.of(title), title)
            self._paths[place.key] = page
            yield place

    def _refuse_locked(self, items: Mapping[str, Element], path: str) -> None:
        if "META-INF/encryption.xml" not in self._package.sizes:
            return
        locked = {
            str(found.get("URI")) for found in within(self._package.xml("META-INF/encryption.xml"), "CipherReference")
        }
        pages = {beside(path, str(i.get("href"))) for i in items.values() if i.get("media-type") in _PAGES}
        if locked & pages:
            raise not_a_book("a book without copy protection", "protected_book")


def _package_document(package: Package) -> str:
    rootfile = next(within(package.xml(CONTAINER), "rootfile"), None)
    if rootfile is None or not rootfile.get("full-path"):
        raise not_a_book("an EPUB whose container names its package document", "invalid_epub")
    return str(rootfile.get("full-path"))


def _names(package: Package, document: Element, items: Mapping[str, Element], path: str) -> dict[str, str]:
    """Return what the table of contents calls each page: the first entry that leads there."""
    names: dict[str, str] = {}
    for item in items.values():
        place = beside(path, str(item.get("href")))
        if "nav" in str(item.get("properties") or "").split() and place in package.sizes:
            for reference, words in _LINK.findall(package.text(place)):
                names.setdefault(beside(place, reference), " ".join(_TAG.sub("", words).split()))
    spine = next(within(document, "spine"), None)
    old = items.get(str(spine.get("toc"))) if spine is not None else None
    if not names and old is not None:
        place = beside(path, str(old.get("href")))
        for point in within(package.xml(place), "navPoint"):
            content = next((inner for inner in point if local(inner) == "content"), None)
            if content is not None:
                names.setdefault(beside(place, str(content.get("src"))), words_in(point, "text"))
    return names
