"""The detector all sessions share: a cheap gate for each, and one pass of the network for everybody it lets through."""

import asyncio
from collections import deque
from typing import Final

import numpy as np
import webrtcvad

from core.providers.vad.port import Decide, Ear
from core.providers.vad.silero import WINDOW, Silero, load_weights

_RATE: Final = 16_000
_WINDOW_BYTES: Final = 2 * WINDOW
_GATE: Final = _RATE * 20 // 1000  # samples the gate judges at a time


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


class SharedEar:
    """One session's ear on the shared detector."""

    __slots__ = ("_buffer", "_detector", "_gate", "_hold", "closed", "decide", "voice", "waiting")

    # Windows that still go to the network after the gate has closed, so that it sees how a word ends.
    HOLD: Final = 3

    def __init__(self, detector: "SharedDetector", voice: int, decide: Decide) -> None:
        self._detector = detector
        self._gate = Gate()
        self._buffer = b""
        self._hold = 0
        self.voice = voice
        self.decide = decide
        self.waiting: deque[bytes] = deque()
        self.closed = False

    def feed(self, pcm: bytes) -> None:
        """Take 16 kHz PCM16; silence is decided at once, the rest with the next pass."""
        buffer = self._buffer + pcm if self._buffer else pcm
        start = 0
        while len(buffer) - start >= _WINDOW_BYTES and not self.closed:
            window = buffer[start : start + _WINDOW_BYTES]
            start += _WINDOW_BYTES
            self._sort(window)
        self._buffer = buffer[start:]

    def close(self) -> None:
        """Forget this session."""
        if not self.closed:
            self.closed = True
            self._detector.leave(self)

    def _sort(self, window: bytes) -> None:
        if self._gate(window):
            self._hold = self.HOLD
        elif self._hold:
            self._hold -= 1
        elif not self.waiting:
            self.decide(0.0, WINDOW)
            return
        self._detector.ask(self, window)


class SharedDetector:
    """Scores the windows that come in one round of the event loop in one pass, on its thread.

    Those of all callers do whose lines are looked at together; waiting for more would cost a round of its own.
    """

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
        if ear.waiting:
            ear.waiting.clear()
            self._queue.remove(ear)

    def ask(self, ear: SharedEar, window: bytes) -> None:
        """Queue a window for the next pass."""
        if not ear.waiting:
            self._queue.append(ear)
        ear.waiting.append(window)
        if self._due is None:
            self._due = asyncio.get_running_loop().call_soon(self._pass)

    def _pass(self) -> None:
        """Advance each waiting session by one window; those with more wait for the next pass, at once."""
        ears = [self._queue.popleft() for _ in range(min(len(self._queue), Silero.LARGEST_PASS))]
        windows = [ear.waiting.popleft() for ear in ears]
        self._queue.extend(ear for ear in ears if ear.waiting)
        self._due = asyncio.get_running_loop().call_soon(self._pass) if self._queue else None
        if not ears:
            return
        samples = np.frombuffer(b"".join(windows), np.int16).reshape(len(ears), WINDOW)
        scores = self._network.advance([ear.voice for ear in ears], samples).tolist()
        for ear, score in zip(ears, scores, strict=True):
            if not ear.closed:
                ear.decide(score, WINDOW)
