"""Addresses of clips that need no credential: signed, and good for a day or two."""

import hashlib
import hmac
from typing import Final
from uuid import UUID

import msgspec

from core.speech.encoding import ENCODINGS, Format
from shared import base64url
from shared.auth.keys import derive
from shared.errors import NotFound

_DAY: Final = 86_400
_SIGNATURE_BYTES: Final = 16
_FORMATS: Final = tuple(ENCODINGS)


class Linked(msgspec.Struct, frozen=True):
    """A clip of a tenant in a format; `expires` is in epoch seconds."""

    tenant_id: str
    hash: str
    format: Format
    expires: int


class Links:
    """Makes and reads the addresses of one deployment."""

    def __init__(self, secret: bytes) -> None:
        self._key = derive(secret, "speech-links")

    def address(self, tenant_id: str, name: str, form: Format, *, now: float) -> str:
        """Return where a clip can be had from one to two days, the same address all day, so that it can be cached."""
        expires = (int(now) // _DAY + 2) * _DAY
        facts = UUID(tenant_id).bytes + bytes.fromhex(name) + bytes([_FORMATS.index(form)]) + expires.to_bytes(5, "big")
        token = base64url.encode(facts + self._signature(facts))
        return f"/media/speech?clip={token}"

    def read(self, token: str, *, now: float) -> Linked:
        """Return what an address names.

        Raises: NotFound: it was not made here, or its time is over; both look alike.
        """
        try:
            data = base64url.decode(token)
        except ValueError:
            data = b""
        facts, signature = data[:-_SIGNATURE_BYTES], data[-_SIGNATURE_BYTES:]
        if len(facts) != 16 + 32 + 1 + 5 or not hmac.compare_digest(signature, self._signature(facts)):
            raise NotFound("no such clip")
        expires = int.from_bytes(facts[49:], "big")
        if expires <= now:
            raise NotFound("no such clip")
        return Linked(str(UUID(bytes=facts[:16])), facts[16:48].hex(), _FORMATS[facts[48]], expires)

    def _signature(self, facts: bytes) -> bytes:
        return hmac.digest(self._key, facts, hashlib.sha256)[:_SIGNATURE_BYTES]
