"""Beta tokens: who holds one, how fast it may go, until when."""

from dataclasses import dataclass
from datetime import datetime

from shared.auth.beta_tokens import hash_beta_token, mint_beta_token
from shared.clock import utc_now
from shared.db import Pending, Unit
from shared.ids import new_id


@dataclass(frozen=True, slots=True)
class BetaToken:
    """Everything about a token except the token."""

    id: str
    user_id: str
    label: str
    requests_per_minute: int
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


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
    ) -> str:
        """Queue a fresh token for a user and return it: it can never be read again.

        Args:
            secret: the deployment's, which keys the stored hash.
        Raises: RuntimeError: the unit has no tenant.
        """
        if self._unit.tenant_id is None:
            raise RuntimeError("a beta token belongs to a tenant")
        token = mint_beta_token(self._unit.tenant_id, utc_now().year)
        self._unit.run(
            """INSERT INTO beta_tokens (tenant_id, id, user_id, token_hash, label, requests_per_minute, expires_at)
               VALUES (%(tenant_id)s, %(id)s, %(user_id)s, %(token_hash)s, %(label)s, %(rate)s, %(expires_at)s)""",
            id=new_id(),
            user_id=user_id,
            token_hash=hash_beta_token(token, secret),
            label=label,
            rate=requests_per_minute,
            expires_at=expires_at,
        )
        return token

    def all(self) -> Pending[list[BetaToken]]:
        """Queue the read of all tokens, the newest first."""
        return self._unit.all(
            BetaToken,
            """SELECT id, user_id, label, requests_per_minute, created_at, expires_at, revoked_at
               FROM beta_tokens WHERE tenant_id = %(tenant_id)s ORDER BY created_at DESC, id DESC""",
        )

    def revoke(self, token_id: str) -> Pending[BetaToken]:
        """Queue a token's end; revoking it again changes nothing.

        Raises at the unit's end: NotFound: no such token in this tenant.
        """
        return self._unit.one(
            BetaToken,
            """UPDATE beta_tokens SET revoked_at = coalesce(revoked_at, now())
               WHERE tenant_id = %(tenant_id)s AND id = %(token_id)s
               RETURNING id, user_id, label, requests_per_minute, created_at, expires_at, revoked_at""",
            missing="beta token not found",
            token_id=token_id,
        )
