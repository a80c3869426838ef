"""What the listener has heard of a reply, counted in samples. The time is told by the caller."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

# Speech for one character of text where a piece's true length is not known yet; about 15 characters a second.
_SECONDS_PER_CHARACTER: Final = 0.065
# How long around a moment the tutor is said to be saying something.
_AROUND_S: Final = 4.0
# A question is understood before its last sound, and answered a moment after it.
_FORESEEN_S: Final = 0.6
_REMEMBERED_S: Final = 1.0


@dataclass(slots=True)
class Spoken:
    """A piece of the reply and how much of its sound was sent; `length` is all of it where the client speaks it."""

    text: str
    sent: int = 0
    complete: bool = False
    length: int = 0


@dataclass(slots=True)
class Playback:
    """Follows one reply on a listener that plays what it gets at once and in real time, or says how far it is.

    Attributes:
        rate: samples a second of what is sent.
        sent: samples sent so far.
        before: what the listener heard of the reply on a connection before this, spaces included.
    """

    rate: int
    sent: int = 0
    before: str = ""
    _pieces: list[Spoken] = field(default_factory=list[Spoken])
    _plays_until: float = 0.0
    _told: tuple[int, float] | None = None
    _held_at: int | None = None

    def begin(self, text: str) -> None:
        """Name the piece of text that the next samples speak."""
        if self._pieces:
            self._pieces[-1].complete = True
        self._pieces.append(Spoken(text))

    def send(self, samples: int, now: float) -> None:
        """Count samples handed to the listener at `now`, in seconds of any steady clock."""
        self.sent += samples
        self._pieces[-1].sent += samples
        self._plays_until = max(self._plays_until, now) + samples / self.rate

    def hand_over(self, samples: int, of_piece: int, now: float) -> None:
        """Count a sentence that the listener speaks itself, of a piece that takes `of_piece` samples in all."""
        self.send(samples, now)
        self._pieces[-1].length = max(self._pieces[-1].length, of_piece)

    def finish(self) -> None:
        """No more samples follow."""
        if self._pieces:
            self._pieces[-1].complete = True

    @property
    def follows(self) -> bool:
        """Whether the listener speaks the present piece itself."""
        return bool(self._pieces and self._pieces[-1].length)

    def ahead(self, now: float) -> float:
        """Return the seconds of sound sent and not yet played."""
        return max(0.0, self._plays_until - now)

    def heard(self, now: float) -> int:
        """Return how many samples the listener has played."""
        if self._held_at is not None:
            return self._held_at
        heard = self.sent - round(self.ahead(now) * self.rate)
        if self._told is None:
            return heard
        position, at = self._told
        return min(heard, position + round((now - at) * self.rate))

    def acknowledge(self, samples: int, now: float) -> None:
        """The listener says how many samples it has played; of what was not sent it cannot have.

        How long its own speech takes only the listener knows: what it says then moves the end of what it plays.
        """
        samples = min(max(samples, 0), self.sent)
        self._told = (samples, now)
        if self._held_at is None and self.follows:
            self._plays_until = now + (self.sent - samples) / self.rate
        if self._held_at is not None:
            self._held_at = samples

    def hold(self, now: float, unsent: int) -> None:
        """The listener stops playing now; of what was counted as sent, `unsent` samples had not left."""
        self._held_at = max(0, min(self.heard(now), self.sent - unsent))

    def rewind(self, to: int, now: float) -> None:
        """Go on from the sample `to`: what was sent after it is sent again."""
        begin = 0
        kept: list[Spoken] = []
        for piece in self._pieces:
            if begin >= to:
                break
            if begin + piece.sent > to:
                piece.sent, piece.complete = to - begin, False
            kept.append(piece)
            begin += piece.sent
        self._pieces = kept
        self.sent = to
        self._plays_until = now
        self._told = None
        self._held_at = None

    def heard_text(self, now: float) -> str:
        """Return the text as far as it was heard, cut after a whole word."""
        heard = said(self._pieces, self.heard(now), self.rate)
        first = self._pieces[0].text if self._pieces else ""
        return f"{self.before}{first[: len(first) - len(first.lstrip())]}{heard}".strip()

    def heard_pieces(self, now: float) -> str:
        """Return the text of the pieces heard to their end, spaces included."""
        heard = self.heard(now)
        end = 0
        texts = [self.before]
        for piece in self._pieces:
            end += piece.sent
            if not piece.complete or end > heard:
                break
            texts.append(piece.text)
        return "".join(texts)

    def saying(self, now: float) -> str:
        """Return the pieces being heard around this moment."""
        earliest = self.heard(now) - round(_AROUND_S * self.rate)
        begin = 0
        around: list[str] = []
        for piece in self._pieces:
            begin += piece.sent
            if begin >= earliest:
                around.append(piece.text)
        return "".join(around)

    def asks(self, now: float) -> bool:
        """Whether a question has just been heard."""
        heard = self.heard(now)
        before = said(self._pieces, heard - round(_REMEMBERED_S * self.rate), self.rate)
        soon = said(self._pieces, min(heard + round(_FORESEEN_S * self.rate), self.sent), self.rate)
        return "?" in soon[len(before) :]

    @property
    def pieces(self) -> tuple[Spoken, ...]:
        """The pieces so far."""
        return tuple(self._pieces)

    def finished_pieces(self) -> str:
        """Return the text of the pieces whose sound was sent to the end, spaces included."""
        return self.before + "".join(piece.text for piece in self._pieces if piece.complete)

    def finished_text(self) -> str:
        """Return the same without the spaces around it."""
        return self.finished_pieces().strip()


def said(pieces: Sequence[Spoken], heard: int, rate: int) -> str:
    """Return the text of `pieces` up to the sample `heard`, cut after a whole word."""
    words: list[str] = []
    for piece in pieces:
        if heard <= 0:
            break
        length = piece.sent if piece.complete else max(piece.sent, piece.length or estimate(piece.text, rate))
        words.append(piece.text if heard >= length else _cut(piece.text, heard / length))
        heard -= length
    return "".join(words).strip()


def estimate(text: str, rate: int) -> int:
    """Return about how many samples it takes to speak a text."""
    return round(len(text) * _SECONDS_PER_CHARACTER * rate)


def rest(text: str, fraction: float) -> str:
    """Return the words of a text that do not end within its first `fraction`."""
    return text[len(_cut(text, fraction)) :].lstrip()


def _cut(text: str, fraction: float) -> str:
    """Return the words that end within the first `fraction` of the text; a word begun is not a word heard."""
    end = int(len(text) * fraction)
    if end >= len(text) or text[end].isspace():
        return text[:end]
    return text[: max(text.rfind(" ", 0, end), 0)]
