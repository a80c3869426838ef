"""How alike two texts are."""

import pytest

from shared.domain.answers.similarity import (
    allowed_edits,
    edit_distance,
    ngram_similarity,
    sounds_like,
    token_similarity,
)


def test_edits() -> None:
    assert (edit_distance("newton", "newtno", 3), edit_distance("newton", "leibniz", 2)) == (1, 3)
    assert [allowed_edits(length) for length in (3, 10, 15, 30)] == [2, 2, 3, 6]


def test_sound() -> None:
    assert sounds_like(("right", "brothers"), ("wright", "brothers"))
    assert sounds_like(("foto", "synthesis"), ("photosynthesis",))
    assert not sounds_like(("newton",), ("leibniz",))
    assert not sounds_like(("ah",), ("oh",))


@pytest.mark.parametrize(
    ("one", "other", "least", "most"), [("a b", "a b", 1, 1), ("abc", "xyz", 0, 0), ("", "", 0, 0)]
)
def test_ngrams(one: str, other: str, least: float, most: float) -> None:
    assert least <= ngram_similarity(one, other) <= most


def test_tokens() -> None:
    assert token_similarity(("a", "b"), ("b", "a")) == 1
    assert token_similarity(("a",), ()) == 0
    assert token_similarity(("a", "b"), ("a", "c")) == pytest.approx((1 / 3 + 1 / 2) / 2)
