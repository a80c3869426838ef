"""The detector all sessions share: cheap gates for each, and one pass of the network for everybody they let through."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Final

import numpy as np
import webrtcvad

from core.providers.vad.port import Decide, Ear
from core.providers.vad.silero import WINDOW, Samples, Silero, load_weights

_RATE: Final = 16_000
_WINDOW_BYTES: Final = 2 * WINDOW
_GATE: Final = _RATE * 20 // 1000  # samples the gate judges at a time
_SPEECH: Final = 0.5  # the network's score of a window in which somebody surely speaks


class Gate:
    """Says in some 8 µs whether a window may hold speech; it mistakes noise for speech, hardly the reverse."""

    __slots__ = ("_vad",)

    # 0 lets most through, 3 the least.
    STRICTNESS: Final = 2

    def __init__(self) -> None:
        self._vad = webrtcvad.Vad(self.STRICTNESS)

    def __call__(self, window: bytes) -> bool:
        """Judge the first and the last 20 ms of a window."""
        judge = self._vad.is_speech
        return judge(window, _RATE, _GATE) or judge(window[-2 * _GATE :], _RATE)


class Hush:
    """Says of a window's power alone, at next to no cost, that nobody speaks: it is that of the room.

    Power is the mean square of 16-bit samples. That of the room is the least heard lately.
    """

    __slots__ = ("_room",)

    # No microphone's speech is so soft: -72 dB of full scale.
    SOFTEST: Final = 64.0
    # Whatever is louder is never taken for the room: -42 dB of full scale.
    LOUDEST: Final = 65_536.0
    # Within 3 dB of the room, the network hears nothing either.
    ABOVE: Final = 2.0
    # By 2.7 dB a second may the room become louder: enough for a fan, too slow for speech to pass for it.
    RISE: Final = 1.02

    def __init__(self) -> None:
        self._room = self.SOFTEST / self.ABOVE

    def __call__(self, power: float) -> bool:
        """Judge the next window."""
        room = min(power, self._room * self.RISE)
        self._room = max(room, self.SOFTEST / self.ABOVE)
        return power < min(self._room * self.ABOVE, self.LOUDEST)


class SharedEar:
    """One session's ear on the shared detector.

    Attributes:
        speaks: the network heard speech last: as long as it does, nothing cheaper needs to be asked.
        waits: it is in the detector's queue.
    """

    __slots__ = ("_detector", "_gate", "_hold", "_hush", "_sound", "closed", "decide", "speaks", "voice", "waits")

    # Windows that still go to the network after the gate has closed, so that it sees how a word ends.
    HOLD: Final = 3
    # Windows taken in one pass, so that one who sends much at once does not keep the others waiting.
    _AT_ONCE: Final = 4

    def __init__(self, detector: "SharedDetector", voice: int, decide: Decide) -> None:
        self._detector = detector
        self._gate = Gate()
        self._hush = Hush()
        self._hold = 0
        self._sound = bytearray()
        self.voice = voice
        self.decide = decide
        self.speaks = False
        self.waits = False
        self.closed = False

    def feed(self, pcm: bytes) -> None:
        """Take 16 kHz PCM16; it is decided with the next pass."""
        self._sound += pcm
        if not self.waits and len(self._sound) >= _WINDOW_BYTES and not self.closed:
            self._detector.ask(self)

    def close(self) -> None:
        """Forget this session."""
        if not self.closed:
            self.closed = True
            self._detector.leave(self)

    def take(self) -> bytes:
        """Return the next windows, and say whether there are more in `waits`."""
        sound = self._sound
        size = min(len(sound) // _WINDOW_BYTES, self._AT_ONCE) * _WINDOW_BYTES
        windows = bytes(sound[:size])
        del sound[:size]
        self.waits = len(sound) >= _WINDOW_BYTES
        return windows

    def needs_network(self, window: bytes, power: float) -> bool:
        """Tell whether anything but the network may decide on a window; the others are silence."""
        if self.speaks or (not self._hush(power) and self._gate(window)):
            self._hold = self.HOLD
        elif self._hold:
            self._hold -= 1
        else:
            return False
        return True


class SharedDetector:
    """Decides on all windows that come in one round of the event loop together, on its thread.

    Those of all callers do whose lines are looked at together; waiting for more would cost a round of its own.
    """

    # Ears heard in one pass.
    _MOST: Final = 64

    def __init__(self, network: Silero) -> None:
        self._network = network
        self._queue: deque[SharedEar] = deque()
        self._due: asyncio.Handle | None = None

    @classmethod
    def load(cls) -> "SharedDetector":
        """Return a detector with the weights that come with the project."""
        return cls(Silero(load_weights()))

    def open(self, decide: Decide) -> Ear:
        """Start listening; see VoiceDetector."""
        return SharedEar(self, self._network.open(), decide)

    def leave(self, ear: SharedEar) -> None:
        """Forget an ear and what it still waits for."""
        self._network.close(ear.voice)
        if ear.waits:
            self._queue.remove(ear)

    def ask(self, ear: SharedEar) -> None:
        """Have an ear heard in the next pass."""
        ear.waits = True
        self._queue.append(ear)
        if self._due is None:
            self._due = asyncio.get_running_loop().call_soon(self._pass)

    def _pass(self) -> None:
        """Hear the ears that wait; those with much to hear wait for the next pass, at once."""
        ears: list[SharedEar] = []
        heard: list[bytes] = []
        for _ in range(min(len(self._queue), self._MOST)):
            ear = self._queue.popleft()
            windows = ear.take()
            if ear.waits:
                self._queue.append(ear)
            for start in range(0, len(windows), _WINDOW_BYTES):
                ears.append(ear)
                heard.append(windows[start : start + _WINDOW_BYTES])
        self._due = asyncio.get_running_loop().call_soon(self._pass) if self._queue else None
        if not ears:
            return
        for ear, score in zip(ears, self._scores(ears, heard), strict=True):
            if not ear.closed:
                ear.decide(score, WINDOW)

    def _scores(self, ears: Sequence[SharedEar], heard: Sequence[bytes]) -> list[float]:
        """Return the probability of speech for each window."""
        windows = np.frombuffer(b"".join(heard), np.int16).reshape(len(heard), WINDOW)
        scores = [0.0] * len(heard)
        asked = [
            i
            for i, (ear, window, power) in enumerate(zip(ears, heard, _powers(windows), strict=True))
            if ear.needs_network(window, power)
        ]
        for start in range(0, len(asked), Silero.LARGEST_PASS):
            rows = asked[start : start + Silero.LARGEST_PASS]
            found = self._network.advance([ears[i].voice for i in rows], windows[rows])
            for i, score in zip(rows, found.tolist(), strict=True):
                scores[i] = score
                ears[i].speaks = score >= _SPEECH
        return scores


def _powers(windows: Samples) -> list[float]:
    """Return the mean square of each row."""
    samples = windows.astype(np.float32)
    powers: list[float] = (np.vecdot(samples, samples) / WINDOW).tolist()
    return powers
