"""Recognisers that take few words of help get the terms."""

from core.providers.stt.keyterms import keyterms


def test_terms_in_order_and_not_sentences() -> None:
    phrases = ["Mie scattering", "Why is it blue?", "prism", "The sky is blue because of the air.", "prism", "wave"]
    assert keyterms(phrases, most=10, characters=100) == ["Mie scattering", "prism", "wave"]
    assert keyterms(phrases, most=2, characters=100) == ["Mie scattering", "prism"]
    assert keyterms(phrases, most=10, characters=20) == ["Mie scattering"]
    assert keyterms([], most=10, characters=20) == []
