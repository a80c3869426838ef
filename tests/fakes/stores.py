"""An object store with no room left."""

from collections.abc import Iterator

from shared.errors import Unavailable
from shared.storage.port import ObjectStore, Stored


class FullStore:
    """Implements ObjectStore: as the store behind it, which takes nothing more while `is_full`."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self.is_full = True

    def put(self, key: str, data: bytes) -> None:
        if self.is_full:
            raise Unavailable(f"no room for {len(data)} bytes of {key}")
        self._store.put(key, data)

    def get(self, key: str) -> bytes:
        return self._store.get(key)

    def delete(self, key: str) -> None:
        self._store.delete(key)

    def keys(self, prefix: str) -> Iterator[str]:
        return self._store.keys(prefix)

    def entries(self, prefix: str) -> Iterator[Stored]:
        return self._store.entries(prefix)
