"""Attempts to administer that were refused, noted in the audit log without letting anybody fill it.

Of one identity's attempts that are refused for one reason within an hour, a process notes the first, the second, the
fourth and so on, each with their number. Where nobody's identity is known nothing is noted: anybody can send such a
request, as often as they like, and the request log has it.
"""

import time
from dataclasses import dataclass
from typing import Final

from shared.db import Database, TenantEntry
from shared.errors import Unavailable
from shared.logging import get_logger
from shared.repositories.audit import AuditRepository, RefusedDeed

_HOUR_S: Final = 3600
# Identities and reasons that are told apart in an hour; those beyond are noted no more.
_MOST: Final = 1_000

_log: Final = get_logger("admin")


@dataclass(slots=True)
class _Hour:
    number: int
    attempts: dict[tuple[str, str, str], int]


class AdminRefusals:
    """The refusals one process has seen in the running hour."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._hour = _Hour(0, {})

    def note(self, refused: RefusedDeed) -> None:
        """Count an attempt, and write it down where that is due; a database that is away is no reason to fail."""
        attempts = self._count((refused.proof, refused.credential or refused.login, refused.reason))
        if attempts & (attempts - 1):
            return
        try:
            with self._database.unit(TenantEntry(None)) as unit:
                AuditRepository(unit).record_refusal(refused, attempts)
        except Unavailable:
            _log.warning("refusal_not_noted", reason=refused.reason)

    def _count(self, key: tuple[str, str, str]) -> int:
        """Return which attempt of its kind this is; 3, which is never noted, where too many are told apart."""
        number = int(time.monotonic() // _HOUR_S)
        if number != self._hour.number:
            self._hour = _Hour(number, {})
        seen = self._hour.attempts
        if key not in seen and len(seen) >= _MOST:
            return 3
        seen[key] = seen.get(key, 0) + 1
        return seen[key]
