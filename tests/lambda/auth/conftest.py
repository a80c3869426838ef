"""A client of the auth service whose limits are out of the way."""

from collections.abc import Iterator

import pytest
from auth_api.routes import routes

from shared.api import Context, Service
from tests.support.api import ApiClient
from tests.support.identity import context_for

MANY = 100_000


@pytest.fixture
def generous(database_url: str) -> Iterator[Context]:
    """A context that lets one address sign in as often as it likes."""
    made = context_for(
        database_url,
        logins_per_minute=MANY,
        refreshes_per_minute=MANY,
        registrations_per_hour=MANY,
        database_pool=8,
    )
    yield made
    made.database.close()


@pytest.fixture
def client(generous: Context) -> ApiClient:
    return ApiClient(Service(routes, generous))
