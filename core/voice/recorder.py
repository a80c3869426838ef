"""The microphone's recent past, so that an utterance keeps its first sound."""

from typing import Final

_BYTES: Final = 2


class Recorder:
    """Keeps PCM16 mono between two positions, counted in samples since the microphone was opened.

    Attributes:
        first: position of the oldest sample kept.
        position: position after the newest one.
    """

    __slots__ = ("_kept", "first", "position")

    def __init__(self) -> None:
        self._kept = bytearray()
        self.first = 0
        self.position = 0

    def feed(self, pcm: bytes) -> None:
        """Append whole samples."""
        self._kept += pcm
        self.position += len(pcm) // _BYTES

    def read(self, start: int, until: int) -> bytes:
        """Return a copy of the samples from `start` up to `until`, as far as they are kept."""
        begin = max(start - self.first, 0) * _BYTES
        return bytes(self._kept[begin : max(until - self.first, 0) * _BYTES])

    def forget(self, before: int) -> None:
        """Drop the samples before a position."""
        samples = min(before, self.position) - self.first
        if samples > 0:
            del self._kept[: samples * _BYTES]
            self.first += samples
