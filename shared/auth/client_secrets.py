"""Ephemeral client secrets, which open Realtime sockets for some minutes: `ek_<random>`. Only a keyed hash is stored.

The random part is base64url of 16 bytes of tenant id and 24 secret bytes, so that its tenant is known before it is
looked for.
"""

import hashlib
import hmac
import re
import secrets
import uuid
from typing import Final

from shared import base64url
from shared.auth.keys import derive
from shared.errors import Unauthenticated

PREFIX: Final = "ek_"
_SECRET_BYTES: Final = 24
_FORM: Final = re.compile(PREFIX + r"[A-Za-z0-9_-]{54}")  # 40 bytes in base64url without padding


def mint_client_secret(tenant_id: str) -> str:
    """Return a fresh secret for a tenant."""
    payload = uuid.UUID(tenant_id).bytes + secrets.token_bytes(_SECRET_BYTES)
    return PREFIX + base64url.encode(payload)


def is_client_secret(token: str) -> bool:
    """Whether a token means to be a client secret."""
    return token.startswith(PREFIX)


def tenant_of_client_secret(secret: str) -> str:
    """Return the tenant a secret claims to belong to; only its hash proves it.

    Raises: Unauthenticated: not the form of a client secret.
    """
    if not _FORM.fullmatch(secret):
        raise Unauthenticated("the client secret is not valid")
    try:
        payload = base64url.decode(secret.removeprefix(PREFIX))
    except ValueError:
        raise Unauthenticated("the client secret is not valid") from None
    return str(uuid.UUID(bytes=payload[:16]))


def hash_client_secret(secret: str, key: bytes) -> str:
    """Return the hex of the keyed hash that is stored instead of the secret.

    Args: key: the deployment's secret.
    """
    return hmac.new(derive(key, "realtime-secret"), secret.encode(), hashlib.sha256).hexdigest()
