"""What models and recognisers are told of a lesson."""

from shared.domain.lesson import GlossaryTerm, Lesson, Misconception
from shared.domain.prompt import instructions, phrases

LESSON = Lesson(
    "Light",
    "Why the sky is blue",
    passages=("First passage.", "Second passage."),
    objectives=("Explain it.",),
    glossary=(GlossaryTerm("prism", "A block of glass."),),
    misconceptions=(Misconception(("the sea",), "It mirrors the sea.", "It does not."),),
    checkpoints=("Why is it blue?",),
)


def test_the_manner_and_what_to_keep_to_come_before_what_the_client_wants() -> None:
    told = instructions(LESSON, "Speak slowly.")
    assert "No markdown" in told
    assert "Teach from this lesson" in told
    assert told.endswith("\n\nSpeak slowly.")


def test_without_a_lesson_it_still_knows_how_to_speak() -> None:
    assert "No markdown" in instructions(None)
    assert "No lesson is open" in instructions(None)


def test_phrases_are_terms_first_and_each_once() -> None:
    found = phrases(LESSON)
    assert found[:3] == ("prism", "Why the sky is blue", "the sea")
    assert len(found) == len(set(found))
    assert "Second passage." in found
    assert phrases(None) == ()
