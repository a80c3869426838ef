"""What the link of a mail carries: a token for one purpose that works once.

It follows from the deployment's secret and its own id, so that the mail can be made long after the token was promised,
and nothing that is stored is worth stealing.
"""

import hashlib
import hmac
import uuid
from contextlib import suppress
from typing import Final, Literal

import msgspec

from shared import base64url
from shared.auth.keys import derive
from shared.errors import InvalidInput

Purpose = Literal["verify_email", "reset_password"]

PREFIX: Final = "uma_once_"
LIFETIME_S: Final[dict[Purpose, int]] = {"verify_email": 72 * 3600, "reset_password": 3600}
_IDS: Final = 32  # bytes of the tenant's and the token's ids
_BYTES: Final = _IDS + 32


class OneTimeToken(msgspec.Struct, frozen=True):
    """A token as its bearer shows it; only the stored hash tells whether it is good."""

    tenant_id: str
    id: str
    mac: bytes

    @classmethod
    def make(cls, secret: bytes, purpose: Purpose, tenant_id: str, token_id: str) -> "OneTimeToken":
        """Return the one token of this id and purpose."""
        key = derive(secret, f"one-time-token-{purpose}")
        return cls(tenant_id, token_id, hmac.digest(key, f"{tenant_id} {token_id}".encode(), hashlib.sha256))

    @classmethod
    def read(cls, text: str) -> "OneTimeToken":
        """Return the token in a text.

        Raises: InvalidInput: no token of ours looks like this (`invalid_link`).
        """
        payload = b""
        if text.startswith(PREFIX):
            with suppress(ValueError):
                payload = base64url.decode(text.removeprefix(PREFIX))
        if len(payload) == _BYTES:
            tenant, own = payload[:16], payload[16:_IDS]
            return cls(str(uuid.UUID(bytes=tenant)), str(uuid.UUID(bytes=own)), payload[_IDS:])
        raise InvalidInput("this link is not valid any more: ask for a new one", code="invalid_link")

    @property
    def text(self) -> str:
        """The token as it is sent."""
        payload = uuid.UUID(self.tenant_id).bytes + uuid.UUID(self.id).bytes + self.mac
        return PREFIX + base64url.encode(payload)

    def hash(self, secret: bytes) -> str:
        """Return the hex of the keyed hash that is stored instead of the token."""
        return hmac.new(derive(secret, "one-time-token"), self.text.encode(), hashlib.sha256).hexdigest()
