"""Forms with files (RFC 7578), as browsers and phones send them."""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from shared.errors import InvalidInput

MOST_PARTS: Final = 20
_LONGEST_HEADERS: Final = 4_096
# name="value" with escapes, or name=token
_PARAMETER: Final = re.compile(r';\s*([\w-]+)=(?:"((?:[^"\\]|\\.)*)"|([^;\s"]*))')


class Part(msgspec.Struct, frozen=True):
    """One field of a form; `file_name` is None where it is no file."""

    name: str
    file_name: str | None
    content_type: str
    body: bytes


def is_form(headers: Mapping[str, str]) -> bool:
    """Tell whether a body is such a form."""
    return headers.get("content-type", "").partition(";")[0].strip().lower() == "multipart/form-data"


def read_form(headers: Mapping[str, str], body: bytes) -> dict[str, Part]:
    """Return the fields of a form by name.

    Raises: InvalidInput: `invalid_form`: not such a form, cut short, too many fields, or one given twice.
    """
    boundary = _parameters(headers.get("content-type", "")).get("boundary", "")
    if not 0 < len(boundary) <= 70 or not boundary.isascii():
        raise _malformed("a boundary of 1 to 70 ASCII characters")
    mark = b"--" + boundary.encode()
    # A part's own bytes may hold the boundary only behind a line break; the first may come without one.
    pieces = (b"\r\n" + body).split(b"\r\n" + mark, MOST_PARTS + 2)
    if len(pieces) > MOST_PARTS + 2:
        raise _malformed(f"at most {MOST_PARTS} fields")
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise _malformed("fields between boundaries, and a last boundary")
    parts: dict[str, Part] = {}
    for piece in pieces[1:-1]:
        part = _part(piece)
        if part.name in parts:
            raise InvalidInput(f"{part.name}: given more than once", details={part.name: "given once"})
        parts[part.name] = part
    return parts


def _part(piece: bytes) -> Part:
    """Read what stands between two boundaries."""
    head, blank, body = piece.partition(b"\r\n\r\n")
    if not blank or len(head) > _LONGEST_HEADERS:
        raise _malformed("a name and a blank line before each field's value")
    lines = head.decode("utf-8", "replace").split("\r\n")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    disposition = _parameters(headers.get("content-disposition", ""))
    name, file_name = disposition.get("name", ""), disposition.get("filename")
    if not name or "\x00" in name:
        raise _malformed("a name for each field")
    kind = headers.get("content-type", "text/plain").partition(";")[0].strip().lower()
    return Part(name[:200], file_name[:500] if file_name is not None else None, kind, body)


def _parameters(header: str) -> dict[str, str]:
    return {
        name.lower(): re.sub(r"\\(.)", r"\1", quoted) or token for name, quoted, token in _PARAMETER.findall(header)
    }


def _malformed(expected: str) -> InvalidInput:
    return InvalidInput(
        f"the form must have {expected}", code="invalid_form", details={"body": f"multipart/form-data with {expected}"}
    )
