"""An uploaded curriculum: a UMCF document in JSON, or a `.umcf` archive of one with its pictures. Pure.

Everything is bounded before it is unpacked: a body may come from anybody who teaches somewhere.
"""

import io
import stat
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from shared.domain.pictures import MOST_BYTES, PICTURE_ENDINGS
from shared.domain.shapes import Problem, below, refuse
from shared.domain.strict_json import parse_json
from shared.errors import InvalidInput

if TYPE_CHECKING:
    from zipfile import ZipFile, ZipInfo

# API Gateway takes no more, packed or not.
MOST_UPLOAD: Final = 10 * 1024 * 1024
MOST_DOCUMENT: Final = 10 * 1024 * 1024
MOST_UNPACKED: Final = 32 * 1024 * 1024
MOST_ENTRIES: Final = 500
# Beyond this, what looks like text or a picture is a bomb; UMCF packs to a sixth, drawings to a tenth.
MOST_RATIO: Final = 100
_SMALL: Final = 100_000  # bytes that may have any ratio
# Commas and brackets of a text; none of our documents has half as many, and a million empty objects fit a container.
MOST_MARKS: Final = 1_000_000
_LONGEST_PATH: Final = 300
_DOCUMENT_ENDINGS: Final = (".json", ".umcf")
# What packers leave behind.
_RUBBISH: Final = ("__MACOSX/", ".DS_Store", "Thumbs.db", "mimetype")
_ENTRY: Final = b"PK\x01\x02"


@dataclass(frozen=True, slots=True)
class Upload:
    """A document that has not been checked yet, and the files beside it by name."""

    document: Any
    files: dict[str, bytes]


def read_upload(data: bytes) -> Upload:
    """Return what somebody uploaded.

    Raises: InvalidInput: neither JSON nor a zip archive, or one that is too big, packed too tightly, or holds other
        things than a document and pictures at harmless paths; `details` names each entry.
    """
    if data[:4] in {b"PK\x03\x04", b"PK\x05\x06"}:
        return _read_archive(data)
    return Upload(read_document(data), {})


def read_document(data: bytes) -> Any:  # noqa: ANN401  any JSON
    """Return the JSON of a document, refusing before it is parsed what would need too much memory.

    Raises: InvalidInput: not JSON, or too large.
    """
    if not data.strip():
        raise InvalidInput("file: a UMCF document or a .umcf archive", details={"file": "required"})
    if len(data) > MOST_DOCUMENT or sum(data.count(mark) for mark in (b",", b"[", b"{")) > MOST_MARKS:
        expected = f"at most {MOST_DOCUMENT} bytes and {MOST_MARKS} values"
        raise InvalidInput(f"the document must have {expected}", details={"": expected})
    return parse_json(data, "the document")


def _read_archive(data: bytes) -> Upload:
    from zipfile import BadZipFile, LargeZipFile, ZipFile  # what it brings in would slow down every start

    # Each entry of the directory begins with this mark, so counting marks bounds what opening the archive costs.
    if data.count(_ENTRY) > MOST_ENTRIES:
        raise _bad_archive(f"at most {MOST_ENTRIES} entries")
    try:
        with ZipFile(io.BytesIO(data)) as archive:
            entries = [entry for entry in archive.infolist() if not _is_rubbish(entry.filename)]
            refuse(list(_entry_problems(entries)), "archive")
            return _unpack(archive, entries)
    except (BadZipFile, LargeZipFile, NotImplementedError, EOFError, zlib.error, UnicodeDecodeError, OSError):
        raise _bad_archive("a whole zip archive, stored or deflated") from None


def _unpack(archive: "ZipFile", entries: "list[ZipInfo]") -> Upload:
    documents = [entry for entry in entries if entry.filename.lower().endswith(_DOCUMENT_ENDINGS)]
    depth = min((entry.filename.count("/") for entry in documents), default=0)
    top = [entry for entry in documents if entry.filename.count("/") == depth]
    if len(top) != 1 or len(documents) != 1:
        found = ", ".join(entry.filename for entry in documents[:5]) or "none"
        raise _bad_archive(f"exactly one document ending in .json or .umcf; found {found}")
    if top[0].file_size > MOST_DOCUMENT:
        raise _bad_archive(f"a document of at most {MOST_DOCUMENT} bytes")
    files = {_name(entry): archive.read(entry) for entry in entries if entry is not top[0]}
    return Upload(read_document(archive.read(top[0])), files)


def _entry_problems(entries: "list[ZipInfo]") -> Iterator[Problem]:
    total = 0
    names: set[str] = set()
    for entry in entries:
        total += entry.file_size
        pointer = below("", entry.filename.replace("\x00", "")[:_LONGEST_PATH])
        if expected := _path_problem(entry) or _size_problem(entry):
            yield Problem(pointer, expected)
        elif not entry.filename.lower().endswith((*_DOCUMENT_ENDINGS, *(f".{end}" for end in PICTURE_ENDINGS))):
            yield Problem(pointer, f"must be a document or end in {', '.join(PICTURE_ENDINGS)}")
        elif _name(entry) in names:
            yield Problem(pointer, "must have a name of its own: files are stored by their last name")
        names.add(_name(entry))
    if total > MOST_UNPACKED:
        yield Problem("", f"must unpack to at most {MOST_UNPACKED} bytes")


def _path_problem(entry: "ZipInfo") -> str | None:
    # The name as it was packed: ZipFile has cut `filename` at NUL and turned separators.
    path = cast("str", getattr(entry, "orig_filename", entry.filename))
    parts = path.split("/")
    if path.startswith("/") or "\\" in path or ":" in path or ".." in parts or "." in parts or not path.isprintable():
        return "must be a relative path without .., backslashes and colons"
    if len(path) > _LONGEST_PATH:
        return f"must be at most {_LONGEST_PATH} characters long"
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in {0, stat.S_IFREG}:
        return "must be a plain file, neither a link nor a device"
    return "must not be encrypted" if entry.flag_bits & 0x1 else None


def _size_problem(entry: "ZipInfo") -> str | None:
    most = MOST_DOCUMENT if entry.filename.lower().endswith(_DOCUMENT_ENDINGS) else MOST_BYTES
    if entry.file_size > most:
        return f"must have at most {most} bytes"
    if entry.file_size > _SMALL and entry.file_size > entry.compress_size * MOST_RATIO:
        return f"must not be packed tighter than {MOST_RATIO} to 1"
    return None


def _is_rubbish(path: str) -> bool:
    return path.endswith("/") or path.startswith(_RUBBISH[0]) or path.rpartition("/")[2] in _RUBBISH[1:]


def _name(entry: "ZipInfo") -> str:
    return entry.filename.rpartition("/")[2]


def _bad_archive(expected: str) -> InvalidInput:
    return InvalidInput(f"the archive must be {expected}", code="invalid_archive", details={"file": expected})
