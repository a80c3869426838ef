"""Who may say how the processes of a deployment rest."""

from shared.api import Request
from shared.db import Unit
from shared.repositories.idle_settings import IdleSettingsRepository


def require_staff(request: Request, unit: Unit) -> None:
    """Queue the check that it is one of those who teach or run a school or a team, or anybody on a trusted network.

    They may slow the next learner's first word down, or keep memory taken.
    Raises (at the unit's end): Forbidden.
    """
    IdleSettingsRepository(unit).require_staff(trusted=request.caller.kind == "open")


def for_staff(request: Request) -> None:
    """Let those through.

    Raises: Forbidden.
    """
    with request.unit() as unit:
        require_staff(request, unit)
