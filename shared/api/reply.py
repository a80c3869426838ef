"""What a handler may return beside a plain model."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec


class Reply(msgspec.Struct, frozen=True):
    """A body with a status or headers of its own.

    Attributes:
        body: anything msgspec encodes, or bytes that go out as they are with `headers["Content-Type"]`.
    """

    body: object
    status: int = 200
    headers: Mapping[str, str] = msgspec.field(default_factory=dict[str, str])


class Listing(msgspec.Struct, frozen=True):
    """A list that most clients read inside an envelope and the Android app as a bare array.

    Attributes:
        key: the list's name in the envelope.
        extra: what stands beside it there.
    """

    key: str
    items: Sequence[object]
    extra: Mapping[str, Any] = msgspec.field(default_factory=dict[str, Any])

    def negotiated(self, *, is_android: bool) -> object:
        """Return the bare array for `X-Client-Platform: Android`, else the envelope."""
        if is_android:
            return list(self.items)
        return {self.key: list(self.items), **self.extra}


class PerClient(msgspec.Struct, frozen=True):
    """An answer that the Android app reads in a form of its own.

    Attributes:
        android: its form, or what makes it where nobody else needs what it takes.
    """

    others: object
    android: object | Callable[[], object]

    def negotiated(self, *, is_android: bool) -> object:
        """Return Android's form for `X-Client-Platform: Android`, else the others'."""
        if not is_android:
            return self.others
        return self.android() if callable(self.android) else self.android
