"""Forgotten passwords and addresses to verify: from the question to the mail and back."""

import re
from pathlib import Path

import psycopg
import pytest

from shared.api import Context
from shared.auth.one_time_tokens import OneTimeToken
from shared.mail.folder import FolderMailer
from shared.mail.postman import Postman
from tests.conftest import ALPHA_TENANT
from tests.support.accounts import EMAIL, audited, logged_in, registered
from tests.support.api import ApiClient
from tests.support.identity import SECRET

NEW = "copper-meadow-31"
TOKEN = re.compile(r"uma_once_[\w-]+")


class LetterBox:
    """Everything that was sent, read as a person would."""

    def __init__(self, context: Context, folder: Path) -> None:
        self.folder = folder
        self.postman = Postman(context.database, FolderMailer(folder, "a@school.example"), SECRET, "http://127.0.0.1")

    def letters(self) -> list[str]:
        """Deliver what is due and return it."""
        before = set(self.folder.glob("*.eml"))
        self.postman.deliver_due()
        return [path.read_text() for path in sorted(set(self.folder.glob("*.eml")) - before)]

    def token(self) -> str:
        """Return the token of the one letter that is due."""
        (letter,) = self.letters()
        (token,) = TOKEN.findall(letter.replace("=\n", "").replace("=3D", "="))
        return token


@pytest.fixture
def box(generous: Context, tmp_path: Path) -> LetterBox:
    return LetterBox(generous, tmp_path / "outbox")


def sql(database_url: str, statement: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(statement.encode())


def verified(client: ApiClient) -> bool:
    return logged_in(client).body["user"]["email_verified"]


def test_a_new_account_verifies_its_address(client: ApiClient, box: LetterBox, database_url: str) -> None:
    registered(client)
    token = box.token()
    assert not verified(client)
    assert client.get("/api/auth/verify-email", query={"token": token}).status == 200
    assert verified(client)
    again = client.get("/api/auth/verify-email", query={"token": token})
    assert (again.status, again.body["code"]) == (400, "invalid_link")
    assert audited(database_url).count("email_verified") == 1


def test_a_forgotten_password_is_replaced(client: ApiClient, box: LetterBox, database_url: str) -> None:
    body = registered(client)
    box.letters()
    assert client.post("/api/auth/forgot-password", {"email": "ADA@school.example"}).status == 200
    token = box.token()
    answer = client.post("/api/auth/reset-password", {"token": token, "new_password": NEW})
    assert answer.status == 200
    assert client.using(body["access_token"]).get("/api/auth/me").status == 401
    assert logged_in(client).status == 401
    signed_in = client.post("/api/auth/login", {"email": EMAIL, "password": NEW})
    assert signed_in.body["user"]["email_verified"] is True
    (notice,) = box.letters()
    assert "Your password was changed" in notice
    assert "password_reset" in audited(database_url)
    again = client.post("/api/auth/reset-password", {"token": token, "new_password": NEW})
    assert (again.status, again.body["code"]) == (400, "invalid_link")


def test_nobody_learns_whether_an_address_has_an_account(client: ApiClient, box: LetterBox) -> None:
    registered(client)
    box.letters()
    for operation in ("forgot-password", "resend-verification"):
        known = client.post(f"/api/auth/{operation}", {"email": EMAIL})
        unknown = client.post(f"/api/auth/{operation}", {"email": "nobody@school.example"})
        assert (known.status, known.raw) == (unknown.status, unknown.raw) == (200, known.raw)
    assert not any("nobody" in letter for letter in box.letters())


def test_a_weak_password_does_not_use_the_link_up(client: ApiClient, box: LetterBox) -> None:
    registered(client)
    box.letters()
    client.post("/api/auth/forgot-password", {"email": EMAIL})
    token = box.token()
    weak = client.post("/api/auth/reset-password", {"token": token, "new_password": "password123"})
    assert (weak.status, weak.body["code"]) == (400, "weak_password")
    assert client.post("/api/auth/reset-password", {"token": token, "new_password": NEW}).status == 200


def test_a_token_is_for_its_purpose_only(client: ApiClient, box: LetterBox) -> None:
    registered(client)
    verification = box.token()
    wrong = client.post("/api/auth/reset-password", {"token": verification, "new_password": NEW})
    assert (wrong.status, wrong.body["code"]) == (400, "invalid_link")
    client.post("/api/auth/forgot-password", {"email": EMAIL})
    reset = box.token()
    assert client.get("/api/auth/verify-email", query={"token": reset}).body["code"] == "invalid_link"
    assert client.get("/api/auth/verify-email", query={"token": verification}).status == 200


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE one_time_tokens SET expires_at = now() - interval '1 second'",
        "UPDATE users SET email = 'other@school.example' WHERE email = 'ada@school.example'",
        "DELETE FROM one_time_tokens",
    ],
)
def test_a_link_ends(client: ApiClient, box: LetterBox, database_url: str, change: str) -> None:
    registered(client)
    verification = box.token()
    client.post("/api/auth/forgot-password", {"email": EMAIL})
    reset = box.token()
    sql(database_url, change)
    assert client.get("/api/auth/verify-email", query={"token": verification}).body["code"] == "invalid_link"
    answer = client.post("/api/auth/reset-password", {"token": reset, "new_password": NEW})
    assert (answer.status, answer.body["code"]) == (400, "invalid_link")


