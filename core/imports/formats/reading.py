"""What kind of book some bytes are: told by what they hold, whatever their name or their server says. Pure."""

import re
from typing import Final

from core.imports.formats.cartridge import MANIFEST, CartridgeBook
from core.imports.formats.epub import CONTAINER, EpubBook
from core.imports.formats.markdown import read_markdown
from core.imports.formats.moodle import BACKUP, MoodleBook, is_part
from core.imports.formats.packages import Package
from core.imports.formats.port import Book, not_a_book
from core.imports.formats.questions import looks_like_questions, read_questions
from core.imports.formats.tarballs import GZIP, repacked
from core.imports.formats.umcf import UmcfBook
from shared.domain.archives import is_archive
from shared.domain.curriculum_upload import Upload, read_document, read_upload
from shared.domain.json_values import record_of

EXPECTED: Final = (
    "a book in Markdown, an EPUB, a Common Cartridge, a Moodle backup (.mbz), a UMCF document or archive, or questions"
    " in CSV or JSON"
)
# What is told by its first bytes to be something else.
_OTHERS: Final = (
    (b"%PDF-", "a PDF"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"BZh", "a bzip2 archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"#!", "a script"),
)
_HTML: Final = re.compile(rb"\s*(?:<!--.{0,2000}?-->\s*)?<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL)


def read_book(body: bytes, name: str) -> Book:
    """Return the book some bytes are.

    Args:
        name: what its source calls it, for a book without a title of its own.
    Raises: InvalidInput: it is none, or a broken one; `details` says what was expected, and where.
    """
    if is_archive(body):
        return _read_archive(body, name)
    if body.startswith(GZIP):
        package = Package(repacked(body, is_part))
        if BACKUP in package.sizes:
            return MoodleBook(package, name)
        raise not_a_book(f"{EXPECTED}; this is a gzip archive that holds no backup")
    for beginning, kind in _OTHERS:
        if body.startswith(beginning):
            raise not_a_book(f"{EXPECTED}; this is {kind}")
    if _HTML.match(body[:4_096]):
        raise not_a_book(f"{EXPECTED}; this is a web page")
    start = body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if start in {b"{", b"["}:
        document = read_document(body)
        if start == b"{" and "questions" not in record_of(document):
            return UmcfBook(Upload(document, {}))
        return read_questions(body, name)
    if looks_like_questions(body):
        return read_questions(body, name)
    return read_markdown(body, name)


def _read_archive(body: bytes, name: str) -> Book:
    package = Package(body)
    if CONTAINER in package.sizes:
        return EpubBook(package, name)
    if MANIFEST in package.sizes:
        return CartridgeBook(package, name)
    if BACKUP in package.sizes:
        return MoodleBook(package, name)
    if any(path.lower().endswith((".json", ".umcf")) for path in package.sizes):
        return UmcfBook(read_upload(body))
    raise not_a_book(f"{EXPECTED}; this archive holds none of them")
