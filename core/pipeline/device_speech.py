"""Sentences that the client speaks itself: what is known of their sound is how long it is likely to take."""

from typing import Final

import msgspec
from msgspec import structs

from core.voice.playback import estimate, rest
from core.voice.sentences import Segmenter

_MS_PER_S: Final = 1000


class Sentence(msgspec.Struct, frozen=True):
    """A sentence, or what is left of one.

    Attributes:
        index: its place among those of its answer, from 0; the rest of a sentence keeps it.
        text: what is to be spoken.
        samples: its likely length, at the rate of the answer's sound.
        of_piece: that of all sentences of its piece of the answer.
    """

    index: int
    text: str
    samples: int
    of_piece: int

    def after(self, samples: int) -> "Sentence":
        """Return what is left after the first `samples`; a word begun is spoken again."""
        return structs.replace(self, text=rest(self.text, samples / self.samples), samples=self.samples - samples)


def sentences(speech: str, *, first: int, rate: int, speed: float, skip_ms: int = 0) -> list[Sentence]:
    """Return what is read aloud as sentences.

    Args:
        first: the index of the first.
        rate: samples a second their length is counted in.
        speed: of the voice, 1.0 its own pace.
        skip_ms: of their sound, not to be spoken.
    """
    segmenter = Segmenter()
    texts = [piece.speech for piece in (*segmenter.feed(speech), *segmenter.flush()) if piece.speech]
    lengths = [max(1, round(estimate(text, rate) / speed)) for text in texts]
    skip = skip_ms * rate // _MS_PER_S
    left: list[Sentence] = []
    for text, length in zip(texts, lengths, strict=True):
        if skip < length:
            sentence = Sentence(first + len(left), text, length, max(1, sum(lengths)))
            left.append(sentence.after(skip) if skip else sentence)
        skip = max(0, skip - length)
    of_piece = sum(sentence.samples for sentence in left)
    return [structs.replace(sentence, of_piece=of_piece) for sentence in left]
