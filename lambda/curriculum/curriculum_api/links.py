"""Addresses of pictures that need no credential: signed, the same all day so that they can be cached, good for a week.

Whoever reads a lesson shows its pictures, and what shows pictures sends no token.
"""

import hashlib
import hmac
from typing import Final
from uuid import UUID

import msgspec

from shared import base64url
from shared.auth.keys import derive
from shared.errors import NotFound

ROUTE: Final = "/assets/curriculum/signed"
_DAY: Final = 86_400
_DAYS: Final = 8
_SIGNATURE_BYTES: Final = 16
_FACTS_BYTES: Final = 16 + 16 + 1 + 5


class Linked(msgspec.Struct, frozen=True):
    """What an address names: a file or its thumbnail; `expires` is in epoch seconds."""

    tenant_id: str
    asset_id: str
    is_thumbnail: bool
    expires: int


class AssetLinks:
    """Makes and reads the addresses of one deployment.

    Args:
        now: epoch seconds.
    """

    def __init__(self, secret: bytes, *, now: float) -> None:
        self._key = derive(secret, "asset-links")
        self._now = now

    def address(self, tenant_id: str, asset_id: str, *, thumbnail: bool = False) -> str:
        """Return where a file can be had for at least a week."""
        expires = (int(self._now) // _DAY + _DAYS) * _DAY
        facts = UUID(tenant_id).bytes + UUID(asset_id).bytes + bytes([thumbnail]) + expires.to_bytes(5, "big")
        token = base64url.encode(facts + self._signature(facts))
        return f"{ROUTE}?file={token}"

    def read(self, token: str) -> Linked:
        """Return what an address names.

        Raises: NotFound: it was not made here, or its time is over; both look alike.
        """
        try:
            data = base64url.decode(token)
        except ValueError:
            data = b""
        facts, signature = data[:-_SIGNATURE_BYTES], data[-_SIGNATURE_BYTES:]
        expires = int.from_bytes(facts[33:], "big")
        good = len(facts) == _FACTS_BYTES and hmac.compare_digest(signature, self._signature(facts))
        if not good or expires <= self._now:
            raise NotFound("no such file")
        return Linked(str(UUID(bytes=facts[:16])), str(UUID(bytes=facts[16:32])), facts[32] == 1, expires)

    def _signature(self, facts: bytes) -> bytes:
        return hmac.digest(self._key, facts, hashlib.sha256)[:_SIGNATURE_BYTES]
