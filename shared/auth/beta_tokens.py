"""Beta tokens: `uma_beta_<year>_<random>`. Only a keyed hash is ever stored.

The random part is base64url of 16 bytes of tenant id and 24 secret bytes, so that a request knows its tenant before
its single round trip. A forged tenant finds no hash there.
"""

import hashlib
import hmac
import secrets
import uuid
from contextlib import suppress

from shared import base64url
from shared.auth.keys import derive
from shared.errors import Unauthenticated

PREFIX = "uma_beta_"
_SECRET_BYTES = 24
_RANDOM_CHARS = 54  # 40 bytes in base64url without padding


def mint_beta_token(tenant_id: str, year: int) -> str:
    """Return a fresh token for a tenant."""
    payload = uuid.UUID(tenant_id).bytes + secrets.token_bytes(_SECRET_BYTES)
    return f"{PREFIX}{year}_{base64url.encode(payload)}"


def tenant_of_beta_token(token: str) -> str:
    """Return the tenant a token claims to belong to; only its hash proves it.

    Raises: Unauthenticated: not the form of a beta token.
    """
    year, _, random = token.removeprefix(PREFIX).partition("_")
    if token.startswith(PREFIX) and year.isdigit() and len(random) == _RANDOM_CHARS:
        with suppress(ValueError):
            return str(uuid.UUID(bytes=base64url.decode(random)[:16]))
    raise Unauthenticated("the token is not valid")


def hash_beta_token(token: str, secret: bytes) -> str:
    """Return the hex of the keyed hash that is stored instead of the token."""
    return hmac.new(derive(secret, "beta-token"), token.encode(), hashlib.sha256).hexdigest()
