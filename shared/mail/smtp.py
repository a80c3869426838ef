"""Mail over SMTP: any mail server."""

import smtplib
import ssl
from email.utils import formatdate, make_msgid, parseaddr
from typing import Final

import msgspec

from shared.mail.port import Mail, MailRefused, MailUnavailable

TIMEOUT_S: Final = 20.0
_PERMANENT: Final = 500


class SmtpServer(msgspec.Struct, frozen=True, kw_only=True):
    """Where mail is handed in.

    Attributes:
        tls: "starttls" upgrades and refuses to go on without; "implicit" is encrypted from the start; "none" is for a
            server on this machine only.
    """

    host: str
    port: int
    tls: str = "starttls"
    user: str = ""
    password: str = ""


class SmtpMailer:
    """Hands each mail in with a connection of its own.

    Args:
        trust: whose certificates are believed; None takes the system's.
    """

    def __init__(self, server: SmtpServer, sender: str, *, trust: ssl.SSLContext | None = None) -> None:
        self._server = server
        self._sender = sender
        self._trust = trust or ssl.create_default_context()

    def send(self, mail: Mail) -> None:
        """Return once the server has taken the mail."""
        message = mail.message(self._sender)
        message["Date"] = formatdate()
        message["Message-ID"] = make_msgid(domain=parseaddr(self._sender)[1].rpartition("@")[2] or None)
        try:
            with self._connect() as connection:
                if self._server.user:
                    connection.login(self._server.user, self._server.password)
                connection.send_message(message)
        except smtplib.SMTPRecipientsRefused as exc:
            codes = [code for code, _ in exc.recipients.values()]
            if min(codes, default=0) >= _PERMANENT:
                raise MailRefused("the mail server knows no such recipient") from exc
            raise MailUnavailable("the mail server does not take this mail now") from exc
        except (smtplib.SMTPException, OSError) as exc:
            raise MailUnavailable("the mail server does not take this mail now") from exc

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        if server.tls == "implicit":
            return smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_S, context=self._trust)
        connection = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_S)
        if server.tls == "starttls":
            try:
                connection.starttls(context=self._trust)
            except BaseException:
                connection.close()
                raise
        return connection
