"""One's own account: changes, the password, devices and sign-ins."""

from typing import Any

import psycopg
import pytest

from shared.ids import new_id
from tests.support.accounts import EMAIL, PASSWORD, audited, logged_in, registered
from tests.support.api import ApiClient

NEW = "copper-meadow-31"
ANDROID = {"x-client-platform": "Android"}


def test_changes_show_in_both_forms(client: ApiClient) -> None:
    ada = client.using(registered(client)["access_token"])
    changes = {"display_name": " Ada   K. ", "avatar_url": "https://x.example/a.png", "locale": "de-AT"}
    answer = ada.patch("/api/auth/me", {**changes, "timezone": "Europe/Vienna"})
    assert answer.status == 200
    assert answer.body["name"] == answer.body["user"]["display_name"] == "Ada K."
    assert answer.body["user"]["timezone"] == "Europe/Vienna"
    assert answer.body["user"] == ada.get("/api/auth/me").body["user"]
    assert answer.body["user"]["email_verified"] is False


def test_null_means_no_change(client: ApiClient) -> None:
    ada = client.using(registered(client)["access_token"])
    answer = ada.patch("/api/auth/me", {"name": "Ada K.", "email": None, "locale": None})
    assert (answer.body["name"], answer.body["email"], answer.body["user"]["locale"]) == ("Ada K.", EMAIL, "en-US")


@pytest.mark.parametrize("body", [{}, {"name": None}, {"name": "  "}, {"email": ""}, {"unknown": "x"}])
def test_nothing_to_change(client: ApiClient, body: dict[str, Any]) -> None:
    answer = client.using(registered(client)["access_token"]).patch("/api/auth/me", body)
    assert (answer.status, answer.body["code"]) == (400, "no_updates")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("avatar_url", "javascript:alert(1)"),
        ("avatar_url", "https://x.example/ a"),
        ("locale", "english please"),
        ("timezone", "../etc/passwd"),
        ("name", "x" * 201),
        ("email", "nobody"),
    ],
)
def test_a_bad_change_names_its_field(client: ApiClient, field: str, value: str) -> None:
    answer = client.using(registered(client)["access_token"]).patch("/api/auth/me", {field: value})
    assert (answer.status, list(answer.body["details"])) == (400, [field])


def test_another_address_is_unverified_until_its_mail_is_answered(client: ApiClient, database_url: str) -> None:
    ada = client.using(registered(client)["access_token"])
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE users SET email_verified = true")
        connection.execute("DELETE FROM mail_outbox")
    same = ada.patch("/api/auth/me", {"email": EMAIL.upper()})
    assert same.body["user"]["email_verified"] is True
    changed = ada.patch("/api/auth/me", {"email": "Ada.K@school.example"})
    assert (changed.body["email"], changed.body["user"]["email_verified"]) == ("ada.k@school.example", False)
    with psycopg.connect(database_url) as connection:
        waiting = connection.execute("SELECT kind, address FROM mail_outbox").fetchall()
    assert set(waiting) == {("verify_email", "ada.k@school.example"), ("email_changed", EMAIL)}
    assert "email_changed" in audited(database_url)


def test_an_address_of_somebody_else_is_taken(client: ApiClient) -> None:
    registered(client, "grace@school.example")
    answer = client.using(registered(client)["access_token"]).patch("/api/auth/me", {"email": "GRACE@school.example"})
    assert (answer.status, answer.body["code"]) == (409, "email_exists")


def test_a_new_password_signs_the_other_devices_out(client: ApiClient, database_url: str) -> None:
    first, other = registered(client), logged_in(client, device_name="other").body
    ada = client.using(first["access_token"])
    answer = ada.post("/api/auth/password", {"current_password": PASSWORD, "new_password": NEW})
    assert answer.status == 200
    assert ada.get("/api/auth/me").status == 200
    assert client.using(other["access_token"]).get("/api/auth/me").status == 401
    gone = client.post("/api/auth/refresh", {"refresh_token": other["refresh_token"]})
    assert (gone.status, gone.body["code"]) == (401, "invalid_token")
    assert client.post("/api/auth/refresh", {"refresh_token": first["refresh_token"]}).status == 200
    assert logged_in(client).status == 401
    assert client.post("/api/auth/login", {"email": EMAIL, "password": NEW}).status == 200
    assert "password_changed" in audited(database_url)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"current_password": "wrong", "new_password": NEW}, 401, "invalid_password"),
        ({"current_password": PASSWORD, "new_password": "password123"}, 400, "weak_password"),
        ({"current_password": PASSWORD, "new_password": "12345678qwer"}, 400, "weak_password"),
        ({"new_password": NEW}, 400, "missing_credentials"),
        ({"current_password": PASSWORD}, 400, "missing_credentials"),
        ({}, 400, "missing_credentials"),
    ],
)
def test_a_password_that_is_not_changed(client: ApiClient, body: dict[str, str], status: int, code: str) -> None:
    answer = client.using(registered(client)["access_token"]).post("/api/auth/password", body)
    assert (answer.status, answer.body["code"]) == (status, code)
    assert logged_in(client).status == 200


def test_an_account_without_a_password_has_none_to_change(client: ApiClient, alpha_token: str) -> None:
    body = {"current_password": "anything", "new_password": NEW}
    answer = client.using(alpha_token).post("/api/auth/password", body)
    assert (answer.status, answer.body["code"]) == (401, "invalid_password")


def test_devices_have_the_keys_of_every_client(client: ApiClient) -> None:
    ada = client.using(registered(client, device={"fingerprint": "f1", "name": "Pad", "type": "ios"})["access_token"])
    logged_in(client, device_name="Desk")
    envelope = ada.get("/api/auth/devices").body
    assert ada.get("/api/auth/devices", headers=ANDROID).body == envelope["devices"]
    assert {(d["name"], d["is_current"]) for d in envelope["devices"]} == {("Pad", True), ("Desk", False)}
    keys = "id name type model os_version app_version is_trusted last_seen last_seen_at last_used created_at is_current"
    assert set(envelope["devices"][0]) == set(keys.split())
    assert not any(value is None for device in envelope["devices"] for value in device.values())


def test_a_forgotten_device_is_signed_out(client: ApiClient, database_url: str) -> None:
    ada = client.using(registered(client)["access_token"])
    other = logged_in(client, device_name="other").body
    path = f"/api/auth/devices/{other['device']['id']}"
    assert ada.delete(path).body == {"message": "device removed"}
    assert client.using(other["access_token"]).get("/api/auth/me").status == 401
    assert client.post("/api/auth/refresh", {"refresh_token": other["refresh_token"]}).status == 401
    assert ada.delete(path).status == 404
    assert len(ada.get("/api/auth/devices").body["devices"]) == 1
    assert "device_removed" in audited(database_url)


def test_the_device_in_use_is_not_forgotten(client: ApiClient) -> None:
    body = registered(client)
    answer = client.using(body["access_token"]).delete(f"/api/auth/devices/{body['device']['id']}")
    assert (answer.status, answer.body["code"]) == (400, "current_device")


@pytest.mark.parametrize("what", ["devices", "sessions"])
def test_somebody_elses_is_as_nothing(client: ApiClient, what: str) -> None:
    ada, grace = registered(client), registered(client, "grace@school.example")
    theirs = client.using(grace["access_token"]).get(f"/api/auth/{what}").body[what][0]["id"]
    answers = [
        client.using(ada["access_token"]).delete(f"/api/auth/{what}/{some_id}")
        for some_id in (theirs, new_id(), "not-an-id")
    ]
    assert {(a.status, a.body["code"]) for a in answers} == {(404, "not_found")}
    assert client.using(grace["access_token"]).get("/api/auth/me").status == 200


def test_sessions_have_the_keys_of_every_client(client: ApiClient) -> None:
    ada = client.using(registered(client, device_name="Pad")["access_token"])
    logged_in(client, device_name="Desk")
    envelope = ada.get("/api/auth/sessions").body
    assert ada.get("/api/auth/sessions", headers=ANDROID).body == envelope["sessions"]
    found = {(s["device_name"], s["device"]["name"], s["is_current"]) for s in envelope["sessions"]}
    assert found == {("Pad", "Pad", True), ("Desk", "Desk", False)}
    assert all(s["ip_address"] == "203.0.113.7" for s in envelope["sessions"])


def test_a_session_without_a_device_says_so(client: ApiClient, alpha_access_token: str) -> None:
    (session,) = client.using(alpha_access_token).get("/api/auth/sessions").body["sessions"]
    assert session["device_name"] == "Unknown device"
    assert "ip_address" not in session


def test_a_session_is_ended(client: ApiClient, database_url: str) -> None:
    ada = client.using(registered(client)["access_token"])
    other = logged_in(client, device_name="other").body
    (there,) = [s for s in ada.get("/api/auth/sessions").body["sessions"] if not s["is_current"]]
    assert ada.delete(f"/api/auth/sessions/{there['id']}").status == 200
    assert client.using(other["access_token"]).get("/api/auth/me").status == 401
    assert ada.delete(f"/api/auth/sessions/{there['id']}").status == 404
    assert audited(database_url).count("signed_out") == 1
