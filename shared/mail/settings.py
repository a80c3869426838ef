"""How mail leaves, as the operator says in one URL."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

import msgspec

from shared.errors import InvalidInput
from shared.mail.folder import FolderMailer
from shared.mail.port import Mailer
from shared.mail.smtp import SmtpMailer, SmtpServer

_PORTS: Final = {"smtp": 587, "smtps": 465}
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_REGION: Final = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
_EXPECTED: Final = "UNAMENTIS_MAIL_URL must be folder:<path>, ses:<region>, smtp://user:password@host:587 or smtps://…"


class MailSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator may turn.

    Attributes:
        url: `folder:<path>`, `ses:<region>`, `smtp://…` (STARTTLS, except to this machine) or `smtps://…`
            (`UNAMENTIS_MAIL_URL`).
        sender: what From says (`UNAMENTIS_MAIL_FROM`).
        public_url: where people reach us (`UNAMENTIS_PUBLIC_URL`).
    """

    url: str
    sender: str
    public_url: str


def read_mail_settings(environ: Mapping[str, str], *, data_dir: str) -> MailSettings:
    """Return the settings the environment names; without any, mail becomes files beside the data.

    Raises: InvalidInput: one is malformed.
    """
    settings = MailSettings(
        url=environ.get("UNAMENTIS_MAIL_URL") or f"folder:{data_dir}/outbox",
        sender=environ.get("UNAMENTIS_MAIL_FROM") or "UnaMentis <no-reply@localhost>",
        public_url=(environ.get("UNAMENTIS_PUBLIC_URL") or "http://127.0.0.1:8766").rstrip("/"),
    )
    if not settings.public_url.startswith(("http://", "https://")):
        raise InvalidInput("UNAMENTIS_PUBLIC_URL must be an http or https address")
    if "@" not in settings.sender or not settings.sender.isprintable():
        raise InvalidInput("UNAMENTIS_MAIL_FROM must be an address such as UnaMentis <tutor@school.example>")
    build_mailer(settings)
    return settings


def build_mailer(settings: MailSettings) -> Mailer:
    """Return what sends mail.

    Raises: InvalidInput: the URL is none of ours.
    """
    parts = urlsplit(settings.url)
    if parts.scheme == "folder" and (path := settings.url.removeprefix("folder:")):
        return FolderMailer(Path(path), settings.sender)
    if parts.scheme == "ses" and _REGION.fullmatch(parts.path):
        # Brings botocore in, which takes its time, and which a server without SES never needs.
        from shared.mail.ses import SesMailer

        return SesMailer(parts.path, settings.sender)
    return SmtpMailer(_server(parts), settings.sender)


def _server(parts: SplitResult) -> SmtpServer:
    try:
        host, port = parts.hostname, parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError):
        raise InvalidInput(_EXPECTED) from None
    if not host:
        raise InvalidInput(_EXPECTED)
    plain = parts.scheme == "smtp" and host in _LOOPBACK and not parts.username
    return SmtpServer(
        host=host,
        port=port,
        tls="implicit" if parts.scheme == "smtps" else "none" if plain else "starttls",
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )
