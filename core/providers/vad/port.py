"""The port every voice activity detector implements."""

from collections.abc import Callable
from typing import Protocol

# The probability, 0 to 1, that a window is speech, then the window's length in samples.
Decide = Callable[[float, int], None]


class Ear(Protocol):
    """One session's detector: it remembers what it heard before."""

    def feed(self, pcm: bytes) -> None:
        """Take 16 kHz PCM16 of any whole number of samples; decisions come through the callback, in order.

        A detector shared by many sessions may answer a little later than the call returns.
        """
        ...

    def close(self) -> None:
        """Forget this session; no decision comes afterwards."""
        ...


class VoiceDetector(Protocol):
    """Opens one ear per session."""

    def open(self, decide: Decide) -> Ear:
        """Start listening; `decide` is called with the probability that a window is speech and its samples."""
        ...
