"""Bare words become a sentence as the lesson would write it."""

import pytest

from core.providers.stt.orthography import as_sentence, spellings

LESSON = ("On Mars the sky is brown. The Sun of Mars is small.", "Lord Rayleigh saw Mars. Light from the Sun is light.")


def test_names_are_capitalised_and_sentence_starts_are_not_names() -> None:
    assert spellings(LESSON) == {"mars": "Mars", "sun": "Sun", "rayleigh": "Rayleigh"}


@pytest.mark.parametrize(
    ("heard", "written"),
    [
        ("", ""),
        ("why is the sky on mars brown", "Why is the sky on Mars brown?"),
        ("i think i'm lost", "I think I'm lost."),
        ("who was rayleigh", "Who was Rayleigh?"),
        ("mars is brown", "Mars is brown."),
        ("whatever", "Whatever."),
    ],
)
def test_a_sentence(heard: str, written: str) -> None:
    assert as_sentence(heard, spellings(LESSON)) == written
