"""A copy of a tenant's data, for whoever administers it."""

from shared.api import Access, Request, Routes
from shared.api.exports import Export, export_orders, find_export, order_export

routes = Routes("admin")


@routes.post("/api/admin/tenants/{tenant_id}/exports", access=Access.ADMIN, status=202, limit=export_orders)
def export_tenant(request: Request, tenant_id: str) -> Export:  # noqa: ARG001  the request has entered it
    """Have everything that is kept about a tenant copied into the object store."""
    return order_export(request)


@routes.get("/api/admin/tenants/{tenant_id}/exports/{export_id}", access=Access.ADMIN)
def get_export(request: Request, tenant_id: str, export_id: str) -> Export:  # noqa: ARG001  as above
    """Return how far an export is, and where its parts can be had."""
    return find_export(request, export_id)
