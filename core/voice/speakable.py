"""Text as a voice should read it: no markdown, no addresses, no decoration."""

import re
from typing import Final

_RULES: Final[tuple[tuple[re.Pattern[str], str], ...]] = (
    (re.compile(r"```\w*"), " "),
    (re.compile(r"!\[[^\]]*\]\([^)]*\)"), " "),  # a picture
    (re.compile(r"\[([^\]]+)\]\([^)]*\)"), r"\1"),  # a link keeps its words
    (re.compile(r"https?://\S+"), "the link"),
    (re.compile(r"^\s*(?:#{1,6}|>)\s+", re.MULTILINE), ""),  # headings, quotations
    (re.compile(r"^\s*[-*+•]\s+", re.MULTILINE), ""),  # list marks
    (re.compile(r"^\s*(\d{1,3})[.)]\s+", re.MULTILINE), r"\1, "),  # a numbered list keeps its numbers
    (re.compile(r"^\s*(?:[-*_]\s*){3,}$", re.MULTILINE), " "),  # rules between paragraphs
    (re.compile(r"(?<!\w)(\*{1,3}|_{2,3}|~~|`)(?=\S)(.+?)(?<=\S)\1(?!\w)"), r"\2"),  # emphasis and code
    (re.compile(r"(?<!\w)_(?=\S)(.+?)(?<=\S)_(?!\w)"), r"\1"),
    (re.compile(r"\s*\|\s*"), ", "),  # table cells
    (re.compile(r"(?<!\d)\*{1,3}(?!\d)|`|~~"), ""),  # emphasis cut in two by the end of a piece
    (re.compile(r"[\U0001F000-\U0001FAFF\u2600-\u27BF\uFE0F\u200D]+"), ""),  # emoji
    (re.compile(r"\s+"), " "),
)
_HAS_WORDS: Final = re.compile(r"\w")


def speakable(text: str) -> str:
    """Return what is read aloud of `text`, in one line; empty when it holds no word."""
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    text = text.strip().lstrip(",;:.!?)]}\u201d\u2019\"'").strip()
    return text if _HAS_WORDS.search(text) else ""
