"""Signing in with Apple and Google, and linking what they vouch for."""

from typing import Any

import psycopg
import pytest
from auth_api.routes import routes

from shared.api import Context, Service
from shared.db import PUBLIC_TENANT, Database, TenantEntry
from shared.ids import new_id
from shared.repositories.tenants import TenantRepository
from tests.conftest import ALPHA, ALPHA_TENANT
from tests.support.accounts import EMAIL, PASSWORD, audited, logged_in, registered
from tests.support.api import Answer, ApiClient
from tests.support.identity import add_access_token, add_beta_token
from tests.support.key_server import KeyServer
from tests.support.machine import at_the_machine
from tests.support.providers import NONCE, Vendor, configured

GMAIL = "ada@gmail.com"
both = pytest.mark.parametrize("name", ["apple", "google"])


@pytest.fixture
def client(generous: Context, server: KeyServer) -> ApiClient:
    return ApiClient(Service(routes, configured(generous, server)))


def sign_in(client: ApiClient, vendor: Vendor, email: str | None = GMAIL, **changes: Any) -> Answer:
    return client.post(f"/api/auth/{vendor.name}", vendor.sign_in(email, **changes))


def link(client: ApiClient, vendor: Vendor, email: str | None = GMAIL, **more: Any) -> Answer:
    return client.post("/api/auth/identities", {"provider": vendor.name, **vendor.sign_in(email), **more})


