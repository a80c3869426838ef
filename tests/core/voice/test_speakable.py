import pytest

from core.voice.speakable import speakable


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("**Light** is a *wave* and `x`", "Light is a wave and x"),
        ("snake_case and 2*3*4 stay", "snake_case and 2*3*4 stay"),
        ("a _little_ emphasis", "a little emphasis"),
        ("![a cell](cell.png) The cell", "The cell"),
        ("> quoted\n> words", "quoted words"),
        ("| a | b |", "a, b,"),
        ("***", ""),
        ("\u201d, he said", "he said"),
        ("Well done \U0001f389!", "Well done !"),
    ],
)
def test_marks_are_not_read_aloud(text: str, expected: str) -> None:
    assert speakable(text) == expected
