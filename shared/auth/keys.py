"""Keys derived from the deployment's one secret, each for one purpose."""

import hashlib
import hmac

KEY_BYTES = 32


def derive(secret: bytes, purpose: str) -> bytes:
    """Return the 32-byte key for a purpose (HMAC-SHA256 as in RFC 5869's expand step with one block)."""
    return hmac.digest(secret, purpose.encode() + b"\x01", hashlib.sha256)
