"""The end of a tenant, and what was found left of it afterwards."""

from collections.abc import Mapping

from msgspec import UNSET, Struct, UnsetType

from admin_api.answers import moment
from admin_api.requests import Page, TenantRemoval
from shared.api import Access, Request, Routes
from shared.api.cursors import Cursors
from shared.clock import iso
from shared.ids import known_id, new_id
from shared.repositories import tenant_removal as stored
from shared.repositories.tenant_removal import TenantRemovalRepository

routes = Routes("admin")


class Removal(Struct, frozen=True, kw_only=True):
    """A removal: rows by table, objects by folder of the object store.

    Attributes:
        rows_remaining: counted after the rows were removed, by table; empty when nothing is left.
        objects_remaining: counted after the last round; absent before the first one.
        state: removing, until a last round some minutes after the first has found nothing; then done.
    """

    id: str
    reason: str
    tenant_id: str
    tenant_ids: list[str]
    state: str
    rows_removed: Mapping[str, int]
    rows_remaining: Mapping[str, int]
    objects_removed: Mapping[str, int]
    objects_remaining: Mapping[str, int] | UnsetType
    moved_accounts: int
    asked_at: str
    done_at: str | UnsetType

    @classmethod
    def of(cls, removal: stored.Removal) -> "Removal":
        """Return a removal as the wire has it."""
        return cls(
            id=removal.id,
            reason=removal.reason,
            tenant_id=removal.tenant,
            tenant_ids=list(removal.tenants),
            state="removing" if removal.done_at is None else "done",
            rows_removed=removal.rows_removed,
            rows_remaining=removal.rows_remaining,
            objects_removed=removal.objects_removed,
            objects_remaining=UNSET if removal.objects_remaining is None else removal.objects_remaining,
            moved_accounts=removal.moved_accounts,
            asked_at=iso(removal.asked_at),
            done_at=moment(removal.done_at),
        )


class Removals(Struct, frozen=True, kw_only=True):
    """A page of removals, the newest first."""

    removals: list[Removal]
    next_cursor: str | UnsetType = UNSET


@routes.delete("/api/admin/tenants/{tenant_id}", access=Access.ADMIN, role="superadmin", status=202)
def remove_tenant(request: Request, tenant_id: str, body: TenantRemoval) -> Removal:  # noqa: ARG001  it was entered
    """Remove a tenant for good, with its teams: its rows at once, its objects soon after."""
    removal_id = new_id()
    with request.unit() as unit:
        removals = TenantRemovalRepository(unit)
        removals.remove(removal_id, name=body.name)
        found = removals.get(removal_id)
    return Removal.of(found.result)


@routes.get("/api/admin/removals", access=Access.ADMIN)
def list_removals(request: Request, query: Page) -> Removals:
    """List the removals of tenants the administrator reaches, the newest first."""
    cursors = Cursors(request.context.settings.secret, "admin-removals")
    before = cursors.decode(query.cursor)
    with request.unit() as unit:
        found = TenantRemovalRepository(unit).all(before=before, limit=query.limit)
    removals = found.result
    return Removals(
        removals=[Removal.of(removal) for removal in removals],
        next_cursor=cursors.encode(removals[-1].id) if len(removals) == query.limit else UNSET,
    )


@routes.get("/api/admin/removals/{removal_id}", access=Access.ADMIN)
def get_removal(request: Request, removal_id: str) -> Removal:
    """Return what a removal removed and what it found left."""
    with request.unit() as unit:
        found = TenantRemovalRepository(unit).get(known_id(removal_id, "removal"))
    return Removal.of(found.result)
