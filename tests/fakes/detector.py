"""A detector that needs no voice: a window is speech when it is not silent, and it decides at once."""

from array import array

from core.providers.vad.port import Decide, Ear

WINDOW = 512
SPEECH = b"\x01\x00" * WINDOW
SILENCE = bytes(2 * WINDOW)


class FakeDetector:
    """Opens ears; with `held`, decisions wait for `decide_all`.

    Args: floor: samples up to this count as silence: what was resampled is never quite silent.
    """

    def __init__(self, floor: int = 0) -> None:
        self.floor = floor
        self.held = False
        self.open_ears = 0
        self._ears: list[_FakeEar] = []

    def open(self, decide: Decide) -> Ear:
        self.open_ears += 1
        ear = _FakeEar(self, decide)
        self._ears.append(ear)
        return ear

    def decide_all(self) -> None:
        for ear in self._ears:
            ear.decide()


class _FakeEar:
    def __init__(self, detector: FakeDetector, decide: Decide) -> None:
        self._detector = detector
        self._decide = decide
        self._buffer = b""
        self._closed = False

    def feed(self, pcm: bytes) -> None:
        self._buffer += pcm
        if not self._detector.held:
            self.decide()

    def decide(self) -> None:
        while len(self._buffer) >= 2 * WINDOW and not self._closed:
            window, self._buffer = self._buffer[: 2 * WINDOW], self._buffer[2 * WINDOW :]
            loud = any(window) and max(map(abs, array("h", window))) > self._detector.floor
            self._decide(0.9 if loud else 0.0, WINDOW)

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._detector.open_ears -= 1
