"""The metrics service on a test's own database, and who calls it."""

from collections.abc import Iterator

import pytest
from metrics_api.routes import routes

from shared.api import Service
from shared.db import Database
from tests.conftest import ALPHA, ALPHA_TENANT, BETA
from tests.support.api import ApiClient
from tests.support.identity import add_beta_token, context_for
from tests.support.people import add_person


@pytest.fixture
def service(database_url: str) -> Iterator[Service]:
    context = context_for(database_url)
    yield Service(routes, context)
    context.database.close()


@pytest.fixture
def learner(service: Service, database: Database) -> ApiClient:
    return ApiClient(service, add_beta_token(database, ALPHA))


@pytest.fixture
def teacher(service: Service, database: Database) -> ApiClient:
    return ApiClient(service, add_beta_token(database, add_person(database, ALPHA_TENANT, "teacher")))


@pytest.fixture(params=["another tenant", "another learner"])
def stranger(request: pytest.FixtureRequest, service: Service, database: Database) -> ApiClient:
    """Somebody with a good token who has nothing to do with the learner's measurements."""
    person = BETA if request.param == "another tenant" else add_person(database, ALPHA_TENANT)
    return ApiClient(service, add_beta_token(database, person))
