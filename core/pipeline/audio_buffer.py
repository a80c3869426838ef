"""Speech between the synthesiser, which is fast, and the listener, who hears in real time."""

import asyncio
from collections import deque
from collections.abc import Sequence

from core.pipeline.device_speech import Sentence

# A piece's text, or what follows it: sound, and sentences that the client speaks itself.
Item = str | bytes | Sentence


class AudioBuffer:
    """Pieces of text, each followed by its sound or by sentences. A full buffer makes the synthesiser wait.

    Args:
        most: bytes that fill it.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._items: deque[Item] = deque()
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

    def hand_over(self, sentence: Sentence) -> None:
        """Add a sentence that the client speaks; an answer's text is short, so there is always room."""
        self._items.append(sentence)
        self._filled.set()

    def put_back(self, items: Sequence[Item]) -> None:
        """Have what was taken taken again, before everything else; there is always room for it."""
        self._items.extendleft(reversed(items))
        self._bytes += sum(len(item) for item in items if isinstance(item, bytes))
        self._filled.set()

    def clear(self) -> None:
        """Forget everything that was not taken."""
        self._items.clear()
        self._bytes = 0

    def finish(self) -> None:
        """Nothing follows."""
        self._finished = True
        self._filled.set()

    async def take(self, least: int, most: int) -> Item | None:
        """Return the next text, sound, or sentence, or None at the end.

        Args:
            least: bytes worth waiting for; a piece's last sound may be shorter.
            most: bytes at most; even, as `least`.
        """
        while True:
            if not self._items:
                if self._finished:
                    return None
            elif not isinstance(item := self._items[0], bytes):
                self._items.popleft()
                return item
            elif self._ready(least):
                return self._collect(most)
            self._filled.clear()
            await self._filled.wait()

    def _ready(self, least: int) -> bool:
        size = 0
        for item in self._items:
            if not isinstance(item, bytes):
                return True
            size += len(item)
            if size >= least:
                return True
        return self._finished

    def _collect(self, most: int) -> bytes:
        chunks: list[bytes] = []
        size = 0
        while size < most and self._items and isinstance(chunk := self._items[0], bytes):
            self._items.popleft()
            if size + len(chunk) > most:
                self._items.appendleft(chunk[most - size :])
                chunk = chunk[: most - size]
            chunks.append(chunk)
            size += len(chunk)
        self._bytes -= size
        self._emptied.set()
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)
