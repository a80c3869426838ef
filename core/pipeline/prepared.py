"""What the tutor says without asking a model: a passage of the lesson, or a question that comes with it."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final

from core.pipeline.notices import Notice, ReplyStarted, ReplyText, SegmentStarted
from core.providers.streams import closing
from core.providers.tts.port import TextToSpeech, Voice
from core.voice.sentences import Piece
from core.voice.speakable import speakable

_BYTES_PER_SAMPLE: Final = 2


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage of the lesson.

    Attributes:
        position: its index, of `total`.
        offset_ms: where its sound begins.
        speech: who speaks it.
    """

    position: int
    total: int
    text: str
    offset_ms: int
    speech: TextToSpeech


class Prepared:
    """Stands where a model's answer would: its text is known, nothing is waited for.

    Args:
        what: a passage, which is not kept among the turns; or a sentence of the tutor's own, which is.

    Attributes:
        pieces, text, words, first_token_ms: as of Thinking.
        passage: None for a sentence of the tutor's own.
    """

    def __init__(self, what: Passage | str) -> None:
        self.passage = what if isinstance(what, Passage) else None
        self.text = what if isinstance(what, str) else what.text
        self.words = ""
        self.first_token_ms = 0
        self.pieces: asyncio.Queue[Piece | None] = asyncio.Queue()
        for piece in (Piece(self.text, speakable(self.text)), None):
            self.pieces.put_nowait(piece)

    def voiced(self, tts: TextToSpeech) -> TextToSpeech:
        """Return who speaks it, from its offset on; `tts` speaks for the tutor."""
        if self.passage is None:
            return tts
        speech, offset_ms = self.passage.speech, self.passage.offset_ms
        return From(speech, offset_ms) if offset_ms else speech

    def announce(self, tell: Callable[[Notice], None], turn_id: str) -> None:
        """Tell the client what comes."""
        passage = self.passage
        if passage is None:
            tell(ReplyStarted())
            tell(ReplyText(self.text, 0))
        else:
            tell(SegmentStarted(turn_id, passage.position, passage.total, passage.text, passage.offset_ms))

    def stop(self) -> None:
        """Nothing is under way."""


class From:
    """Speaks from the middle on."""

    def __init__(self, tts: TextToSpeech, offset_ms: int) -> None:
        self._tts = tts
        self._skip = tts.sample_rate * offset_ms // 1000 * _BYTES_PER_SAMPLE
        self.name = tts.name
        self.model = tts.model
        self.sample_rate = tts.sample_rate

    def speak(self, text: str, *, voice: Voice) -> AsyncIterator[bytes]:
        """Yield the sound after the offset."""
        return self._rest(self._tts.speak(text, voice=voice))

    async def _rest(self, sound: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
        skip = self._skip
        async with closing(sound) as chunks:
            async for pcm in chunks:
                if skip < len(pcm):
                    yield pcm[skip:]
                skip = max(0, skip - len(pcm))

    async def close(self) -> None:
        """The synthesiser stays with its owner."""
