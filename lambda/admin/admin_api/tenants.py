"""Tenants and who belongs to them."""

from msgspec import UNSET

from admin_api.answers import Done, Member, Members, RequestLimits, Tenant, Tenants
from admin_api.requests import LimitChange, Membership, NewTenant, Page, TenantChange
from admin_api.rules import wanted_id
from shared.api import Access, Request, Routes
from shared.api.cursors import Cursors
from shared.errors import NotFound
from shared.ids import known_id, new_id
from shared.repositories.administration import AdministrationRepository

routes = Routes("admin")


@routes.get("/api/admin/tenants", access=Access.ADMIN)
def list_tenants(request: Request, query: Page) -> Tenants:
    """List the tenants the administrator reaches, the newest first."""
    cursors = Cursors(request.context.settings.secret, "admin-tenants")
    before = cursors.decode(query.cursor)
    with request.unit() as unit:
        found = AdministrationRepository(unit).tenants(before=before, limit=query.limit)
    tenants = found.result
    return Tenants(
        tenants=[Tenant.of(tenant) for tenant in tenants],
        count=tenants[0].total if tenants else 0,
        next_cursor=cursors.encode(tenants[-1].tenant_id) if len(tenants) == query.limit else UNSET,
    )


@routes.post("/api/admin/tenants", access=Access.ADMIN, role="superadmin", status=201)
def add_tenant(request: Request, body: NewTenant) -> Tenant:
    """Make a tenant."""
    tenant_id = new_id()
    with request.unit() as unit:
        administration = AdministrationRepository(unit)
        administration.add_tenant(
            tenant_id, kind=body.kind, name=body.name, parent_id=wanted_id(body.parent_id, "parent_id")
        )
        made = administration.tenant(tenant_id)
    return Tenant.of(made.result)


@routes.get("/api/admin/tenants/{tenant_id}", access=Access.ADMIN)
def get_tenant(request: Request, tenant_id: str) -> Tenant:
    """Return one tenant."""
    with request.unit() as unit:
        found = AdministrationRepository(unit).tenant(known_id(tenant_id, "tenant"))
    return Tenant.of(found.result)


@routes.patch("/api/admin/tenants/{tenant_id}", access=Access.ADMIN)
def change_tenant(request: Request, tenant_id: str, body: TenantChange) -> Tenant:
    """Rename a tenant."""
    with request.unit() as unit:
        administration = AdministrationRepository(unit)
        administration.rename_tenant(body.name)
        found = administration.tenant(known_id(tenant_id, "tenant"))
    return Tenant.of(found.result)


@routes.get("/api/admin/tenants/{tenant_id}/members", access=Access.ADMIN)
def list_members(request: Request, tenant_id: str) -> Members:  # noqa: ARG001  the request has entered it
    """List who belongs to a tenant."""
    with request.unit() as unit:
        found = AdministrationRepository(unit).members()
    return Members([Member.of(member) for member in found.result])


@routes.put("/api/admin/tenants/{tenant_id}/members/{user_id}", access=Access.ADMIN)
def put_member(request: Request, tenant_id: str, user_id: str, body: Membership) -> Done:  # noqa: ARG001  as above
    """Give somebody a role in a tenant, whether they belonged to it or not."""
    person = known_id(user_id, "user")
    with request.unit() as unit:
        stored = AdministrationRepository(unit).put_member(person, body.role)
    if not stored.result:
        raise NotFound("user not found")
    return Done("stored")


@routes.delete("/api/admin/tenants/{tenant_id}/members/{user_id}", access=Access.ADMIN)
def delete_member(request: Request, tenant_id: str, user_id: str) -> Done:  # noqa: ARG001  as above
    """End somebody's membership; the account stays."""
    person = known_id(user_id, "user")
    with request.unit() as unit:
        deleted = AdministrationRepository(unit).delete_member(person)
    if not deleted.result:
        raise NotFound("user not found")
    return Done("deleted")


@routes.get("/api/admin/tenants/{tenant_id}/limits", access=Access.ADMIN)
def get_limits(request: Request, tenant_id: str) -> RequestLimits:  # noqa: ARG001  as above
    """Return how many requests a tenant may make, and what of it was granted to it."""
    with request.unit() as unit:
        found = AdministrationRepository(unit).limits()
    return RequestLimits.of(found.result, request.context.settings)


@routes.put("/api/admin/tenants/{tenant_id}/limits", access=Access.ADMIN)
def set_limits(request: Request, tenant_id: str, body: LimitChange) -> RequestLimits:  # noqa: ARG001  as above
    """Grant a tenant other limits than the deployment's, or take them away."""
    with request.unit() as unit:
        administration = AdministrationRepository(unit)
        administration.set_limits(account_per_minute=body.account_per_minute, tenant_per_minute=body.tenant_per_minute)
        found = administration.limits()
    return RequestLimits.of(found.result, request.context.settings)