def test_a_second_mail_takes_the_place_of_the_first(client: ApiClient, box: LetterBox, database_url: str) -> None:
    registered(client)
    first = box.token()
    assert client.post("/api/auth/resend-verification", {"email": EMAIL}).status == 200
    assert box.letters() == []  # within a minute
    sql(database_url, "UPDATE mail_outbox SET sent_at = sent_at - interval '61 seconds'")
    assert client.post("/api/auth/resend-verification", {"email": EMAIL}).status == 200
    second = box.token()
    assert client.get("/api/auth/verify-email", query={"token": first}).status == 400
    assert client.get("/api/auth/verify-email", query={"token": second}).status == 200


def test_the_signed_in_caller_needs_no_address(client: ApiClient, box: LetterBox, database_url: str) -> None:
    ada = client.using(registered(client)["access_token"])
    box.letters()
    sql(database_url, "DELETE FROM mail_outbox")
    assert ada.post("/api/auth/resend-verification").status == 200
    assert box.token()
    nobody = client.post("/api/auth/resend-verification")
    assert (nobody.status, nobody.body["details"]) == (400, {"email": "required"})


def test_a_verified_address_gets_no_more_mail(client: ApiClient, box: LetterBox, database_url: str) -> None:
    registered(client)
    client.get("/api/auth/verify-email", query={"token": box.token()})
    sql(database_url, "DELETE FROM mail_outbox")
    client.post("/api/auth/resend-verification", {"email": EMAIL})
    assert box.letters() == []


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "uma_once_",
        "uma_once_" + "A" * 86,
        OneTimeToken.make(SECRET, "verify_email", ALPHA_TENANT, ALPHA_TENANT).text,
        OneTimeToken.make(bytes(32), "verify_email", ALPHA_TENANT, ALPHA_TENANT).text + "é",
    ],
)
def test_a_made_up_token_is_refused_alike(client: ApiClient, token: str) -> None:
    answer = client.get("/api/auth/verify-email", query={"token": token})
    assert (answer.status, answer.body["code"]) == (400, "invalid_link")
    assert answer.body["message"] == "this link is not valid any more: ask for a new one"


@pytest.mark.parametrize(
    ("operation", "body", "field"),
    [
        ("forgot-password", {}, "email"),
        ("forgot-password", {"email": "nobody"}, "email"),
        ("reset-password", {"new_password": NEW}, "token"),
        (
            "reset-password",
            {"token": OneTimeToken.make(SECRET, "reset_password", ALPHA_TENANT, ALPHA_TENANT).text},
            "new_password",
        ),
    ],
)
def test_what_is_missing_is_named(client: ApiClient, operation: str, body: dict[str, str], field: str) -> None:
    answer = client.post(f"/api/auth/{operation}", body)
    assert (answer.status, list(answer.body["details"])) == (400, [field])


def test_no_token_of_a_mail_is_stored(client: ApiClient, box: LetterBox, database_url: str) -> None:
    registered(client)
    token = box.token()
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            """SELECT t::text FROM one_time_tokens t UNION ALL SELECT t::text FROM mail_outbox t
               UNION ALL SELECT t::text FROM audit_log t"""
        ).fetchall()
    stored = "\n".join(row[0] for row in rows)
    assert token.removeprefix("uma_once_")[43:] not in stored
    assert EMAIL in stored
