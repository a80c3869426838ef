"""What the tutor says without asking a model: of the lesson, or the rest of an answer that was begun before."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Final

import msgspec

from core.pipeline.conversations import Unsaid
from core.pipeline.notices import AnswerResumed, Notice, ReplyStarted, ReplyText, SegmentStarted
from core.providers.streams import closing
from core.providers.tts.port import TextToSpeech, Voice
from core.voice.sentences import Piece, Segmenter
from core.voice.speakable import speakable

_BYTES_PER_SAMPLE: Final = 2


class Passage(msgspec.Struct, frozen=True):
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


class Rest(msgspec.Struct, frozen=True):
    """What is left to say of an answer, which stays one turn."""

    turn_id: str
    unsaid: Unsaid


class Prepared:
    """Stands where a model's answer would: its text is known, nothing is waited for.

    Args:
        what: a passage, which is not kept among the turns; a sentence of the tutor's own, or the rest of an answer,
            which are.

    Attributes:
        pieces, text, known, words, first_token_ms: as of Thinking.
        passage: None for anything else.
        rest: likewise.
    """

    def __init__(self, what: Passage | Rest | str) -> None:
        self.passage = what if isinstance(what, Passage) else None
        self.rest = what if isinstance(what, Rest) else None
        if isinstance(what, Rest):
            segmenter = Segmenter()
            self.text = what.unsaid.rest
            pieces = [*segmenter.feed(self.text), *segmenter.flush()]
        else:
            self.text = what if isinstance(what, str) else what.text
            pieces = [Piece(self.text, speakable(self.text))]
        self.known = self.text
        self.words = ""
        self.first_token_ms = 0
        self.pieces: asyncio.Queue[Piece | None] = asyncio.Queue()
        for piece in (*pieces, None):
            self.pieces.put_nowait(piece)

    def voiced(self, tts: TextToSpeech) -> TextToSpeech:
        """Return who speaks it, from its offset on; `tts` speaks for the tutor."""
        if self.passage is None:
            return tts
        speech, offset_ms = self.passage.speech, self.passage.offset_ms
        return From(speech, offset_ms) if offset_ms else speech

    @property
    def offset_ms(self) -> int:
        """Where its sound begins."""
        return 0 if self.passage is None else self.passage.offset_ms

    def announce(self, tell: Callable[[Notice], None], turn_id: str) -> None:
        """Tell the client what comes."""
        passage = self.passage
        if self.rest is not None:
            tell(AnswerResumed(turn_id))
        elif passage is None:
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
