"""Time-based one-time codes (RFC 6238): six digits, 30 seconds, HMAC-SHA1, as every authenticator app reads them.

A dozen lines over the standard library's HMAC, checked against the RFC's own vectors, need no dependency in the layer.
The key follows from the deployment's secret and a random nonce, so that the database alone makes no code.
"""

import base64
import hashlib
import hmac
import struct
from typing import Final
from urllib.parse import quote, urlencode

from shared.auth.keys import derive

STEP_S: Final = 30
DIGITS: Final = 6
ISSUER: Final = "UnaMentis"
# A code stands a step longer or sooner than its own, for clocks that differ.
_DRIFT: Final = (0, -1, 1)


def totp_key(secret: bytes, nonce: str) -> bytes:
    """Return an administrator's key: 20 bytes, as long as the hash (RFC 4226, section 4)."""
    return hmac.digest(derive(secret, "admin-totp"), nonce.encode(), hashlib.sha256)[:20]


def code_at(key: bytes, step: int) -> str:
    """Return the code of one time step (RFC 4226, section 5.3)."""
    digest = hmac.digest(key, struct.pack(">Q", step), hashlib.sha1)
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4]) & 0x7FFFFFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def step_of(key: bytes, code: str, now: float) -> int | None:
    """Return the time step a code belongs to, None for a wrong or stale one.

    Args:
        now: seconds since 1970.
    """
    present = int(now) // STEP_S
    given = code.encode()
    # All are compared, so that the time tells nothing about which one was nearly right.
    fits = [step for step in (present + n for n in _DRIFT) if hmac.compare_digest(code_at(key, step).encode(), given)]
    return fits[0] if fits else None


def provisioning_uri(key: bytes, name: str) -> str:
    """Return what an authenticator app takes as a link or a QR code.

    Source: https://github.com/google/google-authenticator/wiki/Key-Uri-Format
    """
    facts = {"secret": base64.b32encode(key).decode(), "issuer": ISSUER, "digits": DIGITS, "period": STEP_S}
    return f"otpauth://totp/{ISSUER}:{quote(name)}?{urlencode(facts)}"
