"""The first statement of every change to a session."""

from collections.abc import Sequence
from typing import Final

from shared.db import Unit

OPEN: Final = ("created", "active", "paused")
ANY: Final = (*OPEN, "ended")
# The codes of a Conflict.
INVALID_TRANSITION: Final = "invalid_transition"
ENDED: Final = "session_ended"


def claim(unit: Unit, session_id: str, allowed: Sequence[str], action: str, *, code: str = INVALID_TRANSITION) -> None:
    """Queue the lock of a session for the rest of the unit, and a sign of life.

    Args:
        allowed: the states that may do this.
        action: completes the sentence "the session is paused: it cannot be …".
    Raises (at the unit's end): NotFound: the caller sees no such session. Conflict: `code`, when its state is another.
    """
    unit.run(
        "SELECT claim_session(%(tenant_id)s, %(session_id)s, %(allowed)s, %(action)s, %(code)s)",
        session_id=session_id,
        allowed=list(allowed),
        action=action,
        code=code,
    )


def claim_open(unit: Unit, session_id: str, action: str) -> None:
    """Queue the lock of a session that has not ended.

    Raises (at the unit's end): NotFound; Conflict `session_ended`.
    """
    claim(unit, session_id, OPEN, action, code=ENDED)
