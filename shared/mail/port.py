"""What a mail is, and what sends it."""

from email.message import EmailMessage
from typing import Protocol

import msgspec

from shared.errors import AppError, Unavailable


class MailRefused(AppError):
    """This mail will never be taken; trying again does not help."""

    code = "mail_refused"


class MailUnavailable(Unavailable):
    """Nobody takes mail at the moment; trying again may help."""

    code = "mail_unavailable"


class Mail(msgspec.Struct, frozen=True):
    """One message to one person, plain text."""

    recipient: str
    subject: str
    text: str

    def message(self, sender: str) -> EmailMessage:
        """Return it in the form of RFC 5322."""
        message = EmailMessage()
        message["From"] = sender
        message["To"] = self.recipient
        message["Subject"] = self.subject
        # Asks machines not to answer (RFC 3834).
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(self.text)
        return message


class Mailer(Protocol):
    """Hands mail on."""

    def send(self, mail: Mail) -> None:
        """Return once the mail is in somebody else's hands.

        Raises: MailRefused: never again. MailUnavailable: later, perhaps.
        """
        ...
