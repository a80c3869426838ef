"""One URL says how mail leaves."""

import pytest

from shared.errors import InvalidInput
from shared.mail.folder import FolderMailer
from shared.mail.ses import SesMailer
from shared.mail.settings import build_mailer, read_mail_settings
from shared.mail.smtp import SmtpMailer


def test_amazons_service_is_named_by_its_region() -> None:
    mailer = build_mailer(read_mail_settings({"UNAMENTIS_MAIL_URL": "ses:eu-west-1"}, data_dir="."))
    assert isinstance(mailer, SesMailer)


def test_without_settings_mail_becomes_files() -> None:
    settings = read_mail_settings({}, data_dir="data")
    assert settings.url == "folder:data/outbox"
    assert isinstance(build_mailer(settings), FolderMailer)


@pytest.mark.parametrize(
    "url",
    [
        "smtp://127.0.0.1:1025",
        "smtp://user:p%40ss@email-smtp.eu-west-1.amazonaws.com",
        "smtps://user:x@mail.school.example:465",
    ],
)
def test_a_server_is_named_by_its_url(url: str) -> None:
    assert isinstance(build_mailer(read_mail_settings({"UNAMENTIS_MAIL_URL": url}, data_dir=".")), SmtpMailer)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("UNAMENTIS_MAIL_URL", "folder:"),
        ("UNAMENTIS_MAIL_URL", "ses:"),
        ("UNAMENTIS_MAIL_URL", "ses://eu-west-1"),
        ("UNAMENTIS_MAIL_URL", "smtp://"),
        ("UNAMENTIS_MAIL_URL", "smtp://host:port"),
        ("UNAMENTIS_MAIL_URL", "mailto:a@b.example"),
        ("UNAMENTIS_MAIL_FROM", "UnaMentis"),
        ("UNAMENTIS_MAIL_FROM", "a@b.example\nBcc: c@d.example"),
        ("UNAMENTIS_PUBLIC_URL", "school.example"),
    ],
)
def test_a_bad_value_is_named(name: str, value: str) -> None:
    with pytest.raises(InvalidInput, match=name):
        read_mail_settings({name: value}, data_dir=".")
