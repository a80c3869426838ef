"""A course backup of Moodle 2 and later: its pages, books and labels are topics, its sections units. Pure.

Source: what Moodle's own backup writes: moodle_backup.xml, sections/section_<id>/section.xml and
activities/<kind>_<id>/<kind>.xml, in a gzip tar, or a zip where the site asks for one; both are called .mbz.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final
from xml.etree.ElementTree import Element

from core.imports.formats.packages import Package, within, words_in
from core.imports.formats.page_text import read_page, topic_node
from core.imports.formats.port import Draft, Header, Keys, Node, Outline, Place, assembled, counted, title_of
from shared.domain.pictures import Picture

BACKUP: Final = "moodle_backup.xml"
_KINDS: Final = frozenset({"page", "book", "label"})


def is_part(path: str) -> bool:
    """Tell whether a file of a backup is read: neither what learners did nor what they were given to download is."""
    folder, _, name = path.rpartition("/")
    parents = folder.split("/")
    return path == BACKUP or (parents[0] == "activities" and name.removesuffix(".xml") in _KINDS)


class MoodleBook:
    """See Book."""

    def __init__(self, package: Package, name: str) -> None:
        self._package = package
        # The file of each topic, and which of the chapters in it.
        self._parts: dict[str, tuple[str, int]] = {}
        self._left_out = 0
        backup = package.xml(BACKUP)
        places = counted(self._places(backup))
        self.outline = Outline(
            title=title_of(words_in(backup, "original_course_fullname"), title_of(name, "Course")),
            places=places,
            left_out=[f"{self._left_out} activities that are no pages"] if self._left_out else [],
        )

    def topic(self, place: Place) -> Draft:
        """Return a topic; see Book."""
        path, chapter = self._parts[place.key]
        page = _pages(self._package.xml(path))[chapter][1]
        return topic_node(place.key, place.title, read_page(page))

    def document(self, topics: Sequence[tuple[Place, Node]], header: Header) -> dict[str, Any]:
        """Return the curriculum; see Book."""
        return assembled(self.outline, topics, header)

    def pictures(self) -> Sequence[Picture]:
        """Return none: pages say which picture belongs where, their words do not."""
        return ()

    def _places(self, backup: Element) -> Iterator[Place]:
        keys = Keys()
        units = {words_in(section, "sectionid"): words_in(section, "title") for section in within(backup, "section")}
        for activity in within(backup, "activity"):
            kind, folder = words_in(activity, "modulename"), words_in(activity, "directory")
            path = f"{folder}/{kind}.xml"
            if kind not in _KINDS or path not in self._package.sizes:
                self._left_out += 1
                continue
            unit = title_of(units.get(words_in(activity, "sectionid"), ""), "")
            for chapter, (title, _) in enumerate(_pages(self._package.xml(path))):
                place_title = title_of(title, title_of(words_in(activity, "title"), "Untitled"))
                place = Place(keys.of(place_title), place_title, unit)
                self._parts[place.key] = (path, chapter)
                yield place


def _pages(root: Element) -> list[tuple[str, str]]:
    """Return title and HTML of each page an activity has: a book's chapters, or the one of all others."""
    chapters = list(within(root, "chapter"))
    if chapters:
        return [(words_in(chapter, "title"), _html(chapter, "content")) for chapter in chapters]
    return [(words_in(root, "name"), _html(root, "content") or _html(root, "intro"))]


def _html(element: Element, name: str) -> str:
    found = next(within(element, name), None)
    return "" if found is None else "".join(found.itertext())
