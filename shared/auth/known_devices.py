"""Proof that a device has signed an account in before, so that nobody else's wrong guesses keep it out.

Whoever guesses passwords makes others wait who share their network address, as everybody in a school does. A device
that comes with the proof it got at its last sign-in is counted by itself instead. The proof opens nothing: it is good
for one address and lets its holder try passwords at the pace anybody may.
"""

import hashlib
import hmac
import secrets
import time
from typing import Final

from shared import base64url
from shared.auth.keys import derive

LIFETIME_S: Final = 180 * 86_400
_NONCE_BYTES: Final = 12
_MAC_BYTES: Final = 16
_CHARS: Final = 43  # 32 bytes in base64url without padding


class KnownDevices:
    """Issues and reads the proofs of one deployment."""

    def __init__(self, secret: bytes) -> None:
        self._key = derive(secret, "known-device")
        self._account_key = derive(secret, "login-account")

    def account(self, email: str) -> str:
        """Return what stands for a normalised address where attempts are counted."""
        return hmac.new(self._account_key, email.encode(), hashlib.sha256).hexdigest()

    def issue(self, email: str) -> str:
        """Return a fresh proof for an account's address."""
        facts = (int(time.time()) + LIFETIME_S).to_bytes(4, "big") + secrets.token_bytes(_NONCE_BYTES)
        return base64url.encode(facts + self._mac(email, facts))

    def proved(self, email: str, proof: str | None) -> str | None:
        """Return the device's name, None without a good proof for this address."""
        if proof is None or len(proof) != _CHARS:
            return None
        try:
            raw = base64url.decode(proof)
        except ValueError:
            return None
        facts, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(email, facts)) or int.from_bytes(facts[:4], "big") < time.time():
            return None
        return f"device-{facts[4:].hex()}"

    def _mac(self, email: str, facts: bytes) -> bytes:
        return hmac.digest(self._key, facts + email.encode(), hashlib.sha256)[:_MAC_BYTES]
