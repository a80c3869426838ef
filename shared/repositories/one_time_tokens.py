"""Tokens that mails carry."""

import msgspec

from shared.db import Pending, Unit


class TokenOwner(msgspec.Struct, frozen=True):
    """Whom a one-time token belongs to."""

    user_id: str
    email: str
    display_name: str


class OneTimeTokenRepository:
    """One-time tokens of the unit's tenant."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def issue(self, token_id: str, *, purpose: str, token_hash: str, email: str, lifetime_s: int) -> Pending[int]:
        """Queue a token of the unit's user in place of the last one for this purpose.

        Answers 0 when the address is not theirs any more, or is verified already and the token would verify it.
        """
        return self._unit.run(
            """INSERT INTO one_time_tokens (tenant_id, id, user_id, purpose, token_hash, email, expires_at)
               SELECT %(tenant_id)s, %(token_id)s, u.id, %(purpose)s, %(token_hash)s, u.email,
                      now() + make_interval(secs => %(lifetime_s)s)
               FROM users u WHERE u.tenant_id = %(tenant_id)s AND u.id = app_user() AND u.email = %(email)s
                 AND NOT (u.email_verified AND %(purpose)s = 'verify_email')
               ON CONFLICT (tenant_id, user_id, purpose) DO UPDATE
               SET id = excluded.id, token_hash = excluded.token_hash, email = excluded.email, created_at = now(),
                   expires_at = excluded.expires_at""",
            token_id=token_id,
            purpose=purpose,
            token_hash=token_hash,
            email=email,
            lifetime_s=lifetime_s,
        )

    def owner(self, token_id: str, *, purpose: str, token_hash: str) -> Pending[TokenOwner | None]:
        """Queue the question whose a token is, without using it up; None when it is good for nothing."""
        return self._unit.maybe(
            TokenOwner,
            """SELECT t.user_id, t.email, u.display_name FROM one_time_tokens t
               JOIN users u ON u.tenant_id = t.tenant_id AND u.id = t.user_id AND u.email = t.email
               WHERE t.tenant_id = %(tenant_id)s AND t.id = %(token_id)s AND t.purpose = %(purpose)s
                 AND t.token_hash = %(token_hash)s AND t.expires_at > now()""",
            token_id=token_id,
            purpose=purpose,
            token_hash=token_hash,
        )

    def verify_email(self, token_id: str, *, token_hash: str) -> Pending[str]:
        """Queue the verification of an address; answers whose it is.

        Raises at the unit's end: InvalidInput: the token is good for nothing (`invalid_link`).
        """
        return self._unit.value(
            str,
            "SELECT verify_my_email(%(token_id)s, %(token_hash)s) -- for the tenant_id that entered",
            token_id=token_id,
            token_hash=token_hash,
        )

    def reset_password(self, token_id: str, *, token_hash: str, new_password_hash: str) -> Pending[str]:
        """Queue a new password and the end of every sign-in; the rest of the unit runs as the token's owner.

        Raises at the unit's end: InvalidInput: the token is good for nothing (`invalid_link`).
        """
        return self._unit.value(
            str,
            """SELECT reset_my_password(%(token_id)s, %(token_hash)s, %(new_password_hash)s)
               -- for the tenant_id that entered""",
            token_id=token_id,
            token_hash=token_hash,
            new_password_hash=new_password_hash,
        )
