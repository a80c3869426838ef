"""Carries out what is left to do after a removal: empties the folders of the object store.

The rows go in the transaction of the request, which leaves a duty behind (`removal_duties`); this works duties off.
Objects go in a first round at once and in a last one some minutes later, because a session that was under way may have
stored speech meanwhile.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Final

import msgspec

from shared.db import Database, TenantEntry
from shared.repositories.tenant_removal import Duty, RemovalDutyRepository
from shared.storage.port import ObjectStore

# Longer than a voice session without its credential lasts, at the default `UNAMENTIS_RECHECK_S`.
LAST_ROUND_S: Final = 300
_AT_ONCE: Final = 10
_LEASE_S: Final = 120
# Objects of one folder in one round: a large tenant takes several, so that no lease ends over it.
_MOST: Final = 2_000


class Clearance(msgspec.Struct, frozen=True):
    """Works off the duties of a deployment; any number of processes may, if they share the store.

    Attributes:
        last_round_s: seconds from the round that left nothing to the last one.
        forget: called with the keys of objects that are gone, for whoever holds copies.
    """

    database: Database
    store: ObjectStore
    last_round_s: int = LAST_ROUND_S
    forget: Callable[[Sequence[str]], None] = lambda _keys: None

    def clear_due(self) -> int:
        """Do what is due and return how many objects were removed.

        Raises: Unavailable: the database or the store does not answer; what is left is due again after a while.
        """
        with self.database.unit(TenantEntry(None)) as unit:
            due = RemovalDutyRepository(unit).take(most=_AT_ONCE, lease_s=_LEASE_S)
        return sum(self._clear(duty) for duty in due.result)

    def _clear(self, duty: Duty) -> int:
        removed = {folder: self._empty(folder) for folder in duty.folders}
        remaining: Mapping[str, int] = {folder: sum(1 for _ in self.store.keys(folder)) for folder in duty.folders}
        with self.database.unit(TenantEntry(None)) as unit:
            RemovalDutyRepository(unit).settle(duty, removed, remaining, again_s=self.last_round_s)
        return sum(removed.values())

    def _empty(self, folder: str) -> int:
        keys = list(islice(self.store.keys(folder), _MOST))
        for key in keys:
            self.store.delete(key)
        self.forget(keys)
        return len(keys)
