"""Books that are zip archives of pages: their parts by path, read one by one. Pure."""

from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote, urlsplit
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from core.imports.formats.port import not_a_book
from shared.domain.archives import archive_errors, checked

# A backup of a large course has some ten small files for each of its activities.
MOST_ENTRIES: Final = 10_000
MOST_UNPACKED: Final = 256 * 1024 * 1024
# One page, or one list of pages.
MOST_PART: Final = 8 * 1024 * 1024


class Package:
    """An archive that has been looked over; a part is unpacked when it is asked for, and not kept.

    Raises: InvalidInput: what `shared.domain.archives.checked` refuses.
    """

    def __init__(self, data: bytes) -> None:
        self._archive, entries = checked(data, most_entries=MOST_ENTRIES, most_unpacked=MOST_UNPACKED)
        self.sizes = {entry.filename: entry.file_size for entry in entries}

    def read(self, path: str) -> bytes:
        """Return a part.

        Raises: InvalidInput: there is none, or it is too large or broken.
        """
        size = self.sizes.get(path)
        if size is None:
            raise not_a_book(f"an archive that holds {path[:200]}", "missing_part")
        if size > MOST_PART:
            raise not_a_book(f"pages of at most {MOST_PART} bytes; {path[:200]} has more", "part_too_large")
        with archive_errors():
            return self._archive.read(path)

    def text(self, path: str) -> str:
        """Return a part as text; signs that are not UTF-8 are replaced, as a browser does."""
        return self.read(path).decode("utf-8-sig", "replace")

    def xml(self, path: str) -> Element:
        """Return the root of a part that is XML.

        Raises: InvalidInput: it is not, or it has entities of its own or somebody else's.
        """
        return parse_xml(self.read(path), path)


def parse_xml(data: bytes, what: str) -> Element:
    """Return the root of an XML text without entities.

    Raises: InvalidInput.
    """
    try:
        return fromstring(data, forbid_dtd=False, forbid_entities=True, forbid_external=True)
    except DefusedXmlException:
        raise not_a_book(f"XML without entities of its own; {what[:200]} has some", "hostile_xml") from None
    except (ParseError, ValueError, LookupError, RecursionError):
        raise not_a_book(f"well-formed XML in {what[:200]}", "invalid_xml") from None


def local(element: Element) -> str:
    """Return an element's name without its namespace, which versions of a format change."""
    return str(element.tag).rpartition("}")[2]


def within(element: Element, name: str) -> Iterator[Element]:
    """Yield the elements of a name below another, at any depth."""
    return (inner for inner in element.iter() if local(inner) == name)


def children(element: Element, name: str) -> Iterator[Element]:
    """Yield the elements of a name directly below another."""
    return (inner for inner in element if local(inner) == name)


def words_in(element: Element | None, name: str) -> str:
    """Return the text of the first element of a name below another; empty where there is none."""
    found = None if element is None else next(within(element, name), None)
    return "" if found is None else " ".join("".join(found.itertext()).split())


def beside(path: str, reference: str) -> str:
    """Return the path of what a part refers to; it may not lead out of the archive."""
    plain = unquote(urlsplit(reference).path)
    parts = [] if plain.startswith("/") else path.split("/")[:-1]
    for part in plain.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in {"", "."}:
            parts.append(part)
    return "/".join(parts)
