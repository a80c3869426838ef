"""Accounts over HTTP: which file answers what."""

from shared.api import Routes

routes = Routes("auth")
routes.part(
    "auth_api.sign_in_routes",
    "/api/auth/register",
    "/api/auth/login",
    "/api/auth/refresh",
    "/api/auth/logout",
    "/api/auth/ws-ticket",
    "/.well-known/jwks.json",
)
routes.part(
    "auth_api.account_routes",
    "/api/auth/me",
    "/api/auth/tenants",
    "/api/auth/password",
    "/api/auth/devices",
    "/api/auth/sessions",
)
routes.part("auth_api.farewell_routes", "/api/auth/me")
routes.part(
    "auth_api.recovery_routes",
    "/api/auth/forgot-password",
    "/api/auth/reset-password",
    "/api/auth/verify-email",
    "/api/auth/resend-verification",
)
routes.part("auth_api.identity_routes", "/api/auth/apple", "/api/auth/google", "/api/auth/identities")
routes.part("auth_api.tenant_export_routes", "/api/auth/tenant/exports")
