import pytest

from core.voice.completeness import Completeness, completeness


@pytest.mark.parametrize(
    "text",
    [
        "I think it is red because",
        "It has red and.",
        "The light and the",
        "Why is the?",
        "It is made of",
        "I want to,",
        "So the first one is red -",
        "I was thinking um",
        "I would like to know which",
        "Well, I\u2019m",
    ],
)
def test_a_sentence_that_must_go_on_is_unfinished(text: str) -> None:
    assert completeness(text) is Completeness.UNFINISHED


@pytest.mark.parametrize("text", ["Why is the sky blue?", "Can you tell me more?", "How do plants make their food?"])
def test_a_whole_question_is_complete(text: str) -> None:
    assert completeness(text) is Completeness.COMPLETE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Yes it is",
        "Why is the sky?",
        "What is it made of?",
        "Light scatters.",
        "Could you",
        "I know why",
        "?",
        "Okay.",
    ],
)
def test_most_words_say_nothing(text: str) -> None:
    assert completeness(text) is Completeness.UNKNOWN


def test_of_another_language_only_the_marks_are_read() -> None:
    assert completeness("La luz and", "es-ES") is Completeness.UNKNOWN
    assert completeness("La luz, ", "es-ES") is Completeness.UNFINISHED
    assert completeness("The light and", "en-GB") is Completeness.UNFINISHED
