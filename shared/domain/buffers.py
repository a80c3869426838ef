"""Text that must fit: tokens are estimated at four characters each."""

import re
from typing import Final

CHARS_PER_TOKEN: Final = 4
_ELLIPSIS: Final = "…"
_SENTENCE_END: Final = re.compile(r"[.!?][\"')\]]*(?=\s)")


def tokens(text: str) -> int:
    """Return the estimated number of tokens of a text."""
    return -(-len(text) // CHARS_PER_TOKEN)


def shorten(text: str, chars: int) -> str:
    """Return the beginning of a text in at most `chars` characters.

    It ends after a sentence where that keeps at least half of the room, else after a word and an ellipsis; a text that
    does not fit by even a word is left out.
    """
    if len(text) <= chars:
        return text
    room = text[: max(0, chars)]
    ends = [match.end() for match in _SENTENCE_END.finditer(text, 0, len(room) + 1) if match.end() <= len(room)]
    if ends and ends[-1] * 2 >= chars:
        return room[: ends[-1]]
    words = room[: max(0, chars - len(_ELLIPSIS))].rpartition(" ")[0].rstrip()
    return words + _ELLIPSIS if words else ""


class Buffer:
    """Collects parts of a text until its budget is spent; earlier parts come first.

    Args:
        budget: tokens.
    """

    def __init__(self, budget: int) -> None:
        self._left = budget * CHARS_PER_TOKEN
        self._parts: list[str] = []

    @property
    def left(self) -> int:
        """Characters one more part may have, the break before it taken off."""
        return self._left - (2 if self._parts else 0)

    def add(self, text: str, *, share: float = 1.0) -> bool:
        """Add a part as its own paragraph, shortened to what is left, and tell whether all of it went in.

        Args:
            share: of what is left, 0 to 1, that it may take.
        """
        text = text.strip()
        if not text:
            return True
        kept = shorten(text, int(self.left * share))
        if kept:
            self._left = self.left - len(kept)
            self._parts.append(kept)
        return kept == text

    def add_list(self, heading: str, items: list[str]) -> None:
        """Add a heading and as many whole items below it as fit; nothing where not even one does."""
        lines: list[str] = []
        used = len(heading)
        for item in items:
            line = f"\n- {item.strip()}"
            if used + len(line) > self.left:
                break
            used += len(line)
            lines.append(line)
        if lines:
            self.add(heading + "".join(lines))

    @property
    def text(self) -> str:
        """The parts so far, an empty line between them."""
        return "\n\n".join(self._parts)
