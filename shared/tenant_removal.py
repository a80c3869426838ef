"""The end of a tenant: its rows, its teams' rows and its objects go, and it is shown that nothing is left.

Objects go before the rows, so that a store that does not answer leaves a tenant that can be removed again, and once
more after them, because a session under way may have stored speech meanwhile.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from shared.db import Unit
from shared.repositories.tenant_removal import TenantRemovalRepository
from shared.storage.port import ObjectStore


@dataclass(frozen=True, slots=True)
class Removal:
    """What was removed, and what was found afterwards.

    Attributes:
        tenants: the tenant's teams, then the tenant.
        rows: by table. objects: how many of the object store.
        moved_accounts: those of people who belong to another tenant, where they now are at home.
        remaining_rows: by table, counted in the transaction that removed the others. remaining_objects: their keys.
    """

    tenants: Sequence[str]
    rows: Mapping[str, int]
    objects: int
    moved_accounts: int
    remaining_rows: Mapping[str, int]
    remaining_objects: Sequence[str]

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left."""
        return not self.remaining_rows and not self.remaining_objects


def remove_tenant(open_unit: Callable[[], AbstractContextManager[Unit]], store: ObjectStore) -> Removal:
    """Remove the tenant that an administrator's units of work enter.

    Args:
        open_unit: opens a unit of work of an administrator who may do this.
    Raises: NotFound: there is no such tenant. Forbidden: the administrator may not. Conflict: it is the shared content.
        Unavailable: the database or the store does not answer; what is left can be removed by trying again.
    """
    with open_unit() as unit:
        family = TenantRemovalRepository(unit).family()
    objects = _sweep(store, family.result)
    with open_unit() as unit:
        erased = TenantRemovalRepository(unit).erase()
    done = erased.result
    objects += _sweep(store, done.tenants)
    remaining = [key for tenant_id in done.tenants for key in store.keys(folder_of(tenant_id))]
    return Removal(done.tenants, done.removed, objects, done.moved, done.remaining, remaining)


def folder_of(tenant_id: str) -> str:
    """Return the folder of the object store that holds everything of a tenant."""
    return f"tenants/{tenant_id}"


def _sweep(store: ObjectStore, tenant_ids: Sequence[str]) -> int:
    keys = [key for tenant_id in tenant_ids for key in store.keys(folder_of(tenant_id))]
    for key in keys:
        store.delete(key)
    return len(keys)
