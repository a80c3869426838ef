"""X-Tenant-ID on every route of every service: a stranger's tenant is as if it did not exist."""

from collections.abc import Callable

import pytest

from shared.api import Access, Context, Routes, Service
from shared.db import Database
from shared.ids import new_id
from tests.conftest import ALPHA, ALPHA_TENANT, BETA
from tests.support.api import ApiClient
from tests.support.identity import add_access_token, add_beta_token
from tests.support.services import all_routes, operation
from tests.support.walk import NOBODYS, call

SERVICES = all_routes()
# A person's own account, and what nobody has to be known for, are the same whatever the header says.
PERSONAL = {Access.ACCOUNT, Access.PUBLIC}


@pytest.mark.parametrize("routes", SERVICES.values(), ids=SERVICES.keys())
@pytest.mark.parametrize("add_token", [add_access_token, add_beta_token])
def test_a_strangers_tenant_cannot_be_told_from_none(
    context: Context, database: Database, routes: Routes, add_token: Callable[[Database, object], str]
) -> None:
    client = ApiClient(Service(routes, context), add_token(database, BETA))
    found: dict[str, set[tuple[int, bytes]]] = {}
    for route in routes.routes:
        if route.access is not Access.CLIENT:
            continue
        answers = [
            call(ApiClient(client.service, client.token, {"x-tenant-id": tenant}), route, NOBODYS)
            for tenant in (ALPHA_TENANT, new_id())
        ]
        found[operation(route)] = {(answer.status, answer.raw) for answer in answers}
    assert {name: answers for name, answers in found.items() if {status for status, _ in answers} != {403}} == {}
    assert {name: answers for name, answers in found.items() if len(answers) > 1} == {}


@pytest.mark.parametrize("routes", SERVICES.values(), ids=SERVICES.keys())
def test_no_choice_reaches_into_an_account(context: Context, database: Database, routes: Routes) -> None:
    token = add_access_token(database, ALPHA)
    plain = ApiClient(Service(routes, context), token)
    for route in routes.routes:
        if route.access is Access.ACCOUNT and route.method == "GET":
            answers = [
                call(ApiClient(plain.service, token, headers), route, NOBODYS)
                for headers in (None, {"x-tenant-id": str(BETA.tenant_id)}, {"x-tenant-id": "none"})
            ]
            assert len({(answer.status, answer.raw) for answer in answers}) == 1
