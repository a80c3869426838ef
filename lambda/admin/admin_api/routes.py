"""Administration over HTTP: which file answers what."""

from shared.api import Routes

routes = Routes("admin")
routes.part("admin_api.session", "/api/admin/session")
routes.part("admin_api.users", "/api/admin/users")
routes.part("admin_api.tenants", "/api/admin/tenants")
routes.part("admin_api.removals", "/api/admin/removals", "/api/admin/tenants/{tenant_id}")
routes.part("admin_api.exports", "/api/admin/tenants/{tenant_id}/exports")
routes.part("admin_api.tokens", "/api/admin/tenants/{tenant_id}/tokens")
routes.part(
    "admin_api.money",
    "/api/admin/usage",
    "/api/admin/budget",
    "/api/admin/tenants/{tenant_id}/usage",
    "/api/admin/tenants/{tenant_id}/budget",
)
routes.part("admin_api.features", "/api/admin/features", "/api/admin/tenants/{tenant_id}/features")
routes.part("admin_api.jobs", "/api/admin/jobs", "/api/admin/tenants/{tenant_id}/jobs")
routes.part("admin_api.oversight", "/api/admin/audit")
