"""`./unamentis tenant`: the end of a tenant, for whoever owns the database and the object store."""

from functools import partial

from infra.local.administrators import Installation
from infra.local.errors import LocalError
from shared.db.entry import CommandLine
from shared.ids import known_id
from shared.storage.port import ObjectStore
from shared.tenant_removal import remove_tenant


def remove(place: Installation, store: ObjectStore, tenant_id: str, *, sure: bool) -> None:
    """Remove a tenant with its teams, rows and objects, and print what was removed and that nothing is left.

    Raises: LocalError: nobody said that they are sure, or something is left. NotFound: no such tenant.
        Conflict: it is the shared content.
    """
    wanted = known_id(tenant_id, "tenant")
    if not sure:
        raise LocalError(f"this removes everything of tenant {wanted} for good: say so with --yes")
    done = remove_tenant(partial(place.database.unit, CommandLine("tenant remove", wanted)), store)
    for table, count in sorted(done.rows.items()):
        print(f"{count:>8}  {table}")
    print(f"{done.objects:>8}  objects")
    if done.moved_accounts:
        print(f"{done.moved_accounts} accounts are at home in another tenant of their owners now")
    if not done.is_complete:
        left = [*done.remaining_rows, *done.remaining_objects]
        raise LocalError(f"this is left, try again: {', '.join(left)}")
    print(f"Nothing is left of {', '.join(done.tenants)}.")
