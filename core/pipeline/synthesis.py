"""The port through which a reply is spoken, so that a cache may stand before the vendor."""

from collections.abc import AsyncIterator
from typing import Protocol

from core.providers.tts.port import TextToSpeech, Voice


class Synthesis(Protocol):
    """Speaks one piece of text."""

    @property
    def name(self) -> str:
        """Who speaks, as errors and metrics name it."""
        ...

    @property
    def sample_rate(self) -> int:
        """Samples a second of what it yields."""
        ...

    def __call__(self, text: str, voice: Voice) -> AsyncIterator[bytes]:
        """Yield PCM16 mono in chunks of whole samples.

        Raises: ProviderUnavailable: before or in the middle of the sound.
        """
        ...


class DirectSynthesis:
    """Asks the vendor each time."""

    def __init__(self, tts: TextToSpeech) -> None:
        self._tts = tts

    @property
    def name(self) -> str:
        """The vendor's name."""
        return self._tts.name

    @property
    def sample_rate(self) -> int:
        """The vendor's rate."""
        return self._tts.sample_rate

    def __call__(self, text: str, voice: Voice) -> AsyncIterator[bytes]:
        """Speak with the vendor."""
        return self._tts.speak(text, voice=voice)
