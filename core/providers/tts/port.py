"""The port every speech synthesiser implements."""

from collections.abc import AsyncIterator
from typing import Protocol

import msgspec


class Voice(msgspec.Struct, frozen=True):
    """How a sentence is spoken.

    Attributes:
        name: the vendor's voice; empty means the adapter's default.
        speed: 1.0 is the voice's own pace, 0.5 to 2.0.
        language: BCP 47 tag.
    """

    name: str = ""
    speed: float = 1.0
    language: str = "en-US"


class TextToSpeech(Protocol):
    """Speaks one sentence."""

    @property
    def name(self) -> str:
        """The vendor, as metrics and the price book name it."""
        ...

    @property
    def model(self) -> str:
        """The model or engine at that vendor: part of the speech cache's key."""
        ...

    @property
    def sample_rate(self) -> int:
        """Samples a second of what `speak` yields."""
        ...

    def speak(self, text: str, *, voice: Voice) -> AsyncIterator[bytes]:
        """Speak `text` as signed 16-bit little-endian mono at `sample_rate`, in chunks of whole samples.

        Raises: ProviderUnavailable: the vendor failed, timed out or hung up, before or in the middle of the audio.
        """
        ...

    async def close(self) -> None:
        """Release connections and processes."""
        ...
