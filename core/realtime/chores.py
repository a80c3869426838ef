"""What takes time and must happen in order: storing what was said, and answering it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

Chore = Callable[[], Awaitable[None]]

_MANY: Final = 100


class Chores:
    """Does one thing after the other."""

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[Chore | None] = asyncio.Queue()
        self._task = asyncio.create_task(self._run())

    def add(self, chore: Chore) -> None:
        """Do this after everything added before."""
        self._waiting.put_nowait(chore)

    @property
    def are_many(self) -> bool:
        """Whether so many wait that no more should be ordered: the store or a vendor is slow."""
        return self._waiting.qsize() >= _MANY

    async def finish(self) -> None:
        """Do what was added, and nothing more."""
        self._waiting.put_nowait(None)
        await self._task

    async def _run(self) -> None:
        while (chore := await self._waiting.get()) is not None:
            await chore()
