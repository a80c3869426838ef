"""Addresses of a tenant's exported data that need no credential: signed, good for an hour."""

import hashlib
import hmac
from typing import Final
from uuid import UUID

import msgspec

from shared import base64url
from shared.auth.keys import derive
from shared.errors import NotFound

LASTS_S: Final = 3_600
_SIGNATURE_BYTES: Final = 16
_FACTS_BYTES: Final = 16 + 16 + 3 + 5


class ExportedPart(msgspec.Struct, frozen=True):
    """One file of an export; `number` counts from 1."""

    tenant_id: str
    job_id: str
    number: int

    @property
    def key(self) -> str:
        """Where the object store has it."""
        return f"{export_folder(self.tenant_id)}/{self.job_id}/part-{self.number:04}.zip"


def export_folder(tenant_id: str) -> str:
    """Return the folder of a tenant's exports."""
    return f"tenants/{tenant_id}/exports"


class ExportLinks:
    """Makes and reads the addresses of one deployment."""

    def __init__(self, secret: bytes) -> None:
        self._key = derive(secret, "export-links")

    def address(self, part: ExportedPart, *, now: float) -> str:
        """Return where a part can be had for an hour."""
        facts = UUID(part.tenant_id).bytes + UUID(part.job_id).bytes + part.number.to_bytes(3, "big")
        facts += (int(now) + LASTS_S).to_bytes(5, "big")
        return f"/media/export?part={base64url.encode(facts + self._signature(facts))}"

    def read(self, token: str, *, now: float) -> ExportedPart:
        """Return what an address names.

        Raises: NotFound: it was not made here, or its time is over; both look alike.
        """
        try:
            data = base64url.decode(token)
        except ValueError:
            data = b""
        facts, signature = data[:-_SIGNATURE_BYTES], data[-_SIGNATURE_BYTES:]
        known = len(facts) == _FACTS_BYTES and hmac.compare_digest(signature, self._signature(facts))
        if not known or int.from_bytes(facts[35:], "big") <= now:
            raise NotFound("no such export")
        job = str(UUID(bytes=facts[16:32]))
        return ExportedPart(str(UUID(bytes=facts[:16])), job, int.from_bytes(facts[32:35], "big"))

    def _signature(self, facts: bytes) -> bytes:
        return hmac.digest(self._key, facts, hashlib.sha256)[:_SIGNATURE_BYTES]
