"""`./unamentis tenant`: the end of a tenant, for whoever owns the database."""

from infra.local.administrators import Installation
from infra.local.errors import LocalError
from shared.db.entry import CommandLine
from shared.ids import known_id, new_id
from shared.repositories.tenant_removal import TenantRemovalRepository
from shared.storage.port import ObjectStore
from shared.tenant_removal import Clearance


def remove(place: Installation, store: ObjectStore | None, tenant_id: str, *, sure: bool) -> None:
    """Remove a tenant with its teams, rows and objects, and print what was removed and that nothing is left.

    Args:
        store: where the objects are; None leaves them to the servers, which hold the store.
    Raises: LocalError: nobody said that they are sure, or something is left. NotFound: no such tenant.
        Conflict: it is the shared content. Unavailable: the store does not answer; a server goes on with it.
    """
    wanted = known_id(tenant_id, "tenant")
    if not sure:
        raise LocalError(f"this removes everything of tenant {wanted} for good: say so with --yes")
    removal_id = new_id()
    with place.database.unit(CommandLine("tenant remove", wanted)) as unit:
        TenantRemovalRepository(unit).remove(removal_id)
    if store is not None:
        Clearance(place.database, store).clear_due()
    with place.database.unit(CommandLine("tenant remove")) as unit:
        found = TenantRemovalRepository(unit).get(removal_id)
    done = found.result
    for table, count in sorted(done.rows_removed.items()):
        print(f"{count:>8}  {table}")
    for folder, count in sorted(done.objects_removed.items()):
        print(f"{count:>8}  objects in {folder}")
    if done.moved_accounts:
        print(f"{done.moved_accounts} accounts are at home in another tenant of their owners now")
    if done.left:
        raise LocalError(f"this is left, and a server goes on with it: {', '.join(done.left)}")
    if done.objects_remaining is None:
        print(f"No row is left of {', '.join(done.tenants)}. The servers remove the objects.")
    else:
        print(f"Nothing is left of {', '.join(done.tenants)}.")
