"""Every request and every error passes here once."""

import pytest

from shared.api import Access, Context, Request, Routes, Service
from tests.conftest import ALPHA_TENANT, ALPHA_USER
from tests.support.api import ApiClient, Payload

routes = Routes("kit")


@routes.get("/who/{name}", access=Access.CLIENT)
def who(request: Request, name: str) -> dict[str, str]:
    with request.unit():
        pass
    return {"name": name, "tenant_id": request.tenant_id, "user_id": request.user_id}


@pytest.fixture
def client(context: Context) -> ApiClient:
    return ApiClient(Service(routes, context))


@pytest.mark.parametrize("payload", ["1.0", "2.0"])
def test_a_caller_is_known_in_both_payload_formats(client: ApiClient, alpha_token: str, payload: Payload) -> None:
    answer = ApiClient(client.service, alpha_token, payload=payload).get("/who/jürgen")
    assert answer.status == 200
    assert answer.body == {"name": "jürgen", "tenant_id": ALPHA_TENANT, "user_id": ALPHA_USER}
