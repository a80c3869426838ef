"""Words that mean the same have the same stem, and sentences are cut where they end."""

import pytest

from shared.domain.stems import content_stems, sentences, stem, tokens


@pytest.mark.parametrize(
    "family",
    [
        ("scatter", "scatters", "scattered", "scattering"),
        ("circulate", "circulates", "circulated", "circulation", "circulating"),
        ("wave", "waves"),
        ("body", "bodies"),
        ("glass", "glasses"),
        ("color", "colour", "colors", "coloured"),
        ("run", "running"),
        ("rule", "rules", "ruled"),
    ],
)
def test_one_family_one_stem(family: tuple[str, ...]) -> None:
    assert len({stem(word) for word in family}) == 1


@pytest.mark.parametrize("words", [("light", "lung"), ("cell", "call"), ("sing", "sea"), ("us", "use")])
def test_different_words_stay_different(words: tuple[str, str]) -> None:
    assert stem(words[0]) != stem(words[1])


def test_small_numbers_are_words() -> None:
    assert tokens("1 of 12, and 13; it\u2019s") == ["one", "of", "twelve", "and", "13", "it"]


def test_only_words_with_a_subject_count() -> None:
    assert content_stems("Could you please tell me about the sky?") == ["sky"]


def test_sentences() -> None:
    text = 'Dr. Who? He said "Stop!" Then 3.5 meters. i.e. nothing. The end'
    assert sentences("One. Two? Three! four") == ["One.", "Two?", "Three! four"]
    assert "Then 3.5 meters. i.e. nothing." in sentences(text)
    assert sentences("") == []
