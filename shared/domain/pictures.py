"""The picture files a curriculum may bring. Pure."""

import re
from typing import Final

MOST_BYTES: Final = 5_000_000
# The ending of a name, the type it is served as, and how such a file begins.
_KINDS: Final = {
    "svg": ("image/svg+xml", re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(?:svg|\?xml|!--|!DOCTYPE svg)", re.IGNORECASE)),
    "png": ("image/png", re.compile(rb"\x89PNG\r\n\x1a\n")),
    "jpg": ("image/jpeg", re.compile(rb"\xff\xd8\xff")),
    "jpeg": ("image/jpeg", re.compile(rb"\xff\xd8\xff")),
    "gif": ("image/gif", re.compile(rb"GIF8[79]a")),
    "webp": ("image/webp", re.compile(rb"RIFF....WEBP", re.DOTALL)),
}
# What lets a drawing act: scripts, handlers, foreign documents, entities, links to anywhere but itself. The possessive
# quantifiers never give back what they took, so that no file makes the search slow.
_ACTIVE: Final = re.compile(
    rb"<\s*+(?:[\w-]+:)?(?:script|foreignObject|iframe|embed|object|handler)\b|\son\w++\s*+=|<!ENTITY|javascript\s*+:"
    rb"|(?:href|src)\s*+=\s*+[\"']?+\s*+(?!#|[\"'])\S",
    re.IGNORECASE,
)
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,190}\.[A-Za-z]+")


def picture_type(name: str) -> str:
    """Return the content type of a picture whose name has been checked."""
    return _KINDS[_ending(name)][0]


def picture_problem(name: str, body: bytes) -> str | None:
    """Return what was expected of a picture that cannot be taken, None for a good one."""
    kind = _KINDS.get(_ending(name))
    if kind is None or not _NAME.fullmatch(name):
        return f"must be named with letters, digits, . _ - and end in {', '.join(_KINDS)}"
    if len(body) > MOST_BYTES:
        return f"must have at most {MOST_BYTES} bytes"
    if not kind[1].match(body.lstrip().removeprefix(_BYTE_ORDER_MARK).lstrip()):
        return f"must hold what its name says: {kind[0]}"
    if kind[0] == "image/svg+xml" and _ACTIVE.search(body):
        return "must be a drawing without scripts, event handlers, entities or outside links"
    return None


def _ending(name: str) -> str:
    return name.rpartition(".")[2].lower()
