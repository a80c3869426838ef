"""Identities at Apple and Google that sign somebody in."""

from datetime import datetime

import msgspec

from shared.db import Pending, Unit


class Known(msgspec.Struct, frozen=True):
    """The account that an identity, or else its address, belongs to.

    Attributes:
        linked: it is the identity's; otherwise only the address is the same.
    """

    tenant_id: str
    user_id: str
    linked: bool
    email_verified: bool
    is_active: bool
    is_locked: bool


class LinkedIdentity(msgspec.Struct, frozen=True):
    """An identity of an account; `email` is what the provider told last."""

    id: str
    provider: str
    email: str | None
    created_at: datetime
    last_used_at: datetime


class IdentityRepository:
    """Identities of the unit's user."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def find(self, provider: str, subject: str, email: str | None) -> Pending[Known | None]:
        """Queue the search for an identity, and else for an address, in the whole deployment."""
        return self._unit.maybe(
            Known,
            """-- cross-tenant: signing in finds the tenant by the identity
               SELECT tenant_id, user_id, linked, email_verified, is_active, is_locked
               FROM find_identity(%(provider)s, %(subject)s, %(email)s)""",
            provider=provider,
            subject=subject,
            email=email,
        )

    def spend(self, fingerprint: str, expires_at: datetime) -> None:
        """Queue the use of an ID token, which is good for one.

        Raises at the unit's end: Unauthenticated: it was used before.
        """
        self._unit.run(
            "SELECT spend_id_token(%(hash)s, %(until)s) -- cross-tenant: used up wherever it is shown",
            hash=fingerprint,
            until=expires_at,
        )

    def link(
        self, identity_id: str, provider: str, subject: str, email: str | None, *, by_address: bool
    ) -> Pending[str]:
        """Queue the linking of an identity and answer its id; one that is linked already stays as it is.

        Args:
            by_address: nobody signed in to the account: it must have proved this very address.
        Raises at the unit's end: Conflict: it is another account's (`identity_in_use`), or the account has not proved
            the address (`link_required`).
        """
        return self._unit.value(
            str,
            """SELECT link_identity(%(identity_id)s, %(provider)s, %(subject)s, %(email)s, %(by_address)s)
               -- for the tenant_id that entered""",
            identity_id=identity_id,
            provider=provider,
            subject=subject,
            email=email,
            by_address=by_address,
        )

    def used(self, provider: str, subject: str, email: str | None) -> None:
        """Queue the note that an identity signed its account in."""
        self._unit.run(
            """UPDATE identities SET last_used_at = now(), email = coalesce(%(email)s, email)
               WHERE tenant_id = %(tenant_id)s AND user_id = app_user() AND provider = %(provider)s
                 AND subject = %(subject)s""",
            provider=provider,
            subject=subject,
            email=email,
        )

    def all(self) -> Pending[list[LinkedIdentity]]:
        """Queue the list of the user's identities, the oldest first."""
        return self._unit.all(
            LinkedIdentity,
            """SELECT id, provider, email, created_at, last_used_at FROM identities
               WHERE tenant_id = %(tenant_id)s AND user_id = app_user() ORDER BY created_at, id""",
        )

    def unlink(self, identity_id: str, session_id: str | None) -> None:
        """Queue the removal of an identity and the end of every sign-in but one.

        Raises at the unit's end: NotFound: it is nobody's or somebody else's. Conflict: it is the only way into the
            account (`last_way_in`).
        """
        self._unit.run(
            "SELECT unlink_identity(%(identity_id)s, %(session_id)s::uuid) -- for the tenant_id that entered",
            identity_id=identity_id,
            session_id=session_id,
        )
