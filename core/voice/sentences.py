"""Cuts the model's stream of text into pieces worth speaking."""

import re
from typing import Final

import msgspec

from core.voice.speakable import speakable

# A full stop after these ends no sentence.
_TITLES: Final = ("mr", "mrs", "ms", "dr", "prof", "st", "sr", "jr", "gen", "col", "capt", "lt")
_NEVER_ENDS: Final = frozenset(
    (*_TITLES, "vs", "e.g", "i.e", "cf", "fig", "eq", "no", "nos", "vol", "pp", "ca", "approx", "dept", "inc", "ltd")
)
# A full stop after these may end one; the next word's capital tells.
_MAY_END: Final = frozenset(("etc", "a.m", "p.m", "u.s", "u.k", "b.c", "a.d", "c.e", "b.c.e", "ph.d"))
_CLOSERS: Final = "\"')]}\u201d\u2019*_"  # quotation marks, brackets, emphasis
_END: Final = re.compile(r"[.!?…]+[" + re.escape(_CLOSERS) + r"]*(?=\s)|\n")
_CLAUSE: Final = re.compile(r"(?<=[^\W\d])(?:[,;!?]|:(?=\s))|(?<=\s)[\u2013\u2014](?=\s)")
_LAST_WORD: Final = re.compile(r"(\S+)$")
_LIST_MARK: Final = re.compile(r"\s*\(?(\d{1,3}|[a-zA-Z])$")
_FENCE: Final = "```"


class Piece(msgspec.Struct, frozen=True):
    """A stretch of the reply.

    Attributes:
        text: as the model wrote it, spaces included; all pieces together are the whole reply.
        speech: what is read aloud; empty when there is nothing to read.
    """

    text: str
    speech: str


class Segmenter:
    """Cuts one reply. The first piece may end at a clause, so that the listener waits for less."""

    # A first clause shorter than this is not worth a breath of its own.
    SHORTEST_CLAUSE: Final = 2
    # Text without an end is cut between words after so many characters.
    LONGEST_FIRST: Final = 80
    LONGEST: Final = 280

    __slots__ = ("_fenced", "_first", "_pending", "_searched")

    def __init__(self) -> None:
        self._pending = ""
        self._searched = 0
        self._first = True
        self._fenced = False

    def feed(self, text: str) -> list[Piece]:
        """Take the next token and return the pieces that are complete now, mostly none."""
        self._pending += text
        pieces: list[Piece] = []
        while (end := self._end()) is not None:
            piece = self._take(end)
            pieces.append(piece)
        return pieces

    def flush(self) -> list[Piece]:
        """Return what is left at the end of the reply."""
        return [self._take(len(self._pending))] if self._pending else []

    def _take(self, end: int) -> Piece:
        text, self._pending, self._searched = self._pending[:end], self._pending[end:], 0
        fenced = self._fenced
        if text.count(_FENCE) % 2:
            self._fenced = not fenced
        speech = "" if fenced or self._fenced else speakable(text)
        if speech:
            self._first = False
        return Piece(text, speech)

    def _end(self) -> int | None:
        """Return where the pending text may be cut, or None while that is not known."""
        sentence = self._sentence()
        clause = self._clause() if self._first and not self._fenced else None
        if sentence is None or clause is None:
            return sentence or clause or self._too_long()
        return min(sentence, clause)

    def _sentence(self) -> int | None:
        for match in _END.finditer(self._pending, self._searched):
            if match.group() == "\n" or self._ends_sentence(match.start(), match.end()):
                return match.end()
            if self._undecided(match.end()):
                return None
            self._searched = match.end()
        return None

    def _clause(self) -> int | None:
        for match in _CLAUSE.finditer(self._pending):
            if len(self._pending[: match.start()].strip()) >= self.SHORTEST_CLAUSE:
                return match.end()
        return None

    def _ends_sentence(self, stop: int, after: int) -> bool:
        if self._pending[stop] != ".":
            return True
        before = self._pending[:stop]
        word = _LAST_WORD.search(before)
        if word is None:
            return False
        name = word.group(1).lstrip(_CLOSERS + "([{\u201c\u2018").lower()
        if name in _NEVER_ENDS or _LIST_MARK.fullmatch(before):
            return False
        if len(name) == 1 and name.isalpha():  # an initial: J. S. Bach
            return False
        return self._next_is_capital(after) if name in _MAY_END else True

    def _undecided(self, after: int) -> bool:
        """Whether only the next word can tell that a sentence ends here."""
        return not self._pending[after:].strip()

    def _next_is_capital(self, after: int) -> bool:
        following = self._pending[after:].lstrip()
        return bool(following) and following[0].isupper()

    def _too_long(self) -> int | None:
        longest = self.LONGEST_FIRST if self._first else self.LONGEST
        if len(self._pending) <= longest:
            return None
        space = self._pending.rfind(" ", 0, longest)
        return space + 1 if space > 0 else longest
