"""Every mailer keeps the port's promises."""

from collections.abc import Callable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest

from shared.mail.folder import FolderMailer
from shared.mail.port import Mail, Mailer, MailUnavailable
from shared.mail.ses import SesMailer
from shared.mail.smtp import SmtpMailer, SmtpServer
from tests.support.mail_server import MailServer
from tests.vendors.ses import REGION, Ses

SENDER = "UnaMentis <tutor@school.example>"
MAIL = Mail("ada@school.example", "Grüße", "Ein Link:\n\nhttps://school.example/x?token=uma_once_" + "A" * 107 + "\n")


@pytest.fixture(params=["folder", "ses", "smtp"])
def mailer(request: pytest.FixtureRequest, server: MailServer, ses: Ses, tmp_path: Path) -> Mailer:
    if request.param == "folder":
        return FolderMailer(tmp_path / "outbox", SENDER)
    if request.param == "ses":
        return SesMailer(REGION, SENDER, endpoint=ses.url)
    return SmtpMailer(SmtpServer(host=server.host, port=server.port, tls="none"), SENDER)


@pytest.fixture
def sent(server: MailServer, ses: Ses, tmp_path: Path) -> Callable[[], list[EmailMessage]]:
    def read() -> list[EmailMessage]:
        files = [message_from_bytes(path.read_bytes(), policy=default) for path in (tmp_path / "outbox").glob("*.eml")]
        return [*server.received, *files, *ses.received()]

    return read


def test_a_mail_arrives_whole(mailer: Mailer, sent: Callable[[], list[EmailMessage]]) -> None:
    mailer.send(MAIL)
    (message,) = sent()
    assert (message["From"], message["To"], message["Subject"]) == (SENDER, MAIL.recipient, MAIL.subject)
    assert message.get_content().replace("\r\n", "\n") == MAIL.text
    assert message["Auto-Submitted"] == "auto-generated"


def test_each_mail_is_its_own(mailer: Mailer, sent: Callable[[], list[EmailMessage]]) -> None:
    mailer.send(MAIL)
    mailer.send(MAIL)
    assert len(sent()) == 2
    # SES gives each its own.
    if not isinstance(mailer, SesMailer):
        assert len({message["Message-ID"] for message in sent()}) == 2


@pytest.mark.parametrize("line", ["Subject\r\nBcc: grace@school.example", "Subject\nX: y"])
def test_a_line_break_makes_no_header(mailer: Mailer, sent: Callable[[], list[EmailMessage]], line: str) -> None:
    with pytest.raises(ValueError, match="linefeed or carriage return"):
        mailer.send(Mail(MAIL.recipient, line, "text"))
    assert sent() == []


@pytest.mark.usefixtures("ses")
def test_who_cannot_take_it_now_says_so(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    nobody = SmtpServer(host="127.0.0.1", port=1, tls="none")
    away = SesMailer(REGION, SENDER, endpoint="http://127.0.0.1:1")
    for mailer in (FolderMailer(in_the_way / "outbox", SENDER), SmtpMailer(nobody, SENDER), away):
        with pytest.raises(MailUnavailable):
            mailer.send(MAIL)
