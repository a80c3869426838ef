"""Where the next page begins, as an opaque text that only we can make."""

import hashlib
import hmac
from typing import Final

from shared import base64url
from shared.auth.keys import derive
from shared.errors import InvalidInput

_MAC_BYTES: Final = 12


class Cursors:
    """Cursors of one listing: another listing's, or a made-up one, is refused.

    Args:
        secret: the deployment's. listing: such as "audit".
    """

    def __init__(self, secret: bytes, listing: str) -> None:
        self._key = derive(secret, f"cursor-{listing}")

    def encode(self, last: str) -> str:
        """Return the cursor behind the row with this key."""
        text = last.encode()
        return base64url.encode(self._mac(text) + text)

    def decode(self, cursor: str | None) -> str | None:
        """Return the key of the last row seen, None for the first page.

        Raises: InvalidInput: not one of our cursors.
        """
        if cursor is None:
            return None
        try:
            raw = base64url.decode(cursor)
        except ValueError:
            raw = b""
        mac, text = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if not text or not hmac.compare_digest(mac, self._mac(text)):
            raise InvalidInput("cursor: the next_cursor of the page before", details={"cursor": "the next_cursor"})
        return text.decode()

    def _mac(self, text: bytes) -> bytes:
        return hmac.digest(self._key, text, hashlib.sha256)[:_MAC_BYTES]
