"""A client of the auth service whose limits are out of the way."""

from collections.abc import Iterator

import pytest
from auth_api.routes import routes

from shared.api import Context, Service
from tests.support.api import ApiClient
from tests.support.identity import context_for
from tests.support.key_server import KeyServer, key_server
from tests.support.providers import Vendor

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


@pytest.fixture(scope="module")
def server() -> Iterator[KeyServer]:
    """Where the keys of Apple and Google are."""
    with key_server() as served:
        served.add_key("k1")
        yield served


@pytest.fixture
def apple(server: KeyServer) -> Vendor:
    return Vendor("apple", server)


@pytest.fixture
def google(server: KeyServer) -> Vendor:
    return Vendor("google", server)


@pytest.fixture
def client(generous: Context) -> ApiClient:
    return ApiClient(Service(routes, generous))
