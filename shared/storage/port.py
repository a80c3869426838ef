"""The port of the object store."""

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

import msgspec


class Stored(msgspec.Struct, frozen=True):
    """An object that is there: its size in bytes, and when it was stored."""

    key: str
    size: int
    stored_at: datetime


class ObjectStore(Protocol):
    """Bytes under keys such as `tenants/<id>/speech/<hash>.pcm`; a key never holds `..` or an empty part."""

    def put(self, key: str, data: bytes) -> None:
        """Store `data`, replacing what was there; a reader sees the old or the new bytes, never a part.

        Raises: InvalidInput: a malformed key. Unavailable: the store does not answer or is full.
        """
        ...

    def get(self, key: str) -> bytes:
        """Return the bytes under `key`.

        Raises: NotFound: nothing there. InvalidInput, Unavailable: as `put`.
        """
        ...

    def delete(self, key: str) -> None:
        """Remove `key`; removing what is not there is no error."""
        ...

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys below the folder `prefix`, in no particular order."""
        ...

    def entries(self, prefix: str) -> Iterator[Stored]:
        """Yield what is stored below the folder `prefix`, in no particular order."""
        ...
