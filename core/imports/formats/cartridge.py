"""An IMS Common Cartridge (1.0 to 1.3), as learning platforms export a course. Pure.

Pages are topics, discussions are topics that say their question, quizzes (QTI 1.2) are topics with assessments. The
folders of its organization are units. Links and tools stay behind: they lead to other machines.
Source: IMS Common Cartridge Profile 1.3, "Manifest" and "QTI 1.2 Profile".
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final
from xml.etree.ElementTree import Element

from core.imports.formats.markdown import read_markdown
from core.imports.formats.packages import Package, beside, children, within, words_in
from core.imports.formats.page_text import Page, read_page, topic_node
from core.imports.formats.port import Draft, Header, Keys, Node, Outline, Place, assembled, counted, title_of
from core.imports.formats.quiz import quiz_node
from shared.domain.pictures import Picture

MANIFEST: Final = "imsmanifest.xml"
_PAGES: Final = (".html", ".htm", ".xhtml", ".md", ".txt")
_DEEPEST: Final = 30


class CartridgeBook:
    """See Book."""

    def __init__(self, package: Package, name: str) -> None:
        self._package = package
        self._parts: dict[str, tuple[str, str]] = {}
        self._left_out = 0
        manifest = package.xml(MANIFEST)
        resources = {str(found.get("identifier")): found for found in within(manifest, "resource")}
        metadata = next(children(manifest, "metadata"), None)
        places = counted(self._places(manifest, resources))
        left = [f"{self._left_out} links, tools or files that are no pages"] if self._left_out else []
        self.outline = Outline(
            title=title_of(words_in(metadata, "title"), title_of(name, "Course")),
            places=places,
            description=words_in(metadata, "description"),
            language=words_in(metadata, "language"),
            license=words_in(next(within(manifest, "rights"), None), "description"),
            left_out=left,
        )

    def topic(self, place: Place) -> Draft:
        """Return a topic; see Book."""
        kind, path = self._parts[place.key]
        if kind == "quiz":
            return Draft(quiz_node(place.key, place.title, self._package.xml(path)))
        if kind == "discussion":
            return topic_node(place.key, place.title, read_page(words_in(self._package.xml(path), "text")))
        return topic_node(place.key, place.title, self._page(path))

    def document(self, topics: Sequence[tuple[Place, Node]], header: Header) -> dict[str, Any]:
        """Return the curriculum; see Book."""
        return assembled(self.outline, topics, header)

    def pictures(self) -> Sequence[Picture]:
        """Return none: pages say which picture belongs where, their words do not."""
        return ()

    def _page(self, path: str) -> Page:
        if path.lower().endswith(".md"):
            book = read_markdown(self._package.read(path), "")
            return Page([block for place in book.outline.places for block in book.page(place).blocks])
        text = self._package.text(path)
        return read_page(text if not path.lower().endswith(".txt") else f"<pre>{text}</pre>")

    def _places(self, manifest: Element, resources: dict[str, Element]) -> Iterator[Place]:
        keys = Keys()
        organization = next(within(manifest, "organization"), None)
        items = [] if organization is None else list(_leaves(organization, "", 0))
        if not items:  # a cartridge without an order of its own
            items = [
                ("", str(found.get("href") or found.get("identifier")), found.get("identifier"))
                for found in resources.values()
            ]
        for unit, title, reference in items:
            resource = resources.get(str(reference))
            part = None if resource is None else _part(resource)
            if part is None or part[1] not in self._package.sizes:
                self._left_out += 1
                continue
            place = Place(keys.of(title), title_of(title, "Untitled"), title_of(unit, ""))
            self._parts[place.key] = part
            yield place


def _leaves(item: Element, unit: str, depth: int) -> Iterator[tuple[str, str, str | None]]:
    """Yield unit, title and resource of everything that refers to one; the outermost titles are the units."""
    for inner in children(item, "item"):
        title = next(("".join(found.itertext()).strip() for found in children(inner, "title")), "")
        if inner.get("identifierref"):
            yield unit, title, inner.get("identifierref")
        if depth < _DEEPEST:
            yield from _leaves(inner, unit or title, depth + 1)


def _part(resource: Element) -> tuple[str, str] | None:
    """Return the kind and path of a resource that can be taught from; None for all others."""
    kind = str(resource.get("type") or "").lower()
    files = [str(found.get("href")) for found in children(resource, "file")]
    path = beside("", str(resource.get("href") or (files[0] if files else "")))
    if kind.startswith("imsqti") and "assessment" in kind:
        return "quiz", path
    if kind.startswith("imsdt"):
        return "discussion", path
    if ("webcontent" in kind or "associatedcontent" in kind) and path.lower().endswith(_PAGES):
        return "page", path
    return None
