"""A copy of a tenant's data, for its owners."""

from shared.api import Access, Request, Routes
from shared.api.exports import Export, export_orders, find_export, order_export

routes = Routes("auth")


@routes.post("/api/auth/tenant/exports", access=Access.ACCOUNT, status=202, limit=export_orders)
def export_tenant(request: Request) -> Export:
    """Have everything that is kept about the tenant at hand copied; only its owners may."""
    return order_export(request)


@routes.get("/api/auth/tenant/exports/{export_id}", access=Access.ACCOUNT)
def get_export(request: Request, export_id: str) -> Export:
    """Return how far an export is, and where its parts can be had; only the tenant's owners may."""
    return find_export(request, export_id)
