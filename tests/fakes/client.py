"""A listener that remembers what it was told and played, in order."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from core.pipeline.notices import Notice
from shared.errors import AppError

T = TypeVar("T")


class FakeClient:
    """`received` holds notices and sound as they came; `until` waits for one of them.

    `on_play` is called within each `play`.
    """

    def __init__(self) -> None:
        self.received: list[Notice | bytes] = []
        self.left: AppError | None = None
        self.dropped = 0
        self.on_play: Callable[[], None] | None = None
        self._news = asyncio.Event()

    def tell(self, notice: Notice) -> None:
        self._add(notice)

    async def play(self, pcm: bytes) -> None:
        self._add(pcm)
        if self.on_play:
            self.on_play()

    def drop_audio(self) -> int:
        self.dropped += 1
        return 0

    def leave(self, error: AppError) -> None:
        self.left = error
        self._news.set()

    @property
    def notices(self) -> list[Notice]:
        return [item for item in self.received if not isinstance(item, bytes)]

    @property
    def kinds(self) -> list[str]:
        """The names of what was received; tokens and sound that follow their like are left out."""
        names = [type(item).__name__ for item in self.received]
        return [name for i, name in enumerate(names) if not (i and name == names[i - 1] in {"ReplyToken", "bytes"})]

    def only(self, kind: type[T]) -> list[T]:
        return [item for item in self.received if isinstance(item, kind)]

    async def until(self, kind: type[object], count: int = 1) -> None:
        """Wait until so many of a kind were received."""
        await self.until_true(lambda: sum(isinstance(item, kind) for item in self.received) >= count)

    async def until_true(self, condition: Callable[[], bool]) -> None:
        """Wait until a condition holds; it is looked at whenever something was received or stored."""
        async with asyncio.timeout(10):
            while not condition():
                self._news.clear()
                await self._news.wait()

    def wake(self) -> None:
        """Have conditions looked at again: something changed elsewhere."""
        self._news.set()

    def _add(self, item: Notice | bytes) -> None:
        self.received.append(item)
        self._news.set()
