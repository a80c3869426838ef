"""Running text cut into pieces of a size that is good to speak. Pure."""

import re
from typing import Final

CHUNK_CHARS: Final = 300
# A sentence's end: its mark, closing quotes or brackets, then white space.
_SENTENCE_END: Final = "(?<=[.!?\u2026])[\"'\u201d\u2019)\\]]*\\s+"


def chunks(text: str, size: int = CHUNK_CHARS) -> list[str]:
    """Cut text at sentence ends into pieces of at most `size` characters; a longer sentence is cut between words."""
    pieces: list[str] = []
    for sentence in _sentences(text, size):
        if pieces and len(pieces[-1]) + 1 + len(sentence) <= size:
            pieces[-1] = f"{pieces[-1]} {sentence}"
        else:
            pieces.append(sentence)
    return pieces


def _sentences(text: str, size: int) -> list[str]:
    found: list[str] = []
    start = 0
    for end in [*(match.end() for match in re.finditer(_SENTENCE_END, text)), len(text)]:
        sentence = " ".join(text[start:end].split())
        start = end
        found += _pieces(sentence, size)
    return found


def _pieces(sentence: str, size: int) -> list[str]:
    """Cut a sentence between words, and a word longer than a piece inside."""
    pieces: list[str] = []
    at = 0
    while len(sentence) - at > size:
        blank = sentence.rfind(" ", at + 1, at + size + 1)
        end = blank if blank > 0 else at + size
        pieces.append(sentence[at:end])
        at = end + 1 if blank > 0 else end
    return [*pieces, sentence[at:]] if at < len(sentence) else pieces
