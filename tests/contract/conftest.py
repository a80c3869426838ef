"""Who calls: people of two tenants, at the target CONTRACT_TARGET names (see targets.py)."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import psycopg
import pytest

from shared.db import Database, TenantEntry
from shared.db.entry import PUBLIC_TENANT
from shared.ids import new_id
from tests.conftest import ALPHA_TENANT, BETA_TENANT, with_database
from tests.contract.decoding import check
from tests.contract.targets import TARGETS
from tests.support.api import ApiClient, Handles, read_answer
from tests.support.identity import add_beta_token
from tests.support.lessons import store_light
from tests.support.people import add_person

# Areas whose errors say `success: false`; all that core makes of speech does, whatever its path.
_FLAGGED = (
    "/api/kb/",
    "/api/modules",
    "/api/import/",
    "/api/sources",
    "/api/plugins",
    "/api/reprocess",
    "/api/tts",
    "/api/media",
)


def is_flagged(path: str) -> bool:
    """Tell whether an area's errors say `success: false`."""
    return path.startswith((*_FLAGGED, "/api/deployments")) or path.endswith("/stream-audio")


@dataclass(frozen=True, slots=True)
class Strict:
    """A target whose every answer is held to what all clients need, whatever the case that asks looks at.

    An exported document is somebody's own and may hold anything; the OpenAPI document has defaults that are null.
    """

    target: Handles

    def handle(self, event: Mapping[str, Any], lambda_context: object) -> dict[str, Any]:
        """Have an event answered."""
        answer = self.target.handle(event, lambda_context)
        path = str(event["rawPath"])
        if not path.endswith(("/export", "/openapi.json")):
            check(read_answer(answer), flagged=is_flagged(path))
        return answer


@dataclass(frozen=True, slots=True)
class World:
    """A target and the database it works on, for one module of cases.

    Everybody reads the public curriculum `light` of tests/support/lessons.py.
    """

    target: Handles
    database: Database

    def person(self, role: str = "learner", *, tenant_id: str = ALPHA_TENANT) -> ApiClient:
        """Return a new person of a tenant, as a client that sends their token and says nothing of its platform."""
        return ApiClient(self.target, add_beta_token(self.database, add_person(self.database, tenant_id, role)))


def android(client: ApiClient) -> ApiClient:
    """Return the same person with the Android app, who gets bare arrays."""
    headers = {"X-Client-ID": new_id(), "X-Client-Platform": "Android", "X-Client-Version": "1.0"}
    return replace(client, headers={**(client.headers or {}), **headers})


@pytest.fixture(scope="module")
def world(postgres_url: str, template_database: str) -> Iterator[World]:
    name = f"contract_{new_id().replace('-', '')}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template_database}" STRATEGY file_copy'.encode())
    url = with_database(postgres_url, name)
    database = Database(url, pool_size=4)
    store_light(database, TenantEntry(PUBLIC_TENANT))
    with TARGETS[os.environ.get("CONTRACT_TARGET", "services")](url) as target:
        yield World(Strict(target), database)
    database.close()
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@pytest.fixture
def learner(world: World) -> ApiClient:
    """A learner nobody has met before."""
    return world.person()


@pytest.fixture
def teacher(world: World) -> ApiClient:
    """A teacher of the learner's tenant."""
    return world.person("teacher")


@pytest.fixture(params=["another tenant", "another learner"])
def stranger(request: pytest.FixtureRequest, world: World) -> ApiClient:
    """Somebody with a good token who has nothing to do with the learner's things."""
    return world.person(tenant_id=BETA_TENANT if request.param == "another tenant" else ALPHA_TENANT)


@pytest.fixture
def nobody(world: World) -> ApiClient:
    """Somebody without a token."""
    return ApiClient(world.target)
