"""What the console would turn, and only the deployment's operator can."""

from typing import NoReturn

from shared.api import Request
from shared.errors import Conflict


def refuse(request: Request, what: str, why: str) -> NoReturn:
    """Refuse what only the deployment's operator can do, where it is deployed.

    Raises: Conflict: always.
    """
    request.admit()
    raise Conflict(f"cannot {what} from here: {why}", code="not_controllable")
