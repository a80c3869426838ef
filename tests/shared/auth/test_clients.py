"""How a caller's program names itself: tokens bound to a device, and the least version of a platform."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import psycopg
import pytest
from admin_api.routes import routes as admin_routes
from auth_api.routes import routes as auth_routes

from shared.api import Context, Service
from shared.db import Database
from shared.errors import Unauthenticated
from shared.repositories.beta_tokens import BetaTokenRepository
from shared.repositories.ws_tickets import WsTicketRepository
from tests.conftest import ALPHA, ALPHA_USER
from tests.support.accounts import EMAIL, PASSWORD, registered
from tests.support.admins import add_admin_session
from tests.support.api import Answer, ApiClient
from tests.support.identity import SECRET, context_for


@pytest.fixture
def bound(database: Database, context: Context) -> ApiClient:
    """A client with a token that is bound to the first device that uses it."""
    with database.unit(ALPHA) as unit:
        token = BetaTokenRepository(unit).mint(ALPHA_USER, secret=SECRET, binds_device=True)
    return ApiClient(Service(auth_routes, context), token)


def me(client: ApiClient, device: str = "", platform: str = "iOS", version: str = "1.2") -> Answer:
    headers = {"x-client-id": device, "x-client-platform": platform, "x-client-version": version}
    return client.get("/api/auth/me", headers=headers)


def test_a_bound_token_works_on_its_first_device_only(bound: ApiClient) -> None:
    assert me(bound).status == 401
    assert me(bound, "phone").status == 200
    assert me(bound, "phone").status == 200
    stolen = me(bound, "laptop")
    assert stolen.status == 401
    assert stolen.body == bound.using("garbage").get("/api/auth/me").body
    assert bound.get("/api/auth/me").status == 401


def test_a_bound_token_opens_sockets_by_a_ticket_of_its_device(
    bound: ApiClient, database: Database, context: Context
) -> None:
    assert bound.post("/api/auth/ws-ticket", headers={"x-client-id": "phone"}).status == 200
    assert bound.post("/api/auth/ws-ticket", headers={"x-client-id": "laptop"}).status == 401
    ticket = bound.post("/api/auth/ws-ticket", headers={"x-client-id": "phone"}).body["ticket"]
    with database.unit(ALPHA) as unit:
        redeemed = WsTicketRepository(unit).redeem(ticket, secret=SECRET)
    assert redeemed.result
    with database.unit(redeemed.result.caller("::1").check()) as unit:
        user = unit.value(str, "SELECT app_user()::text")
    assert user.result == ALPHA_USER
    with (
        pytest.raises(Unauthenticated),
        database.unit(context.authenticator.caller(bound.token, address="::1").check()) as unit,
    ):
        unit.run("SELECT 1")


def test_of_two_first_devices_one_wins(database_url: str, bound: ApiClient) -> None:
    context = context_for(database_url, database_pool=4)
    client = ApiClient(Service(auth_routes, context), bound.token)
    devices = [f"device-{n}" for n in range(4)]
    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(answer.status for answer in pool.map(partial(me, client), devices))
    assert statuses == [200, 401, 401, 401]
    context.database.close()


def test_what_a_token_was_used_with_is_kept(bound: ApiClient, database_url: str) -> None:
    me(bound, "phone", "iOS", "1.2")
    me(bound, "phone", "iOS", "1.3")
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT device_id, last_platform, last_version FROM beta_tokens").fetchone()
    assert row == ("phone", "iOS", "1.3")


@pytest.mark.parametrize("kind", ["alpha_token", "alpha_access_token"])
def test_an_old_app_is_told_to_update(
    request: pytest.FixtureRequest, context: Context, database_url: str, kind: str
) -> None:
    root = ApiClient(Service(admin_routes, context), add_admin_session(database_url))
    assert root.put("/api/admin/features", {"minimum_versions": {"android": "1.10.2"}}).status == 200
    client = ApiClient(Service(auth_routes, context), request.getfixturevalue(kind))
    for version, status in (
        ("1.9", 426),
        ("1.10.1", 426),
        ("1.10.2", 200),
        ("1.10.2-beta3", 200),
        ("v2 (41)", 200),
        ("newest", 200),
        ("9" * 40, 200),
        ("", 200),
    ):
        assert me(client, platform="Android", version=version).status == status, version
    assert me(client, platform="iOS", version="0.1").status == 200
    refused = me(client, platform="android", version="1.9").body
    assert refused["code"] == "upgrade_required"
    assert refused["details"] == {"minimum": "1.10.2"}


OLD = {"x-client-id": "phone", "x-client-platform": "Android", "x-client-version": "1.3.9"}


def least_version(context: Context, version: str) -> None:
    root = ApiClient(Service(admin_routes, context), add_admin_session(context.settings.database_url))
    assert root.put("/api/admin/features", {"minimum_versions": {"android": version}}).status == 200


@pytest.mark.parametrize(("least", "version"), [("1.4.0", "1.4"), ("1.4", "1.4.0"), ("2", "2.0.0"), ("10.0", "10")])
def test_zeros_at_the_end_make_no_other_version(context: Context, alpha_token: str, least: str, version: str) -> None:
    least_version(context, least)
    client = ApiClient(Service(auth_routes, context), alpha_token)
    assert me(client, platform="Android", version=version).status == 200
    assert me(client, platform="Android", version="1.3.99").status == 426


def test_an_old_app_signs_nobody_in_but_may_end_and_keep_a_sign_in(context: Context) -> None:
    client = ApiClient(Service(auth_routes, context))
    tokens = registered(client)
    least_version(context, "1.4.0")
    old = ApiClient(client.service, headers=OLD)
    for operation, email in (("register", "new@school.example"), ("login", EMAIL)):
        refused = old.post(f"/api/auth/{operation}", {"email": email, "password": PASSWORD})
        assert (refused.status, refused.body["code"]) == (426, "upgrade_required")
        assert refused.body["details"] == {"minimum": "1.4.0"}
    assert old.using(tokens["access_token"]).get("/api/auth/me").status == 426
    kept = old.post("/api/auth/refresh", {"refresh_token": tokens["refresh_token"]})
    assert kept.status == 200
    assert old.using(kept.body["access_token"]).post("/api/auth/logout").status == 200
    assert client.using(kept.body["access_token"]).get("/api/auth/me").status == 401


def test_what_is_known_of_a_client_outlasts_a_request_that_tells_nothing(bound: ApiClient, database_url: str) -> None:
    assert me(bound, "phone", "iOS", "1.2").status == 200
    assert bound.post("/api/auth/logout", headers={"x-client-id": "phone"}).status == 200
    assert bound.post("/api/auth/logout", headers={"x-client-id": "laptop"}).status == 401
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT device_id, last_platform, last_version FROM beta_tokens").fetchone()
    assert row == ("phone", "iOS", "1.2")
