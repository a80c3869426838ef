"""Refresh tokens: `uma_refresh_<random>`. Only a keyed hash is ever stored.

The random part is base64url of 16 bytes of tenant id, 16 bytes of auth session id and 32 secret bytes, so that a
refresh needs one round trip and no look across tenants. A token's successor follows from the token and the deployment's
secret: two tabs that refresh at the same moment get the same one, and a sign-in has a single live token at any time.
"""

import hashlib
import hmac
import secrets
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from shared import base64url
from shared.auth.keys import derive
from shared.errors import Unauthenticated

PREFIX: Final = "uma_refresh_"
LIFETIME_S: Final = 30 * 24 * 3600
# A token that was rotated this recently is another tab's, not a thief's.
GRACE_S: Final = 10
# How far a grace period's refreshes may have run ahead of a tab.
LONGEST_CHAIN: Final = 16
_SECRET_BYTES: Final = 32
_RANDOM_CHARS: Final = 86  # 64 bytes in base64url without padding


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A token's parts; only its hash in the database proves them."""

    tenant_id: str
    auth_session_id: str
    secret: bytes = field(repr=False)

    @classmethod
    def first(cls, tenant_id: str, auth_session_id: str) -> "RefreshToken":
        """Return the first token of a sign-in."""
        return cls(tenant_id, auth_session_id, secrets.token_bytes(_SECRET_BYTES))

    @classmethod
    def read(cls, text: str) -> "RefreshToken":
        """Return the parts of a token.

        Raises: Unauthenticated: not the form of a refresh token.
        """
        random = text.removeprefix(PREFIX)
        if text.startswith(PREFIX) and len(random) == _RANDOM_CHARS:
            with suppress(ValueError):
                payload = base64url.decode(random)
                return cls(str(uuid.UUID(bytes=payload[:16])), str(uuid.UUID(bytes=payload[16:32])), payload[32:])
        raise Unauthenticated("the refresh token is not valid")

    @property
    def text(self) -> str:
        """The token as its owner holds it."""
        payload = uuid.UUID(self.tenant_id).bytes + uuid.UUID(self.auth_session_id).bytes + self.secret
        return PREFIX + base64url.encode(payload)

    def hash(self, secret: bytes) -> str:
        """Return the hex of the keyed hash that is stored instead of the token."""
        return hmac.new(derive(secret, "refresh-token"), self.text.encode(), hashlib.sha256).hexdigest()

    def successors(self, secret: bytes) -> "list[RefreshToken]":
        """Return the tokens that follow this one, the next first."""
        key = derive(secret, "refresh-successor")
        chain: list[RefreshToken] = []
        last = self
        for _ in range(LONGEST_CHAIN):
            last = RefreshToken(
                self.tenant_id, self.auth_session_id, hmac.digest(key, last.text.encode(), hashlib.sha256)
            )
            chain.append(last)
        return chain
