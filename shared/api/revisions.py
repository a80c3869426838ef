"""Two people who edit the same thing: each change says which revision its writer had seen, if it says so at all."""

import re
from typing import Final

from shared.api.request import Request
from shared.errors import InvalidInput

_TAG: Final = re.compile(r'(?:W/)?"(\d{1,9})"')


def seen_revision(request: Request, told: int | None) -> int | None:
    """Return the revision a writer last read: what `If-Match` or the body tells; None where neither does.

    Raises: InvalidInput: If-Match is none of our tags, or contradicts the body.
    """
    header = request.http.headers.get("if-match", "").strip()
    if not header or header == "*":
        return told
    match = _TAG.fullmatch(header)
    if match is None or (told is not None and told != int(match[1])):
        expected = 'the ETag of the answer that was read, such as "3"'
        raise InvalidInput(f"If-Match: {expected}", details={"If-Match": expected})
    return int(match[1])


def tag(request: Request, revision: int) -> None:
    """Let the answer carry the revision it shows as its ETag."""
    request.answer_headers["ETag"] = f'"{revision}"'
