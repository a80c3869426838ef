import pytest

from core.voice.weighing import Saying, is_meant

TUTOR = Saying("The sky is blue because the air scatters blue light more than red light.")


@pytest.mark.parametrize(
    "words",
    [
        "",
        " ... ",
        "Mm-hm.",
        "Okay",
        "Yeah, right.",
        "Oh, I see!",
        "uh huh",
        "Got it. Thanks.",
        "That makes sense.",
        "Thank you.",
        "the air scatters blue light",
        "Air scatters the blue light more",
    ],
)
def test_nods_echoes_and_silence_are_not_meant(words: str) -> None:
    assert not is_meant(words, TUTOR)


@pytest.mark.parametrize(
    "words",
    [
        "No.",
        "Stop",
        "Wait.",
        "Why?",
        "Okay, but why?",
        "Right, and what about red?",
        "Yeah yeah yeah yeah yeah yeah",
        "Blue light?",
        "What is red light then",
        "Hold on",
    ],
)
def test_words_that_say_something_are_meant(words: str) -> None:
    assert is_meant(words, TUTOR)


def test_a_nod_answers_a_question() -> None:
    assert is_meant("Yes.", Saying("Shall I go on?", asks=True))
    assert not is_meant("shall I go on", Saying("Shall I go on?", asks=True))


@pytest.mark.parametrize(
    ("language", "nod", "word"),
    [("de-DE", "Ja, genau", "Warum"), ("fr", "D\u2019accord", "Pourquoi"), ("es-MX", "Sí, claro", "Espera")],
)
def test_other_languages_nod_too(language: str, nod: str, word: str) -> None:
    assert not is_meant(nod, Saying(), language)
    assert is_meant(word, Saying(), language)
    assert is_meant(nod, Saying(), "xx")
