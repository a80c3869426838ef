import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.voice.sentences import Piece, Segmenter


def cut(text: str, token: int = 4) -> list[Piece]:
    segmenter = Segmenter()
    pieces = [piece for i in range(0, len(text), token) for piece in segmenter.feed(text[i : i + token])]
    return pieces + segmenter.flush()


def speech(text: str, token: int = 4) -> list[str]:
    return [piece.speech for piece in cut(text, token) if piece.speech]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Sure, that is good, I think. Let us start.", ["Sure,", "that is good, I think.", "Let us start."]),
        ("No, it is not. Why?", ["No,", "it is not.", "Why?"]),
        ("Dr. Smith paid 3.50 at 9 a.m. Then he left.", ["Dr. Smith paid 3.50 at 9 a.m.", "Then he left."]),
        ("Use tools, e.g. a saw. Cut etc. and go.", ["Use tools,", "e.g. a saw.", "Cut etc. and go."]),
        ("It costs 1,000 pounds. In 1999. Yes.", ["It costs 1,000 pounds.", "In 1999.", "Yes."]),
        ("J. S. Bach wrote it. It is old.", ["J. S. Bach wrote it.", "It is old."]),
        ('He said "stop." Then he went.', ['He said "stop."', "Then he went."]),
        ("1. Cells grow.\n2. They divide.", ["1, Cells grow.", "2, They divide."]),
        ("# Light\n- **warm** light\n- cold *light*", ["Light", "warm light", "cold light"]),
        ("Look:\n```python\nx = 1. if y\n```\nThat is all.", ["Look:", "That is all."]),
        ("See [the page](https://example.com/a.b) or https://example.com now.", ["See the page or the link now."]),
    ],
)
@pytest.mark.parametrize("token", [1, 4, 1_000])
def test_pieces_are_what_a_reader_would_say_in_one_breath(text: str, expected: list[str], token: int) -> None:
    assert speech(text, token) == expected


def test_only_the_first_piece_ends_at_a_clause() -> None:
    assert speech("First of all, breathe. Then, slowly, go on.") == [
        "First of all,",
        "breathe.",
        "Then, slowly, go on.",
    ]


def test_text_without_an_end_is_cut_between_words() -> None:
    pieces = cut("word " * 200)
    assert len(pieces[0].text) <= Segmenter.LONGEST_FIRST
    assert all(len(piece.text) <= Segmenter.LONGEST for piece in pieces)
    assert all(piece.speech == piece.speech.strip() and piece.speech.endswith("word") for piece in pieces)


@given(st.lists(st.text(alphabet=st.sampled_from('ab1 .,!?:;*_`#-\n"()|['), max_size=9), max_size=80))
def test_nothing_of_the_reply_is_lost(tokens: list[str]) -> None:
    segmenter = Segmenter()
    pieces = [piece for token in tokens for piece in segmenter.feed(token)] + segmenter.flush()
    assert "".join(piece.text for piece in pieces) == "".join(tokens)
