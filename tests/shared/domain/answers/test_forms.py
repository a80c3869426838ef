"""What is left of an answer."""

import pytest

from shared.domain.answers.forms import form_of


@pytest.mark.parametrize(
    ("text", "kind", "left"),
    [
        ("The Great Gatsby!", "title", "great gatsby"),
        ("Um, I think it's São Paulo", "place", "sao paulo"),
        ("Sir Isaac Newton", "person", "isaac newton"),
        ("Martin Luther King, Jr.", "person", "martin luther king"),
        ("King", "person", "king"),
        ("Henry the Eighth", "person", "henry 8"),
        ("Mt. Everest", "place", "mount everest"),
        ("\u03b1 particle", "scientific", "alpha particle"),
        ("H₂O", "scientific", "h2o"),
        ("Newton\u2019s", "text", "newtons"),
        ("what is it", "text", "it"),
        ("the", "text", "the"),
        ("?!", "text", ""),
        ("Straße", "text", "strasse"),
    ],
)
def test_forms(text: str, kind: str, left: str) -> None:
    assert form_of(text, kind).text == left


def test_numbers_are_told_apart() -> None:
    assert form_of("World War II", "text").numerals == (2,)
    assert form_of("I", "text").numerals == ()
