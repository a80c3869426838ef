"""A book in Markdown (CommonMark with tables): its headings are its outline. Pure.

The first heading that no other is above names the book. Of the levels below it, the first is the topics; where a
section of it has sections of its own, it is a unit, and those are the topics. Deeper headings stand inside a topic.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

import msgspec
from markdown_it import MarkdownIt

from core.imports.formats.page_text import Page, read_page, topic_node
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

MOST_BYTES: Final = 16 * 1024 * 1024
_HEADING: Final = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$")
_FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})")
_UNDERLINE: Final = re.compile(r" {0,3}(=+|-{2,})[ \t]*$")
# A line that can be underlined to a heading: text, no list, quote, table, heading or code.
_TEXT: Final = re.compile(r" {0,3}(?![#>|`~+*-]|\d+[.)]\s|\s)\S")
_MARKS: Final = re.compile(r"!?\[([^\]]*)\]\([^)]*\)|[*_`]+")
_FACT: Final = re.compile(r"([A-Za-z][\w-]{0,40})\s*:\s*(.*)")
_LONGEST_FRONT: Final = 200  # lines


class _Section(msgspec.Struct, frozen=True):
    """A heading and the lines up to the next one: from `start`, the body from `body`, to `end`."""

    level: int
    title: str
    start: int
    body: int
    end: int


class MarkdownBook:
    """See Book."""

    def __init__(self, text: str, name: str) -> None:
        facts, self._lines = _front_matter(text.splitlines())
        sections = list(_sections(self._lines))
        title, begin, sections = _own_title(sections)
        self._spans: dict[str, tuple[int, int]] = {}
        places = counted(self._places(sections, title or name, begin))
        self.outline = Outline(
            title=title_of(facts.get("title", "") or title, title_of(name, "Book")),
            places=places,
            description=facts.get("description", ""),
            author=facts.get("author", ""),
            language=facts.get("lang", "") or facts.get("language", ""),
            license=facts.get("license", "") or facts.get("rights", ""),
            subjects=[part.strip() for part in facts.get("subject", "").strip("[]").split(",") if part.strip()],
        )

    def topic(self, place: Place) -> Draft:
        """Return a topic; see Book."""
        return topic_node(place.key, place.title, self.page(place))

    def page(self, place: Place) -> Page:
        """Return what a topic says, as blocks."""
        start, end = self._spans[place.key]
        html: str = _parser().render("\n".join(self._lines[start:end]))
        return read_page(html)

    def document(self, topics: Sequence[tuple[Place, Node]], header: Header) -> dict[str, Any]:
        """Return the curriculum; see Book."""
        return assembled(self.outline, topics, header)

    def pictures(self) -> Sequence[Picture]:
        """Return none: text names pictures, it does not bring them."""
        return ()

    def _places(self, sections: Sequence[_Section], whole: str, begin: int) -> Iterator[Place]:
        """Yield the topics, and note which lines each has."""
        keys = Keys()
        if not sections:
            yield self._place(keys, whole, "", begin, len(self._lines))
            return
        top = min(section.level for section in sections)
        first = next(at for at, section in enumerate(sections) if section.level == top)
        if first > 0 or self._says(begin, sections[0].start):
            yield self._place(keys, whole, "", begin, sections[first].start)
        units = [at for at, section in enumerate(sections) if section.level == top]
        for at, following in zip(units, [*units[1:], len(sections)], strict=True):
            yield from self._unit(keys, sections[at:following])

    def _unit(self, keys: Keys, sections: Sequence[_Section]) -> Iterator[Place]:
        """Yield the topics of one section: itself, or the sections below it and what it says before them."""
        own, below = sections[0], sections[1:]
        if not below:
            yield self._place(keys, own.title, "", own.body, own.end)
            return
        level = min(section.level for section in below)
        first = next(section for section in below if section.level == level)
        if self._says(own.body, first.start):
            yield self._place(keys, own.title, own.title, own.body, first.start)
        starts = [section for section in below if section.level == level]
        for section, end in zip(starts, [*(s.start for s in starts[1:]), below[-1].end], strict=True):
            yield self._place(keys, section.title, own.title, section.body, end)

    def _place(self, keys: Keys, title: str, unit: str, start: int, end: int) -> Place:
        place = Place(keys.of(title), title_of(title, "Untitled"), title_of(unit, ""))
        self._spans[place.key] = (start, end)
        return place

    def _says(self, start: int, end: int) -> bool:
        return any(line.strip() for line in self._lines[start:end])


def read_markdown(body: bytes, name: str) -> MarkdownBook:
    """Return the book a text is.

    Raises: InvalidInput: not text in UTF-8, too large, empty, or too many topics.
    """
    if len(body) > MOST_BYTES:
        raise not_a_book(f"at most {MOST_BYTES} bytes of text")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise not_a_book(f"text in UTF-8; byte {error.start + 1} is something else") from None
    if "\x00" in text or not text.strip():
        raise not_a_book("text without NUL that says something")
    return MarkdownBook(text, name)


@cache
def _parser() -> MarkdownIt:
    # HTML inside is kept here and read by page_text, which takes its words and leaves its scripts.
    return MarkdownIt("commonmark").enable("table")


def _front_matter(lines: list[str]) -> tuple[Mapping[str, str], list[str]]:
    """Return the facts above a text, as `name: value` lines between two rules, and the text's own lines."""
    if not lines or lines[0].rstrip() != "---":
        return {}, lines
    end = next((at for at, line in enumerate(lines[1:_LONGEST_FRONT], 1) if line.rstrip() in {"---", "..."}), None)
    if end is None:
        return {}, lines
    found = (_FACT.fullmatch(line.strip()) for line in lines[1:end])
    return {fact[1].lower(): fact[2].strip().strip("\"'")[:2_000] for fact in found if fact}, lines[end + 1 :]


def _sections(lines: Sequence[str]) -> Iterator[_Section]:
    found = list(_headings(lines))
    ends = [*(start for _, _, start, _ in found), len(lines)][1:]
    for (level, title, start, body), end in zip(found, ends, strict=True):
        yield _Section(level, _MARKS.sub(r"\1", title).strip(), start, body, end)


def _headings(lines: Sequence[str]) -> Iterator[tuple[int, str, int, int]]:
    """Yield each heading's level, text, first line and the line after it; fenced code has none."""
    fence = ""
    for at, line in enumerate(lines):
        mark = _FENCE.match(line)
        if fence:
            if mark and mark[1][0] == fence[0] and len(mark[1]) >= len(fence) and not line.strip().strip(fence[0]):
                fence = ""
        elif mark:
            fence = mark[1]
        elif heading := _HEADING.match(line):
            yield len(heading[1]), heading[2] or "", at, at + 1
        elif at and (under := _UNDERLINE.match(line)) and _starts_text(lines, at - 1):
            yield (1 if under[1][0] == "=" else 2), lines[at - 1].strip(), at - 1, at + 1


def _starts_text(lines: Sequence[str], at: int) -> bool:
    """Tell whether a line is a paragraph of its own, so that a rule below it makes it a heading."""
    return bool(_TEXT.match(lines[at])) and (at == 0 or not lines[at - 1].strip())


def _own_title(sections: Sequence[_Section]) -> tuple[str, int, list[_Section]]:
    """Return the title of the whole, where its first heading is above all others, the line after it, and the rest."""
    if len(sections) > 1 and all(section.level > sections[0].level for section in sections[1:]):
        return sections[0].title, sections[0].body, list(sections[1:])
    return "", 0, list(sections)
