"""The port every speech recogniser implements."""

from collections.abc import AsyncIterator, Sequence
from typing import Literal, Protocol, runtime_checkable

import msgspec

SAMPLE_RATE = 16_000


class Transcript(msgspec.Struct, frozen=True):
    """What a recogniser heard so far.

    Attributes:
        text: the words, empty for silence.
        is_final: no later transcript will change this text.
        confidence: 0 to 1; 1.0 where the vendor gives none.
    """

    text: str
    is_final: bool
    confidence: float = 1.0


class SpeechToText(Protocol):
    """Turns one utterance into words."""

    @property
    def name(self) -> str:
        """The vendor, as metrics and the price book name it."""
        ...

    @property
    def model(self) -> str:
        """The model or engine at that vendor, as the price book names it."""
        ...

    def transcribe(
        self, pcm: AsyncIterator[bytes], *, language: str, phrases: Sequence[str]
    ) -> AsyncIterator[Transcript]:
        """Transcribe one utterance while it arrives; exactly one transcript, the last, is final.

        Args:
            pcm: signed 16-bit little-endian mono at 16 000 Hz, any chunk size of whole samples; its end is the
                end of the utterance.
            language: BCP 47 tag, such as "en-US".
            phrases: words and sentences the learner is likely to say: the lesson's own.
        Raises: ProviderUnavailable: the vendor failed, timed out or hung up.
        """
        ...

    async def close(self) -> None:
        """Release connections and processes."""
        ...


@runtime_checkable
class Uploads(Protocol):
    """A recogniser that sends the utterance in one piece after its end: one that is cut short costs nothing."""

    @property
    def uploads(self) -> Literal[True]:
        """Always true."""
        ...
