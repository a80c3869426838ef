"""A page of HTML as what can be spoken: paragraphs, list items, rows; no scripts, styles and pictures. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, Final, Literal

import msgspec

from core.imports.formats.port import Draft, Node, title_of
from shared.domain.chunking import chunks

# What one segment says in one go: about a minute.
LONGEST_SEGMENT: Final = 1_000
# A topic's own limits, as UMCF's check has them.
_MOST_SEGMENTS: Final = 2_000
_LONGEST_EXAMPLE: Final = 20_000
_MOST_EXAMPLES: Final = 200

_HIDDEN: Final = frozenset(
    {"script", "style", "head", "template", "noscript", "iframe", "object", "svg", "nav", "form"}
)
_BLOCKS: Final = frozenset(
    {
        "p", "div", "section", "article", "main", "aside", "header", "footer", "blockquote", "ul", "ol", "dl", "dd",
        "dt", "table", "tbody", "thead", "figure", "figcaption", "hr", "body", "html", "address", "details", "summary",
    }
)  # fmt: skip
_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})

Kind = Literal["heading", "text", "item", "row", "code"]


class Block(msgspec.Struct, frozen=True):
    """A stretch of a page."""

    kind: Kind
    text: str


@dataclass(slots=True)
class Page:
    """What a page says, and how many pictures it shows."""

    blocks: list[Block] = field(default_factory=list[Block])
    pictures: int = 0


class _Reader(HTMLParser):
    """Collects blocks; tags need not match, whatever they open ends with the next block."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self._kind: Kind = "text"
        self._parts: list[str] = []
        self._hidden: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _HIDDEN:
            self._hidden.append(tag)
        elif not self._hidden:
            self._opened(tag, dict(attrs))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # <script/> hides nothing in XHTML, where pages of books are written.
        if tag not in _HIDDEN:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._hidden:
            del self._hidden[self._hidden.index(tag) :]
        elif self._hidden or (self._kind == "code" and tag != "pre"):
            return
        elif tag in _HEADINGS or tag in _BLOCKS or tag in {"li", "tr", "pre"}:
            self._end()
        elif tag in {"td", "th"}:
            self._parts.append(", ")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._parts.append(data)

    def close(self) -> None:
        super().close()
        self._end()

    def _opened(self, tag: str, attrs: dict[str, str | None]) -> None:
        if tag == "img":
            self.page.pictures += 1
        elif tag == "br":
            self._parts.append("\n" if self._kind == "code" else " ")
        elif self._kind == "code":
            return
        elif tag in _HEADINGS or tag in _BLOCKS or tag in {"li", "tr", "pre"}:
            self._end()
            self._kind = _kind_of(tag)
        elif tag == "math" and (spoken := attrs.get("alttext")):
            self._parts.append(spoken)

    def _end(self) -> None:
        text = "".join(self._parts)
        self._parts = []
        kind, self._kind = self._kind, "text"
        plain = text.strip("\n") if kind == "code" else " ".join(text.split()).strip(" ,")
        if plain.strip():
            self.page.blocks.append(Block(kind, plain.replace("\x00", "")))


def _kind_of(tag: str) -> Kind:
    kinds: dict[str, Kind] = {"li": "item", "tr": "row", "pre": "code"}
    return "heading" if tag in _HEADINGS else kinds.get(tag, "text")


def read_page(html: str) -> Page:
    """Return what a page says; broken HTML is read as far as it goes, like a browser does."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.page


def topic_node(key: str, title: str, page: Page) -> Draft:
    """Return a topic that says what a page says; a heading that only repeats the title is left out."""
    blocks = page.blocks
    if blocks and blocks[0].kind == "heading" and title_of(blocks[0].text, "") == title:
        blocks = blocks[1:]
    segments = [_segment(at, kind, text) for at, (kind, text) in enumerate(_spoken(blocks), 1)][:_MOST_SEGMENTS]
    examples = _examples(blocks)
    if not segments and not examples:
        return Draft(None, page.pictures)
    node: Node = {"id": {"value": key}, "title": title, "type": "topic", "transcript": {"segments": segments}}
    if examples:
        node["examples"] = examples
    return Draft(node, page.pictures)


def _segment(at: int, kind: str, text: str) -> dict[str, Any]:
    return {"id": f"segment-{at}", "type": kind, "content": text}


def _spoken(blocks: Iterable[Block]) -> Iterable[tuple[str, str]]:
    """Yield the type and text of each segment; short items and rows that follow each other are said together."""
    gathered: list[str] = []
    for block in blocks:
        if block.kind in {"item", "row"}:
            gathered.append(_sentence(block.text))
            continue
        yield from (("lecture", piece) for piece in chunks(" ".join(gathered), LONGEST_SEGMENT))
        gathered = []
        if block.kind == "heading":
            yield "transition", title_of(_sentence(block.text), "Next.")
        elif block.kind == "text":
            yield from (("lecture", piece) for piece in chunks(block.text, LONGEST_SEGMENT))
    yield from (("lecture", piece) for piece in chunks(" ".join(gathered), LONGEST_SEGMENT))


def _sentence(text: str) -> str:
    return text if re.search(r"[.!?:;\u2026]$", text) else f"{text}."


def _examples(blocks: Iterable[Block]) -> list[dict[str, Any]]:
    """Return what is shown and not spoken: code, as it is written."""
    codes = [block.text for block in blocks if block.kind == "code"][:_MOST_EXAMPLES]
    return [
        {"id": f"example-{at}", "type": "code", "title": f"Example {at}", "content": code[:_LONGEST_EXAMPLE]}
        for at, code in enumerate(codes, 1)
    ]
