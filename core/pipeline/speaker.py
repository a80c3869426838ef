"""Sends a reply's sound to the listener, never far ahead of what is played."""

import asyncio
from collections.abc import Callable
from typing import Final

from core.pipeline.audio_buffer import AudioBuffer
from core.pipeline.client import Client
from core.voice.playback import Playback

# What a listener may hold: enough to bridge a busy moment, little enough that an interruption is heard at once.
_LEAD_S: Final = 0.3
_CHUNK_S: Final = 0.1
_LEAST_S: Final = 0.08
# Below this, even a small piece of sound is sent at once.
_LOW_S: Final = 0.06
# Sound made ahead and not yet sent.
_BUFFERED_S: Final = 5
_SENTENCE_ENDS: Final = ".!?…:\n"


class Speaker:
    """Paces one reply.

    Args:
        rate: samples a second sent.
        on_sound: called before the first sound.
        on_piece: called when a piece of text has been sent to its end.
    """

    def __init__(
        self, client: Client, rate: int, *, on_sound: Callable[[], None], on_piece: Callable[[], None]
    ) -> None:
        self._client = client
        self._rate = rate
        self._on_sound = on_sound
        self._on_piece = on_piece
        self._text = ""
        self._last = False
        self._stopped = False
        self.buffer = AudioBuffer(_BUFFERED_S * rate * 2)
        self.playback = Playback(rate)

    def finish_sentence(self) -> None:
        """Say the present sentence, or the first one, and no more."""
        self._last = True

    def stop(self) -> None:
        """Send nothing more: `run` ends as if cancelled, even where its cancellation has not reached it yet."""
        self._stopped = True

    async def run(self) -> bool:
        """Send what the buffer holds; return whether all of the reply was sent."""
        while True:
            item = await self.buffer.take(self._wanted(), self._bytes(_CHUNK_S))
            if item is None:
                break
            if isinstance(item, bytes):
                await self._send(item)
                continue
            self._check_stopped()
            if self._last and self.playback.sent and self._text.rstrip(" \"')")[-1:] in _SENTENCE_ENDS:
                self.playback.finish()
                return False
            self._text = item
            self.playback.begin(item)
            self._on_piece()
        self.playback.finish()
        return True

    async def played_out(self) -> None:
        """Wait until the listener has heard what was sent."""
        # Event loops may wake a millisecond early, and the last word would seem unheard.
        await asyncio.sleep(self.playback.ahead(asyncio.get_running_loop().time()) + 0.002)

    async def _send(self, pcm: bytes) -> None:
        loop = asyncio.get_running_loop()
        samples = len(pcm) // 2
        early = self.playback.ahead(loop.time()) + samples / self._rate - _LEAD_S
        if early > 0:
            await asyncio.sleep(early)
        self._check_stopped()
        if not self.playback.sent:
            self._on_sound()
        await self._client.play(pcm)
        self.playback.send(samples, loop.time())

    def _check_stopped(self) -> None:
        if self._stopped:
            raise asyncio.CancelledError

    def _wanted(self) -> int:
        """Return how many bytes are worth sending now: small messages only while the listener has little left."""
        low = self.playback.ahead(asyncio.get_running_loop().time()) < _LOW_S
        return 2 if low else self._bytes(_LEAST_S)

    def _bytes(self, seconds: float) -> int:
        return round(seconds * self._rate) * 2
