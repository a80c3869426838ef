"""Speech between the synthesiser, which is fast, and the listener, who hears in real time."""

import asyncio
from collections import deque
from collections.abc import Sequence


class AudioBuffer:
    """Pieces of text, each followed by its sound. A full buffer makes the synthesiser wait.

    Args:
        most: bytes that fill it.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._items: deque[str | bytes] = deque()
        self._bytes = 0
        self._finished = False
        self._filled = asyncio.Event()
        self._emptied = asyncio.Event()

    def begin(self, text: str) -> None:
        """Name the text that the next sound speaks."""
        self._items.append(text)
        self._filled.set()

    async def put(self, pcm: bytes) -> None:
        """Add sound, after waiting for room."""
        if not pcm:
            return
        while self._bytes >= self._most:
            self._emptied.clear()
            await self._emptied.wait()
        self._items.append(pcm)
        self._bytes += len(pcm)
        self._filled.set()

    def put_back(self, items: Sequence[str | bytes]) -> None:
        """Have what was taken taken again, before everything else; there is always room for it."""
        self._items.extendleft(reversed(items))
        self._bytes += sum(len(item) for item in items if isinstance(item, bytes))
        self._filled.set()

    def finish(self) -> None:
        """Nothing follows."""
        self._finished = True
        self._filled.set()

    async def take(self, least: int, most: int) -> str | bytes | None:
        """Return the next text, or sound, or None at the end.

        Args:
            least: bytes worth waiting for; a piece's last sound may be shorter.
            most: bytes at most; even, as `least`.
        """
        while True:
            if not self._items:
                if self._finished:
                    return None
            elif isinstance(text := self._items[0], str):
                self._items.popleft()
                return text
            elif self._ready(least):
                return self._collect(most)
            self._filled.clear()
            await self._filled.wait()

    def _ready(self, least: int) -> bool:
        size = 0
        for item in self._items:
            if isinstance(item, str):
                return True
            size += len(item)
            if size >= least:
                return True
        return self._finished

    def _collect(self, most: int) -> bytes:
        chunks: list[bytes] = []
        size = 0
        while size < most and self._items and not isinstance(chunk := self._items[0], str):
            self._items.popleft()
            if size + len(chunk) > most:
                self._items.appendleft(chunk[most - size :])
                chunk = chunk[: most - size]
            chunks.append(chunk)
            size += len(chunk)
        self._bytes -= size
        self._emptied.set()
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)
