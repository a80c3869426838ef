"""An uploaded curriculum: a UMCF document in JSON, or a `.umcf` archive of one with its pictures. Pure.

Everything is bounded before it is unpacked: a body may come from anybody who teaches somewhere.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from shared.domain.archives import archive_errors, bad_archive, checked, is_archive, pointer_of
from shared.domain.curriculum_files import local_files
from shared.domain.json_values import record_of
from shared.domain.pictures import MOST_BYTES, PICTURE_ENDINGS, Picture, read_picture
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
# Commas and brackets of a text; none of our documents has half as many, and a million empty objects fit a container.
MOST_MARKS: Final = 1_000_000
_DOCUMENT_ENDINGS: Final = (".json", ".umcf")


class Upload(msgspec.Struct, frozen=True):
    """A document that has not been checked yet, and the files beside it by name."""

    document: Any
    files: dict[str, bytes]


def read_upload(data: bytes) -> Upload:
    """Return what somebody uploaded.

    Raises: InvalidInput: neither JSON nor a zip archive, or one that is too big, packed too tightly, or holds other
        things than a document and pictures at harmless paths; `details` names each entry.
    """
    if is_archive(data):
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


def pictures_of(upload: Upload) -> list[Picture]:
    """Return an archive's pictures, opened and measured.

    Raises: InvalidInput: every file that no visual asset names, or the first that cannot be taken.
    """
    named = local_files(record_of(upload.document))
    refuse(
        [
            Problem(below("", f"files/{name}"), "must be named by the localPath of a visual asset")
            for name in sorted(set(upload.files) - named)
        ],
        "archive",
    )
    return [read_picture(name, body) for name, body in sorted(upload.files.items())]


def record_from(document: object) -> Mapping[str, Any]:
    """Return a document that is at least an object.

    Raises: InvalidInput: it is not.
    """
    if not isinstance(document, dict):
        raise InvalidInput("the document must be a JSON object", details={"": "must be an object"})
    return cast("dict[str, Any]", document)


def _read_archive(data: bytes) -> Upload:
    archive, entries = checked(data, most_entries=MOST_ENTRIES, most_unpacked=MOST_UNPACKED, wanted=_entry_problems)
    with archive, archive_errors():
        return _unpack(archive, entries)


def _unpack(archive: "ZipFile", entries: "list[ZipInfo]") -> Upload:
    documents = [entry for entry in entries if entry.filename.lower().endswith(_DOCUMENT_ENDINGS)]
    depth = min((entry.filename.count("/") for entry in documents), default=0)
    top = [entry for entry in documents if entry.filename.count("/") == depth]
    if len(top) != 1 or len(documents) != 1:
        found = ", ".join(entry.filename for entry in documents[:5]) or "none"
        raise bad_archive(f"exactly one document ending in .json or .umcf; found {found}")
    files = {_name(entry): archive.read(entry) for entry in entries if entry is not top[0]}
    return Upload(read_document(archive.read(top[0])), files)


def _entry_problems(entries: "list[ZipInfo]") -> Iterator[Problem]:
    names: set[str] = set()
    for entry in entries:
        most = MOST_DOCUMENT if entry.filename.lower().endswith(_DOCUMENT_ENDINGS) else MOST_BYTES
        if entry.file_size > most:
            yield Problem(pointer_of(entry), f"must have at most {most} bytes")
        elif not entry.filename.lower().endswith((*_DOCUMENT_ENDINGS, *(f".{end}" for end in PICTURE_ENDINGS))):
            yield Problem(pointer_of(entry), f"must be a document or end in {', '.join(PICTURE_ENDINGS)}")
        elif _name(entry) in names:
            yield Problem(pointer_of(entry), "must have a name of its own: files are stored by their last name")
        names.add(_name(entry))


def _name(entry: "ZipInfo") -> str:
    return entry.filename.rpartition("/")[2]
