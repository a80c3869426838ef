"""Amazon SES: what it refuses for good, and what may pass."""

import pytest

from shared.mail.port import Mail, MailRefused, MailUnavailable
from shared.mail.ses import SesMailer
from tests.vendors.ses import REGION, Ses

SENDER = "UnaMentis <tutor@school.example>"
MAIL = Mail("ada@school.example", "Subject", "text")


def test_a_sender_nobody_verified_is_refused(ses: Ses) -> None:
    with pytest.raises(MailRefused) as refused:
        SesMailer(REGION, "other@elsewhere.example", endpoint=ses.url).send(MAIL)
    assert MAIL.recipient not in str(refused.value)
    assert ses.received() == []


def test_without_credentials_mail_waits(ses: Ses, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    with pytest.raises(MailUnavailable):
        SesMailer(REGION, SENDER, endpoint=ses.url).send(MAIL)
    assert ses.received() == []
