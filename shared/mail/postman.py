"""Empties the outbox: finds whose an address is, makes the mail, hands it on, and tries again later where it must."""

from typing import Final

import msgspec

from shared.auth.one_time_tokens import LIFETIME_S, OneTimeToken, Purpose
from shared.db import Database, TenantEntry
from shared.ids import new_id
from shared.logging import get_logger
from shared.mail import letters
from shared.mail.port import Mail, Mailer, MailRefused, MailUnavailable
from shared.repositories.accounts import AccountRepository
from shared.repositories.mail_outbox import MailOutbox, Waiting
from shared.repositories.one_time_tokens import OneTimeTokenRepository

AT_ONCE: Final = 20
LEASE_S: Final = 120
FIRST_WAIT_S: Final = 30
MOST_ATTEMPTS: Final = 10

log = get_logger("postman")


class Postman(msgspec.Struct, frozen=True):
    """Carries a deployment's mail; any number of them may work at once.

    Attributes:
        secret: the deployment's, from which the tokens in mails follow.
        public_url: where people reach us, without a slash at its end.
    """

    database: Database
    mailer: Mailer
    secret: bytes
    public_url: str

    def deliver_due(self) -> int:
        """Send what is due and return how many mails were handed on."""
        with self.database.unit(TenantEntry(None)) as unit:
            due = MailOutbox(unit).take(most=AT_ONCE, lease_s=LEASE_S)
        return sum(self._deliver(waiting) for waiting in due.result)

    def _deliver(self, waiting: Waiting) -> bool:
        again_s = None
        mail = self._mail(waiting)
        try:
            if mail is not None:
                self.mailer.send(mail)
        except MailRefused:
            log.warning("mail_refused", kind=waiting.kind)
            mail = None
        except MailUnavailable:
            mail = None
            if waiting.attempts < MOST_ATTEMPTS:
                again_s = FIRST_WAIT_S * 2 ** (waiting.attempts - 1)
            log.warning("mail_not_taken", kind=waiting.kind, attempt=waiting.attempts, again_s=again_s)
        with self.database.unit(TenantEntry(None)) as unit:
            MailOutbox(unit).settle(waiting, again_s=again_s)
        return mail is not None

    def _mail(self, waiting: Waiting) -> Mail | None:
        """Return the mail, None when the address is nobody's who needs it."""
        purpose = letters.PURPOSES.get(waiting.kind)
        if purpose is None:
            return letters.notice(waiting.kind, waiting.address)
        token = self._token(purpose, waiting.address)
        if token is None:
            return None
        write = letters.verify_email if purpose == "verify_email" else letters.reset_password
        return write(waiting.address, self.public_url, token)

    def _token(self, purpose: Purpose, address: str) -> str | None:
        with self.database.unit(TenantEntry(None)) as unit:
            found = AccountRepository(unit).find_sign_in(address)
        person = found.result
        if person is None or not person.is_active:
            return None
        token = OneTimeToken.make(self.secret, purpose, person.tenant_id, new_id())
        with self.database.unit(TenantEntry(person.tenant_id, person.user_id)) as unit:
            issued = OneTimeTokenRepository(unit).issue(
                token.id,
                purpose=purpose,
                token_hash=token.hash(self.secret),
                email=address,
                lifetime_s=LIFETIME_S[purpose],
            )
        return token.text if issued.result else None
