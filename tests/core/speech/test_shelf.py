"""What is stored of whom, and what goes first."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from core.speech.shelf import Shelf
from shared.clock import utc_now
from shared.storage.port import Stored

ALPHA, BETA = "0190aaaa-0000-7000-8000-00000000000a", "0190bbbb-0000-7000-8000-00000000000b"


class AgedStore:
    """Objects of any age: key to size and days."""

    def __init__(self, *objects: tuple[str, int, int]) -> None:
        self.objects = {key: (size, days) for key, size, days in objects}

    def put(self, key: str, data: bytes) -> None:
        self.objects[key] = (len(data), 0)

    def get(self, key: str) -> bytes:
        return bytes(self.objects[key][0])

    def delete(self, key: str) -> None:
        self.objects.pop(key, None)

    def keys(self, prefix: str) -> Iterator[str]:
        return (entry.key for entry in self.entries(prefix))

    def entries(self, prefix: str) -> Iterator[Stored]:
        now = utc_now()
        for key, (size, days) in list(self.objects.items()):
            if key.startswith(f"{prefix}/"):
                yield Stored(key, size, now - timedelta(days=days))


def clip(tenant: str, name: str) -> str:
    return f"tenants/{tenant}/speech/{name}.pcm"


@pytest.fixture
def store() -> AgedStore:
    return AgedStore(
        (clip(ALPHA, "old"), 10, 100),
        (clip(ALPHA, "week"), 20, 7),
        (clip(ALPHA, "new"), 30, 0),
        (clip(BETA, "old"), 10, 100),
        (f"tenants/{ALPHA}/pictures/old.svg", 10, 100),
    )


def names(clips: list[Stored]) -> list[str]:
    return [found.key.rpartition("/")[2].removesuffix(".pcm") for found in clips]


def test_the_oldest_goes_first(store: AgedStore) -> None:
    shelf = Shelf(store)
    assert names(shelf.evict(ALPHA, free_bytes=11)) == ["old", "week"]
    assert names(shelf.evict(ALPHA, target_bytes=30)) == []
    assert names(shelf.evict(ALPHA, target_bytes=29)) == ["new"]
    assert clip(BETA, "old") in store.objects


def test_expiry_is_by_age(store: AgedStore) -> None:
    assert names(Shelf(store).expire(ALPHA)) == ["old"]
    assert clip(BETA, "old") in store.objects


def test_a_sweep_goes_through_every_tenant_and_leaves_other_things(store: AgedStore) -> None:
    assert sorted(found.key for found in Shelf(store, most_bytes=30).sweep()) == [
        clip(ALPHA, "old"),
        clip(ALPHA, "week"),
        clip(BETA, "old"),
    ]
    assert sorted(store.objects) == [f"tenants/{ALPHA}/pictures/old.svg", clip(ALPHA, "new")]


def test_one_by_name_and_all(store: AgedStore) -> None:
    shelf = Shelf(store)
    assert names(shelf.remove(ALPHA, "nobody")) == []
    assert names(shelf.remove(ALPHA, "week")) == ["week"]
    assert names(shelf.clear(ALPHA)) == ["old", "new"]
    assert names(shelf.clips(BETA)) == ["old"]
