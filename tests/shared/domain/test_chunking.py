"""Running text cut into pieces to be spoken."""

import pytest

from shared.domain.chunking import chunks


def test_sentences_stay_whole_and_nothing_is_lost() -> None:
    text = "One is here. Two is there! Is three? \u201cFour.\u201d Five\u2026 six"
    assert chunks(text, 25) == ["One is here.", "Two is there! Is three?", "\u201cFour.\u201d Five\u2026 six"]
    assert " ".join(chunks(text, 25)) == text


def test_a_long_sentence_is_cut_between_words() -> None:
    pieces = chunks("word " * 100, 30)
    assert all(len(piece) <= 30 for piece in pieces)
    assert " ".join(pieces) == ("word " * 100).strip()


def test_a_word_longer_than_a_piece_is_cut() -> None:
    assert chunks("x" * 25, 10) == ["x" * 10, "x" * 10, "x" * 5]


@pytest.mark.parametrize("blank", ["", "   ", "\n\n"])
def test_nothing_gives_no_piece(blank: str) -> None:
    assert chunks(blank) == []


def test_white_space_becomes_single_blanks() -> None:
    assert chunks("a\n\nb\t c.  d") == ["a b c. d"]
