"""An SMTP server on loopback, with STARTTLS and a login where a test wants them."""

import ssl
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

USER, PASSWORD = "tutor", "p@ss:word/1"


@dataclass
class MailServer:
    """What arrived, and how the server behaves.

    Attributes:
        answer: to every recipient, such as "550 no such user".
        logins: the users who proved themselves.
    """

    host: str = "127.0.0.1"
    port: int = 0
    answer: str = "250 OK"
    received: list[EmailMessage] = field(default_factory=list[EmailMessage])
    logins: list[str] = field(default_factory=list[str])
    encrypted: list[bool] = field(default_factory=list[bool])

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take or refuse a recipient."""
        del server, session, options
        if self.answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  as above
        """Keep the mail."""
        del server
        content = envelope.content
        assert isinstance(content, bytes)
        message = message_from_bytes(content, policy=default)
        assert isinstance(message, EmailMessage)
        self.received.append(message)
        self.encrypted.append(session.ssl is not None)
        return "250 OK"

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        """Check a login."""
        del server, session, envelope, mechanism
        good = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        if good:
            self.logins.append(USER)
        # What was not handled is refused by the server in words; else the client would wait for them.
        return AuthResult(success=good, handled=False)


class _Controller(Controller):
    """Takes a free port, and only then calls on itself."""

    def _trigger_server(self) -> None:
        server: Any = self.server  # typed as one without sockets
        self.port: int = server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def mail_server(*, trust: ssl.SSLContext | None = None) -> Generator[MailServer]:
    """Serve mail until the block ends.

    Args:
        trust: makes STARTTLS and a login necessary; it is taught to believe this server.
    """
    state = MailServer()
    options: dict[str, Any] = {}
    if trust is not None:
        trust.load_verify_locations(cadata=_certificate()[0].decode())
        options = {
            "tls_context": _server_side(),
            "require_starttls": True,
            "authenticator": state.authenticate,
            "auth_required": True,
        }
    controller = _Controller(state, hostname=state.host, port=0, **options)
    controller.start()
    state.port = controller.port
    try:
        yield state
    finally:
        controller.stop()


@cache
def _certificate() -> tuple[bytes, bytes]:
    """Return a certificate for 127.0.0.1 and its key, as PEM."""
    key = Ed25519PrivateKey.generate()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, None)
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return certificate.public_bytes(Encoding.PEM), private


def _server_side() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "server.pem"
        path.write_bytes(b"".join(_certificate()))
        context.load_cert_chain(path)
    return context
