"""People and what they sign in to."""

from datetime import datetime

import msgspec

from shared.db import KeepPlan, Pending, Unit


class Account(msgspec.Struct, frozen=True):
    """A person as they see themselves, with their role in the tenant at hand."""

    id: str
    email: str | None
    email_verified: bool
    display_name: str
    avatar_url: str | None
    locale: str
    timezone: str
    created_at: datetime
    updated_at: datetime
    last_login_at: datetime | None
    role: str
    tenant_kind: str


class SignIn(msgspec.Struct, frozen=True):
    """What signing in needs to know about an address before anybody is proved."""

    tenant_id: str
    user_id: str
    password_hash: str | None
    is_active: bool
    is_locked: bool


class Proof(msgspec.Struct, frozen=True):
    """What an account's owner is asked for before something that cannot be undone.

    Attributes:
        is_recent: the sign-in that asks is a few minutes old.
    """

    password_hash: str | None
    email: str | None
    display_name: str
    is_recent: bool


class AccountRepository:
    """Tenants, users and memberships."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def find_sign_in(self, email: str) -> Pending[SignIn | None]:
        """Queue the search for an address in the whole deployment."""
        return self._unit.maybe(
            SignIn,
            """-- cross-tenant: signing in finds the tenant by the address
               SELECT tenant_id, user_id, password_hash, is_active, is_locked FROM find_sign_in(%(email)s)""",
            email=email,
        )

    def found_individual(self, name: str) -> None:
        """Queue the making of the unit's tenant, of the kind that is one person."""
        self._unit.run(
            "INSERT INTO tenants (tenant_id, kind, name) VALUES (%(tenant_id)s, 'individual', %(name)s)", name=name
        )

    def add(
        self,
        *,
        user_id: str,
        email: str | None,
        password_hash: str | None,
        display_name: str,
        email_verified: bool = False,
    ) -> None:
        """Queue the making of the tenant's first account, its owner.

        Args:
            email, password_hash: None for somebody whom another provider signs in.
        Raises at the unit's end: Conflict: the address has an account already (`email_exists`).
        """
        self._unit.run(
            """INSERT INTO users (tenant_id, id, email, email_verified, password_hash, display_name, last_login_at)
               VALUES (%(tenant_id)s, %(user_id)s, %(email)s, %(email_verified)s, %(password_hash)s, %(display_name)s,
                       now())""",
            user_id=user_id,
            email=email,
            email_verified=email_verified,
            password_hash=password_hash,
            display_name=display_name,
        )
        self._unit.run(
            "INSERT INTO memberships (tenant_id, user_id, role) VALUES (%(tenant_id)s, %(user_id)s, 'owner')",
            user_id=user_id,
        )

    def signed_in(self, *, new_password_hash: str | None) -> None:
        """Queue the note that the unit's user signed in, with a fresher hash of the same password if there is one."""
        self._unit.run(
            """UPDATE users SET last_login_at = now(),
                                password_hash = coalesce(%(new_password_hash)s, password_hash)
               WHERE tenant_id = %(tenant_id)s AND id = app_user()""",
            new_password_hash=new_password_hash,
        )

    def proof(self, session_id: str | None, *, recent_s: int) -> Pending[Proof]:
        """Queue the read of what proves that the unit's user is who they are.

        Args:
            session_id: the sign-in that asks. recent_s: seconds a sign-in counts as recent.
        """
        return self._unit.one(
            Proof,
            """SELECT u.password_hash, u.email, u.display_name,
                      EXISTS (SELECT FROM auth_sessions s
                              WHERE s.tenant_id = %(tenant_id)s AND s.id = %(session_id)s AND s.user_id = u.id
                                AND s.created_at > now() - make_interval(secs => %(recent_s)s)) AS is_recent
               FROM users u WHERE u.tenant_id = %(tenant_id)s AND u.id = app_user()""",
            missing="account not found",
            session_id=session_id,
            recent_s=recent_s,
        )

    def change(
        self, *, display_name: str | None, avatar_url: str | None, locale: str | None, timezone: str | None
    ) -> None:
        """Queue new values of the unit's user; None leaves one as it is."""
        self._unit.run(
            """UPDATE users SET display_name = coalesce(%(display_name)s, display_name),
                                avatar_url = coalesce(%(avatar_url)s, avatar_url),
                                locale = coalesce(%(locale)s, locale),
                                timezone = coalesce(%(timezone)s, timezone), updated_at = now()
               WHERE tenant_id = %(tenant_id)s AND id = app_user()""",
            display_name=display_name,
            avatar_url=avatar_url,
            locale=locale,
            timezone=timezone,
        )

    def change_email(self, email: str) -> None:
        """Queue another address for the unit's user, unverified, and the mails about it.

        Raises at the unit's end: Conflict: the address has an account already (`email_exists`).
        """
        self._unit.run("SELECT change_my_email(%(email)s) -- for the tenant_id that entered", email=email)

    def change_password(self, *, old_hash: str, new_hash: str, session_id: str | None) -> None:
        """Queue another password for the unit's user and the end of every sign-in but one.

        Raises at the unit's end: Conflict: the old hash is not the present one any more.
        """
        self._unit.run(
            """SELECT change_my_password(%(old_hash)s, %(new_hash)s, %(session_id)s::uuid)
               -- for the tenant_id that entered""",
            old_hash=old_hash,
            new_hash=new_hash,
            session_id=session_id,
        )

    def remove(self, *, audit_id: str, request_id: str) -> None:
        """Queue the removal of the unit's user and of the tenants nobody else belongs to.

        Raises at the unit's end: Conflict: others would be left without an owner (`sole_owner`).
        """
        self._unit.run(
            "SELECT remove_me(%(audit_id)s, %(request_id)s) -- for the tenant_id that entered",
            audit_id=audit_id,
            request_id=request_id,
        )

    def me(self) -> Pending[Account]:
        """Queue the read of the unit's user."""
        return self._unit.one(
            Account,
            KeepPlan(
                """SELECT u.id, u.email, u.email_verified, u.display_name, u.avatar_url, u.locale, u.timezone,
                          u.created_at, u.updated_at, u.last_login_at, m.role, t.kind AS tenant_kind
                   FROM users u
                   JOIN memberships m ON m.tenant_id = u.tenant_id AND m.user_id = u.id
                   JOIN tenants t ON t.tenant_id = m.tenant_id
                   WHERE u.tenant_id = %(tenant_id)s AND u.id = app_user()"""
            ),
            missing="account not found",
        )
