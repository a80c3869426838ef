"""The postman: each mail once, again later where it must, and at last no more."""

from dataclasses import dataclass, field

import psycopg
import pytest

from shared.db import Database, TenantEntry
from shared.errors import AppError
from shared.mail.port import Mail, MailRefused, MailUnavailable
from shared.mail.postman import MOST_ATTEMPTS, Postman
from shared.repositories.mail_outbox import MailOutbox
from tests.support.identity import SECRET

ALPHAS = "learner@alpha.example"


@dataclass
class Carrier:
    """Keeps mail, or fails as told."""

    sent: list[Mail] = field(default_factory=list[Mail])
    failure: AppError | None = None

    def send(self, mail: Mail) -> None:
        if self.failure:
            raise self.failure
        self.sent.append(mail)


@pytest.fixture
def carrier() -> Carrier:
    return Carrier()


@pytest.fixture
def postman(database: Database, carrier: Carrier) -> Postman:
    return Postman(database, carrier, SECRET, "https://school.example")


def ask(database: Database, kind: str, address: str = ALPHAS) -> None:
    with database.unit(TenantEntry(None)) as unit:
        MailOutbox(unit).ask(kind, address)


def sql(database_url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(database_url) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def test_a_mail_goes_out_once(postman: Postman, carrier: Carrier, database: Database) -> None:
    ask(database, "reset_password")
    assert (postman.deliver_due(), postman.deliver_due()) == (1, 0)
    (mail,) = carrier.sent
    assert mail.recipient == ALPHAS
    assert "https://school.example/reset-password.html#token=uma_once_" in mail.text


@pytest.mark.parametrize("kind", ["reset_password", "verify_email"])
def test_an_address_of_nobody_gets_nothing(postman: Postman, carrier: Carrier, database: Database, kind: str) -> None:
    ask(database, kind, "nobody@alpha.example")
    assert postman.deliver_due() == 0
    assert carrier.sent == []


def test_a_disabled_account_gets_nothing(postman: Postman, database: Database, database_url: str) -> None:
    sql(database_url, "UPDATE users SET is_active = false")
    ask(database, "reset_password")
    assert postman.deliver_due() == 0


@pytest.mark.parametrize("kind", ["password_changed", "email_changed"])
def test_a_notice_needs_no_account(postman: Postman, carrier: Carrier, database: Database, kind: str) -> None:
    ask(database, kind, "former@school.example")
    assert postman.deliver_due() == 1
    assert carrier.sent[0].recipient == "former@school.example"


def test_what_is_not_taken_is_tried_again_later(
    postman: Postman, carrier: Carrier, database: Database, database_url: str
) -> None:
    ask(database, "verify_email")
    carrier.failure = MailUnavailable("busy")
    assert (postman.deliver_due(), postman.deliver_due()) == (0, 0)
    assert sql(database_url, "SELECT attempts, due_at > now() + interval '25 seconds' FROM mail_outbox") == [(1, True)]
    carrier.failure = None
    sql(database_url, "UPDATE mail_outbox SET due_at = now()")
    assert postman.deliver_due() == 1


@pytest.mark.parametrize("failure", [MailRefused("never"), MailUnavailable("busy")])
def test_at_last_nobody_tries_any_more(
    postman: Postman, carrier: Carrier, database: Database, database_url: str, failure: AppError
) -> None:
    ask(database, "verify_email")
    sql(database_url, f"UPDATE mail_outbox SET attempts = {MOST_ATTEMPTS - 1}")  # noqa: S608  a number
    carrier.failure = failure
    assert postman.deliver_due() == 0
    assert sql(database_url, "SELECT sent_at IS NOT NULL FROM mail_outbox") == [(True,)]


def test_a_postman_who_dies_leaves_the_mail_to_the_next(
    postman: Postman, carrier: Carrier, database: Database, database_url: str
) -> None:
    ask(database, "verify_email")
    carrier.failure = AppError("died")
    with pytest.raises(AppError, match="died"):
        postman.deliver_due()
    assert postman.deliver_due() == 0  # within the lease
    sql(database_url, "UPDATE mail_outbox SET due_at = now()")
    carrier.failure = None
    assert postman.deliver_due() == 1


def test_sent_mail_is_forgotten(postman: Postman, database: Database, database_url: str) -> None:
    ask(database, "verify_email")
    postman.deliver_due()
    sql(database_url, "UPDATE mail_outbox SET sent_at = now() - interval '2 hours'")
    postman.deliver_due()
    assert sql(database_url, "SELECT * FROM mail_outbox") == []


def test_the_application_cannot_read_the_outbox(database: Database) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), database.unit(TenantEntry(None)) as unit:
        unit.run("SELECT * FROM mail_outbox")
