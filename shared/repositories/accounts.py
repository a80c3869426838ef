"""People and what they sign in to."""

from dataclasses import dataclass
from datetime import datetime

from shared.db import Pending, Unit


@dataclass(frozen=True, slots=True)
class Account:
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


@dataclass(frozen=True, slots=True)
class SignIn:
    """What signing in needs to know about an address before anybody is proved."""

    tenant_id: str
    user_id: str
    password_hash: str | None
    is_active: bool
    is_locked: bool


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

    def add(self, *, user_id: str, email: str, password_hash: str, display_name: str) -> None:
        """Queue the making of the tenant's first account, its owner.

        Raises at the unit's end: Conflict: the address has an account already (`email_exists`).
        """
        self._unit.run(
            """INSERT INTO users (tenant_id, id, email, password_hash, display_name, last_login_at)
               VALUES (%(tenant_id)s, %(user_id)s, %(email)s, %(password_hash)s, %(display_name)s, now())""",
            user_id=user_id,
            email=email,
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

    def me(self) -> Pending[Account]:
        """Queue the read of the unit's user."""
        return self._unit.one(
            Account,
            """SELECT u.id, u.email, u.email_verified, u.display_name, u.avatar_url, u.locale, u.timezone,
                      u.created_at, u.updated_at, u.last_login_at, m.role, t.kind AS tenant_kind
               FROM users u
               JOIN memberships m ON m.tenant_id = u.tenant_id AND m.user_id = u.id
               JOIN tenants t ON t.tenant_id = m.tenant_id
               WHERE u.tenant_id = %(tenant_id)s AND u.id = app_user()""",
            missing="account not found",
        )
