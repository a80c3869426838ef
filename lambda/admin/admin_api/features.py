"""Feature settings of a tenant and of the deployment."""

import msgspec

from admin_api.requests import DeploymentFeatures, Features
from shared.api import Access, Request, Routes
from shared.repositories.features import FeatureRepository

routes = Routes("admin")


@routes.get("/api/admin/tenants/{tenant_id}/features", access=Access.ADMIN)
def get_features(request: Request, tenant_id: str) -> Features:  # noqa: ARG001  the request has entered it
    """Return a tenant's own settings."""
    with request.unit() as unit:
        found = FeatureRepository(unit).get()
    return msgspec.convert(found.result.own, Features)


@routes.put("/api/admin/tenants/{tenant_id}/features", access=Access.ADMIN)
def set_features(request: Request, tenant_id: str, body: Features) -> Features:  # noqa: ARG001  as above
    """Replace a tenant's own settings."""
    with request.unit() as unit:
        FeatureRepository(unit).set(msgspec.to_builtins(body))
    return body


@routes.get("/api/admin/features", access=Access.ADMIN)
def get_deployment_features(request: Request) -> DeploymentFeatures:
    """Return the deployment's settings."""
    with request.unit() as unit:
        found = FeatureRepository(unit).get()
    return msgspec.convert(found.result.deployment, DeploymentFeatures)


@routes.put("/api/admin/features", access=Access.ADMIN, role="superadmin")
def set_deployment_features(request: Request, body: DeploymentFeatures) -> DeploymentFeatures:
    """Replace the deployment's settings."""
    with request.unit() as unit:
        FeatureRepository(unit).set(msgspec.to_builtins(body))
    return body
