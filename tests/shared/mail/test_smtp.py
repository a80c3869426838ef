"""SMTP: encryption, logins, and refusals for now or for good."""

import ssl

import pytest
from msgspec import structs

from shared.mail.port import Mail, MailRefused, MailUnavailable
from shared.mail.smtp import SmtpMailer, SmtpServer
from tests.support.mail_server import PASSWORD, USER, MailServer, mail_server

MAIL = Mail("ada@school.example", "Subject", "text")
SENDER = "tutor@school.example"


def test_a_login_is_made_behind_starttls_only() -> None:
    trust = ssl.create_default_context()
    with mail_server(trust=trust) as server:
        settings = SmtpServer(host=server.host, port=server.port, user=USER, password=PASSWORD)
        SmtpMailer(settings, SENDER, trust=trust).send(MAIL)
        assert (len(server.received), server.encrypted, server.logins) == (1, [True], [USER])
        with pytest.raises(MailUnavailable):
            SmtpMailer(structs.replace(settings, tls="none"), SENDER, trust=trust).send(MAIL)
        with pytest.raises(MailUnavailable):
            SmtpMailer(structs.replace(settings, password="wrong"), SENDER, trust=trust).send(MAIL)
        assert len(server.received) == 1


def test_a_certificate_nobody_vouches_for_is_not_believed() -> None:
    with mail_server(trust=ssl.create_default_context()) as server:
        mailer = SmtpMailer(SmtpServer(host=server.host, port=server.port, user=USER, password=PASSWORD), SENDER)
        with pytest.raises(MailUnavailable):
            mailer.send(MAIL)
        assert server.logins == []


def test_a_server_without_starttls_gets_nothing(server: MailServer) -> None:
    with pytest.raises(MailUnavailable):
        SmtpMailer(SmtpServer(host=server.host, port=server.port), SENDER).send(MAIL)
    assert server.received == []


@pytest.mark.parametrize(
    ("answer", "error"), [("550 no such user", MailRefused), ("450 try again later", MailUnavailable)]
)
def test_a_refusal_is_for_good_or_for_now(server: MailServer, answer: str, error: type[Exception]) -> None:
    server.answer = answer
    with pytest.raises(error) as refused:
        SmtpMailer(SmtpServer(host=server.host, port=server.port, tls="none"), SENDER).send(MAIL)
    assert MAIL.recipient not in str(refused.value)
