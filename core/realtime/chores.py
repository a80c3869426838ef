"""What takes time and must happen in order: storing what was said, and answering it."""

import asyncio
from collections.abc import Awaitable, Callable

Chore = Callable[[], Awaitable[None]]


class Chores:
    """Does one thing after the other."""

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[Chore | None] = asyncio.Queue()
        self._task = asyncio.create_task(self._run())

    def add(self, chore: Chore) -> None:
        """Do this after everything added before."""
        self._waiting.put_nowait(chore)

    async def finish(self) -> None:
        """Do what was added, and nothing more."""
        self._waiting.put_nowait(None)
        await self._task

    async def _run(self) -> None:
        while (chore := await self._waiting.get()) is not None:
            await chore()
