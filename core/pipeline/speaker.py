"""Sends a reply's sound to the listener, never far ahead of what is played.

A sentence that the client speaks itself is sent when the one before it is nearly over, by its likely length and by what
the client tells.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from core.pipeline.audio_buffer import AudioBuffer, Item
from core.pipeline.beat import beat_after, rest
from core.pipeline.client import Client
from core.pipeline.device_speech import Sentence, sentences
from core.pipeline.notices import Unvoiced
from core.voice.playback import Playback

# What a listener may hold: enough to bridge a busy moment, little enough that an interruption is heard at once.
_LEAD_S: Final = 0.4
_CHUNK_S: Final = 0.25
_LEAST_S: Final = 0.08
# Below this, even a small piece of sound is sent at once.
_LOW_S: Final = 0.06
# Sound made ahead and not yet sent.
_BUFFERED_S: Final = 5
# Sound kept after it was sent: a listener may not have heard it yet when the tutor is held.
_KEPT_S: Final = 2
_SENTENCE_ENDS: Final = ".!?…:\n"


class Speaker:
    """Paces one reply, which may be held and go on where the listener stopped hearing it.

    Args:
        turn_id: the reply's.
        rate: samples a second sent.
        on_sound: called before the first sound, and before the first after each hold.
        on_piece: called when a piece of text has been sent to its end.
    """

    def __init__(
        self, client: Client, turn_id: str, rate: int, *, on_sound: Callable[[], None], on_piece: Callable[[], None]
    ) -> None:
        self._now = asyncio.get_running_loop().time
        self._client = client
        self._turn_id = turn_id
        self._rate = rate
        self._chunk, self._least, self._most_kept = (self._bytes(seconds) for seconds in (_CHUNK_S, _LEAST_S, _KEPT_S))
        self._on_sound = on_sound
        self._on_piece = on_piece
        self._text = ""
        self._last = False
        self._stopped = False
        self._sounded = False
        self._hand: Item | None = None  # taken from the buffer, and not sent
        self._kept: deque[Item] = deque()
        self._kept_from = 0
        self._kept_bytes = 0
        self._sentences = 0
        self._told = asyncio.Event()
        self._resumptions = 0
        self._going = asyncio.Event()
        self._going.set()
        self.buffer = AudioBuffer(self._bytes(_BUFFERED_S))
        self.playback = Playback(rate)

    def hand_over(self, speech: str, *, speed: float, skip_ms: int = 0) -> None:
        """Leave a text to the client to speak.

        Args:
            speed: of the voice, 1.0 its own pace.
            skip_ms: of its sound, not to be spoken.
        """
        made = sentences(speech, first=self._sentences, rate=self._rate, speed=speed, skip_ms=skip_ms)
        self._sentences += len(made)
        for sentence in made:
            self.buffer.hand_over(sentence)

    def acknowledge(self, played_ms: int) -> None:
        """The client says how much it has played."""
        self.playback.acknowledge(played_ms * self._rate // 1000, self._now())
        self._told.set()

    def finish_sentence(self) -> None:
        """Say the present sentence, or the first one, and no more."""
        self._last = True

    def hold(self, *, unsent: int = 0) -> None:
        """Send nothing until told to resume. Args: unsent: samples counted as sent that have not left."""
        if self._going.is_set():
            self._going.clear()
            self.playback.hold(self._now(), unsent)

    def resume(self) -> None:
        """Go on where the listener stopped hearing."""
        now = self._now()
        at = max(self.playback.heard(now), self._kept_from)
        again = self._unheard(at)
        if self._hand is not None:
            again.append(self._hand)
            self._hand = None
        self.playback.rewind(at, now)
        self.buffer.put_back(again)
        self._kept.clear()
        self._kept_from, self._kept_bytes = at, 0
        self._sounded = False
        self._resumptions += 1
        self._going.set()

    def stop(self) -> None:
        """Send nothing more: `run` ends as if cancelled, even where its cancellation has not reached it yet."""
        self._stopped = True

    def close(self) -> None:
        """Let go of all sound, and of whoever is told: the reply is over, and may be remembered for long."""
        self._stopped = True
        self._hand = None
        self._kept.clear()
        self.buffer.clear()
        self._on_sound = self._on_piece = _nobody

    async def run(self) -> bool:
        """Send what the buffer holds; return whether all of the reply was sent."""
        while True:
            item = self._hand = await self.buffer.take(self._wanted(), self._chunk)
            taken = self._resumptions
            if isinstance(item, bytes):
                await self._wait_until_due(len(item) // 2)
            elif item is not None and self.playback.follows:
                await self._wait_until_due(0)
            if not self._going.is_set():
                await self._going.wait()
            self._check_stopped()
            if taken != self._resumptions:
                continue  # it was put back
            if item is None:
                break
            if isinstance(item, bytes):
                await self._send(item)
            elif isinstance(item, Sentence):
                self._hand_over(item)
            elif not self._begin(item):
                self.playback.finish()
                return False
        self.playback.finish()
        return True

    async def played_out(self) -> bool:
        """Wait until the listener has heard what was sent; False: it was held, and there may be more to send."""
        taken = self._resumptions
        # Event loops may wake a millisecond early, and the last word would seem unheard.
        while await self._hears_within(self.playback.ahead(self._now()) + 0.002):
            pass
        await self._going.wait()
        return taken == self._resumptions

    async def _wait_until_due(self, samples: int) -> None:
        while (early := self._early(samples)) > 0:
            if not self.playback.follows:
                await rest(early)
                return
            if not await self._hears_within(beat_after(early) - self._now()):
                return

    def _early(self, samples: int) -> float:
        return self.playback.ahead(self._now()) + samples / self._rate - _LEAD_S

    async def _hears_within(self, seconds: float) -> bool:
        """Wait for so long; True: for less, because the client, which speaks itself, has told how far it is."""
        if not self.playback.follows:
            await asyncio.sleep(seconds)
            return False
        self._told.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._told.wait()
                return True
        return False

    def _begin(self, text: str) -> bool:
        """Name the next piece; False: the last one was to be the last."""
        if self._last and self.playback.sent and self._text.rstrip(" \"')")[-1:] in _SENTENCE_ENDS:
            return False
        self._hand = None
        self._keep(text)
        self._text = text
        self.playback.begin(text)
        self._on_piece()
        return True

    async def _send(self, pcm: bytes) -> None:
        if not self._sounded:
            self._sounded = True
            self._on_sound()
        await self._client.play(pcm)
        if not self._going.is_set():
            await self._going.wait()
        if self._hand is not pcm:
            return  # held while the listener took nothing: it was put back
        self._hand = None
        self._keep(pcm)
        self.playback.send(len(pcm) // 2, self._now())

    def _hand_over(self, sentence: Sentence) -> None:
        if not self._sounded:
            self._sounded = True
            self._on_sound()
        playback = self.playback
        duration_ms, position_ms = (count * 1000 // self._rate for count in (sentence.samples, playback.sent))
        self._client.tell(Unvoiced(self._turn_id, sentence.text, sentence.index, duration_ms, position_ms))
        self._hand = None
        self._keep(sentence)
        playback.hand_over(sentence.samples, sentence.of_piece, self._now())

    def _keep(self, item: Item) -> None:
        """Keep what is sent: sound for a while, sentences as long as no sound follows."""
        self._kept.append(item)
        self._kept_bytes += len(item) if isinstance(item, bytes) else 0
        while self._kept_bytes > self._most_kept:
            oldest = self._kept.popleft()
            self._kept_from += _samples(oldest)
            self._kept_bytes -= len(oldest) if isinstance(oldest, bytes) else 0

    def _unheard(self, at: int) -> list[Item]:
        """Return what was sent after the sample `at`."""
        skip = at - self._kept_from
        unheard: list[Item] = []
        for item in self._kept:
            samples = _samples(item)
            if not skip:
                unheard.append(item)
            elif skip < samples and not isinstance(item, str):
                unheard.append(item[skip * 2 :] if isinstance(item, bytes) else item.after(skip))
            skip = max(0, skip - samples)
        return unheard

    def _check_stopped(self) -> None:
        if self._stopped:
            raise asyncio.CancelledError

    def _wanted(self) -> int:
        """Return how many bytes are worth sending now: small messages only while the listener has little left."""
        low = self.playback.ahead(self._now()) < _LOW_S
        return 2 if low else self._least

    def _bytes(self, seconds: float) -> int:
        return round(seconds * self._rate) * 2


def _samples(item: Item) -> int:
    """Return how long an item sounds."""
    if isinstance(item, bytes):
        return len(item) // 2
    return 0 if isinstance(item, str) else item.samples


def _nobody() -> None:
    """There is nobody to tell."""
