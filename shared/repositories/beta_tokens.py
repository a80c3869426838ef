"""Beta tokens: who holds one, how fast it may go, until when, from which device."""

from datetime import datetime

import msgspec

from shared.auth.beta_tokens import hash_beta_token, mint_beta_token
from shared.clock import utc_now
from shared.db import Pending, Unit
from shared.ids import new_id


class BetaToken(msgspec.Struct, frozen=True):
    """Everything about a token except the token.

    Attributes:
        binds_device: only the device that used it first may go on using it. device_id: that one's X-Client-ID.
        last_used_at: to within five minutes. last_platform, last_version: what its client said of itself then.
        redeemed_at: when it was used as the invitation to an account.
    """

    id: str
    user_id: str
    label: str
    requests_per_minute: int
    binds_device: bool
    device_id: str | None
    last_used_at: datetime | None
    last_platform: str
    last_version: str
    redeemed_at: datetime | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


class TokenId(msgspec.Struct, frozen=True):
    """A token's id."""

    id: str


class BetaTokenRepository:
    """Tokens of the unit's tenant."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def mint(
        self,
        user_id: str,
        *,
        secret: bytes,
        label: str = "",
        requests_per_minute: int = 600,
        expires_at: datetime | None = None,
        binds_device: bool = False,
        token_id: str | None = None,
    ) -> str:
        """Queue a fresh token for a member of the tenant and return it: it can never be read again.

        Args:
            secret: the deployment's, which keys the stored hash. token_id: its id; a fresh one unless given.
        Raises: RuntimeError: the unit has no tenant.
        Raises at the unit's end: NotFound: nobody of that id belongs to the tenant.
        """
        token = self._fresh()
        self._unit.one(
            TokenId,
            """INSERT INTO beta_tokens (tenant_id, id, user_id, token_hash, label, requests_per_minute, expires_at,
                                        binds_device)
               SELECT m.tenant_id, %(id)s, m.user_id, %(token_hash)s, %(label)s, %(rate)s, %(expires_at)s::timestamptz,
                      %(binds_device)s
               FROM memberships m WHERE m.tenant_id = %(tenant_id)s AND m.user_id = %(user_id)s
               RETURNING id""",
            missing="user not found",
            id=token_id or new_id(),
            user_id=user_id,
            token_hash=hash_beta_token(token, secret),
            label=label,
            rate=requests_per_minute,
            expires_at=expires_at,
            binds_device=binds_device,
        )
        return token

    def rotate(self, token_id: str, *, secret: bytes) -> str:
        """Queue a new token in place of one that stands, for the same user and rights, and return it.

        The old one ends at once, and so does its binding to a device.
        Raises at the unit's end: NotFound: no such token, or it was revoked.
        """
        token = self._fresh()
        self._unit.one(
            TokenId,
            """UPDATE beta_tokens SET token_hash = %(token_hash)s, device_id = NULL
               WHERE tenant_id = %(tenant_id)s AND id = %(token_id)s AND revoked_at IS NULL RETURNING id""",
            missing="beta token not found",
            token_id=token_id,
            token_hash=hash_beta_token(token, secret),
        )
        return token

    def all(self) -> Pending[list[BetaToken]]:
        """Queue the read of all tokens, the newest first."""
        return self._unit.all(
            BetaToken,
            """SELECT id, user_id, label, requests_per_minute, binds_device, device_id, last_used_at, last_platform,
                      last_version, redeemed_at, created_at, expires_at, revoked_at
               FROM beta_tokens WHERE tenant_id = %(tenant_id)s ORDER BY created_at DESC, id DESC""",
        )

    def get(self, token_id: str) -> Pending[BetaToken]:
        """Queue the read of one token.

        Raises at the unit's end: NotFound: no such token in this tenant.
        """
        return self._unit.one(
            BetaToken,
            """SELECT id, user_id, label, requests_per_minute, binds_device, device_id, last_used_at, last_platform,
                      last_version, redeemed_at, created_at, expires_at, revoked_at
               FROM beta_tokens WHERE tenant_id = %(tenant_id)s AND id = %(token_id)s""",
            missing="beta token not found",
            token_id=token_id,
        )

    def change(
        self,
        token_id: str,
        *,
        label: str | None,
        requests_per_minute: int | None,
        expires_at: datetime | None,
        never_expires: bool = False,
    ) -> None:
        """Queue changes to a token; None leaves something as it is."""
        self._unit.run(
            """UPDATE beta_tokens SET label = coalesce(%(label)s, label),
                      requests_per_minute = coalesce(%(rate)s, requests_per_minute),
                      expires_at = CASE WHEN NOT %(never)s THEN coalesce(%(expires_at)s::timestamptz, expires_at) END
               WHERE tenant_id = %(tenant_id)s AND id = %(token_id)s""",
            token_id=token_id,
            label=label,
            rate=requests_per_minute,
            expires_at=expires_at,
            never=never_expires,
        )

    def revoke(self, token_id: str) -> Pending[BetaToken]:
        """Queue a token's end; revoking it again changes nothing.

        Raises at the unit's end: NotFound: no such token in this tenant.
        """
        return self._unit.one(
            BetaToken,
            """UPDATE beta_tokens SET revoked_at = coalesce(revoked_at, now())
               WHERE tenant_id = %(tenant_id)s AND id = %(token_id)s
               RETURNING id, user_id, label, requests_per_minute, binds_device, device_id, last_used_at, last_platform,
                         last_version, redeemed_at, created_at, expires_at, revoked_at""",
            missing="beta token not found",
            token_id=token_id,
        )

    def redeem(self, home_id: str, token_hash: str) -> None:
        """Queue the use of a token, of whatever tenant, as the invitation to an account that is being made.

        Raises at the unit's end: Forbidden: it is none that stands, or was used before (`invitation_invalid`).
        """
        self._unit.run(
            "SELECT redeem_invitation(%(home_id)s::uuid, %(token_hash)s) -- cross-tenant: the invitation's own tenant",
            home_id=home_id,
            token_hash=token_hash,
        )

    def _fresh(self) -> str:
        if self._unit.tenant_id is None:
            raise RuntimeError("a beta token belongs to a tenant")
        return mint_beta_token(self._unit.tenant_id, utc_now().year)
