"""The picture files a curriculum may bring. Pure."""

import hashlib
import io
import re
from typing import TYPE_CHECKING, Final

import msgspec

from shared.errors import InvalidInput

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_BYTES: Final = 5_000_000
# Uncompressed: four bytes each, and a function has 256 MB.
MOST_PIXELS: Final = 16_000_000
THUMBNAIL_PIXELS: Final = 320
# The ending of a name, the type it is served as, and how such a file begins.
_KINDS: Final = {
    "svg": ("image/svg+xml", rb"(?i)\s*(?:\xef\xbb\xbf)?\s*<(?:svg|\?xml|!--|!DOCTYPE svg)"),
    "png": ("image/png", rb"\x89PNG\r\n\x1a\n"),
    "jpg": ("image/jpeg", rb"\xff\xd8\xff"),
    "jpeg": ("image/jpeg", rb"\xff\xd8\xff"),
    "gif": ("image/gif", rb"GIF8[79]a"),
    "webp": ("image/webp", rb"(?s)RIFF....WEBP"),
}
PICTURE_ENDINGS: Final = tuple(_KINDS)
# What lets a drawing act: scripts, handlers, foreign documents, entities, links to anywhere but itself. The possessive
# quantifiers never give back what they took, so that no file makes the search slow.
_ACTIVE: Final = (
    rb"<\s*+(?:[\w-]+:)?(?:script|foreignObject|iframe|embed|object|handler)\b|\son\w++\s*+=|<!ENTITY|javascript\s*+:"
    rb"|(?:href|src)\s*+=\s*+[\"']?+\s*+(?!#|[\"'])\S"
)
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_NAME: Final = r"[A-Za-z0-9][A-Za-z0-9._-]{0,190}\.[A-Za-z]+"


class Picture(msgspec.Struct, frozen=True):
    """A file to be kept.

    Attributes:
        sha256: hex, of the body.
        width, height: in pixels; None for a drawing.
        thumbnail: a WebP file at most 320 pixels wide and high; None where the picture is small itself, or a drawing.
    """

    name: str
    content_type: str
    body: bytes
    sha256: str
    width: int | None = None
    height: int | None = None
    thumbnail: bytes | None = None


def picture_type(name: str) -> str:
    """Return the content type of a picture whose name has been checked."""
    return _KINDS[_ending(name)][0]


def picture_problem(name: str, body: bytes) -> str | None:
    """Return what was expected of a picture that cannot be taken, None for a good one."""
    kind = _KINDS.get(_ending(name))
    if kind is None or not re.fullmatch(_NAME, name):
        return f"must be named with letters, digits, . _ - and end in {', '.join(_KINDS)}"
    if len(body) > MOST_BYTES:
        return f"must have at most {MOST_BYTES} bytes"
    if not re.match(kind[1], body.lstrip().removeprefix(_BYTE_ORDER_MARK).lstrip()):
        return f"must hold what its name says: {kind[0]}"
    if kind[0] == "image/svg+xml" and re.search(_ACTIVE, body, re.IGNORECASE):
        return "must be a drawing without scripts, event handlers, entities or outside links"
    return None


def plain_picture(name: str, body: bytes) -> Picture:
    """Return a checked file as it is, without opening it."""
    return Picture(name, picture_type(name), body, hashlib.sha256(body).hexdigest())


def read_picture(name: str, body: bytes) -> Picture:
    """Return a file with its size and thumbnail.

    Raises: InvalidInput: it cannot be taken, cannot be opened, or has too many pixels.
    """
    if expected := picture_problem(name, body):
        raise _refused(name, expected)
    plain = plain_picture(name, body)
    if plain.content_type == "image/svg+xml":
        return plain
    from PIL import Image, UnidentifiedImageError  # takes a tenth of a second: only for pictures of pixels

    try:
        with Image.open(io.BytesIO(body)) as image:
            width, height = image.size
            if width * height > MOST_PIXELS:
                raise _refused(name, f"must have at most {MOST_PIXELS} pixels")
            return Picture(name, plain.content_type, body, plain.sha256, width, height, _thumbnail(image))
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, Warning, Image.DecompressionBombError):
        raise _refused(name, "must be a picture that can be opened") from None


def _thumbnail(image: "Image") -> bytes | None:
    """Shrink the first frame; a file that is cut short fails here."""
    small = max(image.size) <= THUMBNAIL_PIXELS
    image.draft("RGB", (THUMBNAIL_PIXELS * 2, THUMBNAIL_PIXELS * 2))
    image.thumbnail((THUMBNAIL_PIXELS, THUMBNAIL_PIXELS))
    if small:
        return None
    see_through = image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info
    out = io.BytesIO()
    image.convert("RGBA" if see_through else "RGB").save(out, "WEBP", quality=75, method=2)
    return out.getvalue()


def _refused(name: str, expected: str) -> InvalidInput:
    pointer = f"files/{name[:200]}"
    return InvalidInput(f"{pointer}: {expected}", details={pointer: expected})


def _ending(name: str) -> str:
    return name.rpartition(".")[2].lower()
