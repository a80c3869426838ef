"""Who may say how a process rests."""

from typing import Final

from shared.api import Request
from shared.errors import Forbidden

# Whoever may slow the next learner's first word down, or keep memory taken.
_STAFF: Final = frozenset({"owner", "admin", "teacher"})


def for_staff(request: Request) -> None:
    """Let those through who teach or run a tenant, and everybody on a trusted network.

    Raises: Forbidden.
    """
    request.admit()
    role = (request.admission or {}).get("role")
    if request.caller.kind != "open" and role not in _STAFF:
        raise Forbidden("only who teaches or runs a tenant may say how the server rests")
