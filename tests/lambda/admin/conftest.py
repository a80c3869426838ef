"""Administrators of every kind at the admin service."""

import pytest
from admin_api.routes import routes

from shared.api import Context, Service
from tests.conftest import ALPHA_TENANT
from tests.support.admins import add_admin_session
from tests.support.api import ApiClient


@pytest.fixture
def root(context: Context, database_url: str) -> ApiClient:
    """A superadmin."""
    return ApiClient(Service(routes, context), add_admin_session(database_url))


@pytest.fixture
def operator(root: ApiClient, database_url: str) -> ApiClient:
    """An operator of tenant ALPHA only."""
    return root.using(add_admin_session(database_url, "op@school.example", role="operator", tenants=[ALPHA_TENANT]))


@pytest.fixture
def support(root: ApiClient, database_url: str) -> ApiClient:
    """Somebody who may only look, everywhere."""
    return root.using(add_admin_session(database_url, "support@school.example", role="support"))
