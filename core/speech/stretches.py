"""Texts too long for one clip, in stretches that are not."""

from typing import Final

from core.voice.sentences import Segmenter

# What one clip may hold; the shortest limit of the vendors.
LONGEST_TEXT: Final = 2_000


def pieces(text: str) -> list[str]:
    """Return a text as it is, or one too long for a clip in stretches of whole sentences."""
    if len(text) <= LONGEST_TEXT:
        return [text] if text.strip() else []
    segmenter = Segmenter()
    stretches = [""]
    for piece in [*segmenter.feed(text), *segmenter.flush()]:
        if len(stretches[-1]) + len(piece.text) > LONGEST_TEXT:
            stretches.append("")
        stretches[-1] += piece.text
    return [stretch for stretch in stretches if stretch.strip()]