def verified(database_url: str, email: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE users SET email_verified = true WHERE email = %s", (email,))


def age(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE auth_sessions SET created_at = created_at - interval '6 minutes'")


def outbox(database_url: str) -> set[tuple[str, str]]:
    with psycopg.connect(database_url) as connection:
        return set(connection.execute("SELECT kind, address FROM mail_outbox").fetchall())


@both
def test_somebody_new_gets_an_account_and_has_it_again(
    client: ApiClient, server: KeyServer, database_url: str, name: str
) -> None:
    vendor = Vendor(name, server)
    body = {**vendor.sign_in(), "display_name": "Ada L.", "device": {"fingerprint": "f", "name": "Ada's phone"}}
    first = client.post(f"/api/auth/{name}", body)
    assert first.status == 200, first.body
    assert set(first.body) == set(registered(client, "another@school.example"))
    assert (first.body["email"], first.body["name"], first.body["user"]["email_verified"]) == (GMAIL, "Ada L.", True)
    ada = client.using(first.body["access_token"])
    assert ada.get("/api/auth/me").body["id"] == first.body["id"]
    assert ada.get("/api/auth/devices").body["devices"][0]["name"] == "Ada's phone"
    again = sign_in(client, vendor, "ada.moved@gmail.com")
    assert (again.status, again.body["id"], again.body["email"]) == (200, first.body["id"], GMAIL)
    listed = ada.get("/api/auth/identities").body["identities"]
    assert [(each["provider"], each["email"]) for each in listed] == [(name, "ada.moved@gmail.com")]
    assert client.post("/api/auth/refresh", {"refresh_token": again.body["refresh_token"]}).status == 200
    actions = [a for a in audited(database_url) if a.endswith((name, "linked"))]
    assert actions == [f"registered_with_{name}", f"signed_in_with_{name}"]


def test_an_account_without_an_address(client: ApiClient, apple: Vendor) -> None:
    made = sign_in(client, apple, None)
    assert (made.status, made.body["email"], made.body["name"]) == (200, "", "Learner")
    assert client.using(made.body["access_token"]).get("/api/auth/me").status == 200


def test_an_address_the_provider_is_no_authority_for_is_verified_by_mail(
    client: ApiClient, google: Vendor, database_url: str
) -> None:
    made = sign_in(client, google, EMAIL)
    assert (made.status, made.body["user"]["email_verified"]) == (200, False)
    assert ("verify_email", EMAIL) in outbox(database_url)


def test_a_token_signs_in_once(client: ApiClient, google: Vendor) -> None:
    body = google.sign_in()
    assert client.post("/api/auth/google", body).status == 200
    again = client.post("/api/auth/google", body)
    bad = client.post("/api/auth/google", {**google.sign_in(), "nonce": "another"})
    assert (again.status, again.body) == (bad.status, bad.body) == (401, again.body)
    assert again.body["code"] == "invalid_credentials"


def test_a_proved_address_links_by_itself(client: ApiClient, google: Vendor, database_url: str) -> None:
    body = registered(client, GMAIL)
    verified(database_url, GMAIL)
    answer = sign_in(client, google)
    assert (answer.status, answer.body["id"]) == (200, body["id"])
    assert ("identity_linked", GMAIL) in outbox(database_url)
    assert "identity_linked" in audited(database_url)
    assert client.post("/api/auth/login", {"email": GMAIL, "password": PASSWORD}).status == 200


@pytest.mark.parametrize(
    ("name", "email", "more", "is_verified"),
    [
        ("google", GMAIL, {}, False),
        ("google", GMAIL, {"email_verified": False}, True),
        ("google", EMAIL, {}, True),
        ("apple", "x1@privaterelay.appleid.com", {}, True),
        ("apple", EMAIL, {"is_private_email": True}, True),
    ],
    ids=["not verified here", "not verified there", "no authority", "relay", "relay by claim"],
)
def test_otherwise_the_owner_links_it(
    client: ApiClient, server: KeyServer, database_url: str, name: str, email: str, more: dict[str, Any],
    *, is_verified: bool,
) -> None:  # fmt: skip
    vendor = Vendor(name, server)
    body = registered(client, email)
    if is_verified:
        verified(database_url, email)
    tried = vendor.sign_in(email, **more)
    refused = client.post(f"/api/auth/{name}", tried)
    assert (refused.status, refused.body["code"]) == (409, "link_required")
    # The very token that was refused is good for linking.
    ada = client.using(client.post("/api/auth/login", {"email": email, "password": PASSWORD}).body["access_token"])
    linked = ada.post("/api/auth/identities", {"provider": name, **tried})
    assert (linked.status, len(linked.body["identities"])) == (200, 1), linked.body
    assert sign_in(client, vendor, email, **more).body["id"] == body["id"]
    assert ("identity_linked", email) in outbox(database_url)


def test_linking_needs_proof(client: ApiClient, google: Vendor, database_url: str) -> None:
    ada = client.using(registered(client)["access_token"])
    age(database_url)
    assert link(ada, google).body["code"] == "recent_sign_in_needed"
    assert link(ada, google, password="wrong").body["code"] == "invalid_password"
    assert link(ada, google, password=PASSWORD).status == 200
    assert link(client.using(add_beta_token_of_alpha(database_url)), google).body["code"] == "recent_sign_in_needed"


def add_beta_token_of_alpha(database_url: str) -> str:
    database = Database(database_url)
    try:
        return add_beta_token(database, ALPHA)
    finally:
        database.close()


def test_an_identity_is_one_accounts(client: ApiClient, google: Vendor) -> None:
    ada = client.using(registered(client)["access_token"])
    assert link(ada, google).status == 200
    assert len(link(ada, google).body["identities"]) == 1
    grace = client.using(registered(client, "grace@school.example")["access_token"])
    refused = link(grace, google)
    assert (refused.status, refused.body["code"]) == (409, "identity_in_use")
    assert grace.get("/api/auth/identities").body == {"identities": []}


def test_unlinking_signs_the_other_devices_out(client: ApiClient, google: Vendor) -> None:
    ada = client.using(registered(client)["access_token"])
    identity = link(ada, google).body["identities"][0]["id"]
    other = client.using(sign_in(client, google).body["access_token"])
    assert other.get("/api/auth/me").status == 200
    assert ada.delete(f"/api/auth/identities/{identity}").status == 200
    assert other.get("/api/auth/me").status == 401
    assert ada.get("/api/auth/identities").body == {"identities": []}
    assert ada.delete(f"/api/auth/identities/{identity}").status == 404
    assert sign_in(client, google, "ada.else@gmail.com").body["id"] != ada.get("/api/auth/me").body["id"]


def test_the_last_way_in_stays(client: ApiClient, google: Vendor, apple: Vendor) -> None:
    ada = client.using(sign_in(client, google).body["access_token"])
    only = ada.get("/api/auth/identities").body["identities"][0]["id"]
    refused = ada.delete(f"/api/auth/identities/{only}")
    assert (refused.status, refused.body["code"]) == (409, "last_way_in")
    assert link(ada, apple).status == 200
    assert ada.delete(f"/api/auth/identities/{only}").status == 200


def test_somebody_elses_identity_is_as_nothing(client: ApiClient, google: Vendor) -> None:
    ada = client.using(registered(client)["access_token"])
    identity = link(ada, google).body["identities"][0]["id"]
    grace = client.using(registered(client, "grace@school.example")["access_token"])
    theirs = grace.delete(f"/api/auth/identities/{identity}")
    nobodys = grace.delete(f"/api/auth/identities/{new_id()}")
    assert (theirs.status, theirs.body) == (nobodys.status, nobodys.body) == (404, nobodys.body)


def test_whoever_proves_the_address_by_mail_has_the_account_alone(
    client: ApiClient, google: Vendor, database_url: str
) -> None:
    # Somebody signed in with a Google account for an address that is not theirs.
    stranger = sign_in(client, google, EMAIL).body["id"]
    with psycopg.connect(database_url) as connection:
        tenant = connection.execute("SELECT tenant_id FROM users WHERE id = %s", (stranger,)).fetchone()
        assert tenant is not None
        connection.execute("SELECT app_enter(%s, NULL)", tenant)
        connection.execute(
            """INSERT INTO one_time_tokens (tenant_id, id, user_id, purpose, token_hash, email, expires_at)
               VALUES (%s, %s, %s, 'reset_password', 'h', %s, now() + interval '1 hour')""",
            (*tenant, token := new_id(), stranger, EMAIL),
        )
        connection.execute("SELECT reset_my_password(%s, 'h', 'a hash')", (token,))
    refused = sign_in(client, google, EMAIL)
    assert (refused.status, refused.body["code"]) == (409, "link_required")


@pytest.mark.parametrize(
    ("change", "code"), [("is_active = false", "account_inactive"), ("is_locked = true", "account_locked")]
)
def test_who_may_not_sign_in_may_not_this_way(
    client: ApiClient, google: Vendor, database_url: str, change: str, code: str
) -> None:
    sign_in(client, google)
    with psycopg.connect(database_url) as connection:
        connection.execute(f"UPDATE users SET {change}".encode())  # noqa: S608  ours
    refused = sign_in(client, google)
    assert (refused.status, refused.body["code"]) == (403, code)


@pytest.mark.parametrize(("mode", "code"), [("closed", "registration_closed"), ("invite", "invitation_required")])
def test_new_accounts_are_made_as_the_operator_says(
    generous: Context, server: KeyServer, google: Vendor, mode: Any, code: str
) -> None:
    open_to_all = ApiClient(Service(routes, configured(generous, server)))
    ada = sign_in(open_to_all, google).body["id"]
    client = ApiClient(Service(routes, configured(generous, server, registration=mode)))
    refused = sign_in(client, google, "new@gmail.com", sub="person-2")
    assert (refused.status, refused.body["code"]) == (403, code)
    assert sign_in(client, google).body["id"] == ada


def test_an_invitation_makes_one_account(generous: Context, server: KeyServer, google: Vendor) -> None:
    token = add_beta_token(generous.database, ALPHA)
    client = ApiClient(Service(routes, configured(generous, server, registration="invite")), token)
    assert sign_in(client, google).status == 200
    refused = sign_in(client, google, "new@gmail.com", sub="person-2")
    assert (refused.status, refused.body["code"]) == (403, "invitation_invalid")


@both
def test_without_an_audience_nobody_signs_in(generous: Context, server: KeyServer, name: str) -> None:
    client = ApiClient(Service(routes, generous))
    refused = sign_in(client, Vendor(name, server))
    assert (refused.status, refused.body["code"]) == (403, "not_configured")
    ada = client.using(registered(client)["access_token"])
    assert link(ada, Vendor(name, server)).body["code"] == "not_configured"


@pytest.mark.parametrize("field", ["id_token", "nonce"])
def test_what_is_missing_is_named(client: ApiClient, google: Vendor, field: str) -> None:
    body = {name: value for name, value in google.sign_in().items() if name != field}
    ada = client.using(registered(client)["access_token"])
    for answer in (
        client.post("/api/auth/google", body),
        ada.post("/api/auth/identities", {"provider": "google", **body}),
    ):
        assert (answer.status, answer.body["code"]) == (400, "missing_credentials")
        assert answer.body["details"] == {field: "required"}


def test_bad_tokens_are_limited_like_passwords(context: Context, server: KeyServer, google: Vendor) -> None:
    client = ApiClient(Service(routes, configured(context, server)))
    bad = {**google.sign_in(), "nonce": "another"}
    statuses = [client.post("/api/auth/google", bad).status for _ in range(6)]
    assert statuses == [401] * 5 + [429]


def test_an_identity_moves_with_its_account(
    client: ApiClient, google: Vendor, generous: Context, database_url: str
) -> None:
    ada = sign_in(client, google).body
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT tenant_id::text FROM users WHERE id = %s", (ada["id"],)).fetchone()
    assert row is not None
    with generous.database.unit(TenantEntry(ALPHA_TENANT, ada["id"])) as unit:
        TenantRepository(unit).enrol(ada["id"], "learner")
    with at_the_machine(database_url, PUBLIC_TENANT) as unit:
        unit.run("SELECT erase_tenant(%(tenant)s) -- for the tenant_id that is removed", tenant=row[0])
    again = sign_in(client, google)
    assert (again.status, again.body["id"]) == (200, ada["id"])


def test_the_copy_of_ones_data_holds_the_identities(client: ApiClient, google: Vendor) -> None:
    ada = client.using(sign_in(client, google).body["access_token"])
    [identity] = ada.get("/api/auth/me/export").body["identities"]
    assert (identity["provider"], identity["subject"], identity["email"]) == ("google", "person-1", GMAIL)


def test_leaving_removes_them(client: ApiClient, google: Vendor, database_url: str) -> None:
    ada = client.using(sign_in(client, google).body["access_token"])
    assert ada.delete("/api/auth/me").status == 200
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT count(*) FROM identities").fetchone() == (0,)


def test_nothing_is_stored_of_a_token(client: ApiClient, google: Vendor, database_url: str) -> None:
    body = google.sign_in()
    client.post("/api/auth/google", body)
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("SELECT s::text FROM spent_id_tokens s UNION ALL SELECT i::text FROM identities i")
        stored = str(rows.fetchall())
    assert NONCE not in stored
    assert body["id_token"].partition(".")[2] not in stored


def test_one_address_cannot_take_the_account_of_another(client: ApiClient, google: Vendor, apple: Vendor) -> None:
    """The identity decides, whatever address comes with it."""
    ada = sign_in(client, google).body["id"]
    grace = sign_in(client, apple, "grace@gmail.com").body["id"]
    assert sign_in(client, google, "grace@gmail.com").body["id"] == ada
    assert sign_in(client, apple, GMAIL).body["id"] == grace


def test_logged_in_by_password_stays_possible(client: ApiClient, google: Vendor, generous: Context) -> None:
    registered(client)
    assert logged_in(client).status == 200
    assert link(client.using(add_access_token(generous.database, ALPHA)), google).status == 200
