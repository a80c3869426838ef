"""Who administers this deployment, and how they sign in without Cloudflare Access."""

from datetime import datetime

import msgspec

from shared.db import Pending, Unit


class AdminSignIn(msgspec.Struct, frozen=True):
    """What signing in needs to know before anybody is proved; `totp_nonce` makes the key of the one-time codes."""

    id: str
    password_hash: str
    totp_nonce: str


class Admin(msgspec.Struct, frozen=True):
    """An administrator.

    Attributes:
        name: an e-mail address, or the client id of a Cloudflare Access service token.
        tenants: None for all of them.
        has_password: signs in without Cloudflare Access.
    """

    id: str
    name: str
    role: str
    tenants: list[str] | None
    has_password: bool
    created_at: datetime
    disabled_at: datetime | None


class AdminSessionRepository:
    """Signing in and out."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def find(self, login: str) -> Pending[AdminSignIn | None]:
        """Queue the search for somebody who may sign in with a password."""
        return self._unit.maybe(
            AdminSignIn,
            "SELECT id, password_hash, totp_nonce FROM find_admin(%(login)s) -- cross-tenant: of the deployment",
            login=login,
        )

    def open(
        self, admin_id: str, *, step: int | None, token_hash: str, lifetime_s: int, address: str, request_id: str
    ) -> Pending[bool]:
        """Queue a session for somebody whose password was right; answers whether their one-time code was too.

        Args:
            step: the time step of the code; None when it was wrong. A code works once.
        Raises at the unit's end: RateLimited: too many codes were tried.
        """
        return self._unit.value(
            bool,
            """-- cross-tenant: of the deployment
               SELECT admin_sign_in(%(admin_id)s, %(step)s, %(token_hash)s, %(lifetime_s)s, %(address)s,
                                    %(request_id)s)""",
            admin_id=admin_id,
            step=step,
            token_hash=token_hash,
            lifetime_s=lifetime_s,
            address=address,
            request_id=request_id,
        )

    def close(self, token_hash: str) -> None:
        """Queue the end of a session."""
        self._unit.run(
            "SELECT close_admin_session(%(token_hash)s) -- cross-tenant: of the deployment", token_hash=token_hash
        )


class AdminRepository:
    """The administrators themselves; only the database's owner may read and write them."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def add(
        self,
        admin_id: str,
        *,
        name: str,
        role: str,
        tenants: list[str] | None,
        password_hash: str | None,
        totp_nonce: str | None,
    ) -> None:
        """Queue an administrator; one of this name gets the new role, scope and credentials, and may come in again."""
        self._unit.run(
            """-- cross-tenant: administrators belong to the deployment
               INSERT INTO admins (id, name, role, tenants, password_hash, totp_nonce)
               VALUES (%(id)s, lower(%(name)s), %(role)s, %(tenants)s::uuid[], %(hash)s, %(nonce)s)
               ON CONFLICT (name) DO UPDATE SET role = excluded.role, tenants = excluded.tenants, disabled_at = NULL,
                   subject = NULL, password_hash = excluded.password_hash, totp_nonce = excluded.totp_nonce,
                   totp_step = 0""",
            id=admin_id,
            name=name,
            role=role,
            tenants=tenants,
            hash=password_hash,
            nonce=totp_nonce,
        )

    def disable(self, name: str) -> Pending[int]:
        """Queue the end of an administrator's rights, at once and in every session; answers how many there were."""
        return self._unit.run(
            """-- cross-tenant: administrators belong to the deployment
               UPDATE admins SET disabled_at = coalesce(disabled_at, now()) WHERE name = lower(%(name)s)""",
            name=name,
        )

    def all(self) -> Pending[list[Admin]]:
        """Queue the read of all, by name."""
        return self._unit.all(
            Admin,
            """-- cross-tenant: administrators belong to the deployment
               SELECT id, name, role, tenants, password_hash IS NOT NULL AS has_password, created_at, disabled_at
               FROM admins ORDER BY name""",
        )
