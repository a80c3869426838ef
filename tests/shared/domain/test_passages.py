"""The passage that answers is found, and one that does not is not."""

from shared.domain.lesson import Lesson
from shared.domain.passages import LessonIndex, index, overlap
from shared.domain.stems import content_stems

LESSON = Lesson(
    "Light",
    "Sky",
    (
        "Why is the sky blue? It is a long story. The sky is blue because air scatters blue light.",
        "Sunsets are red. The light of a low Sun passes through forty times as much air.",
        "The Moon has no air. The sky there is black.",
    ),
)


def test_a_heading_is_found_whatever_else_competes() -> None:
    found = LessonIndex(LESSON).heading("why is the sky blue")
    assert found is not None
    assert found.position == 0
    assert "scatters" in " ".join(found.said)


def test_a_question_finds_its_passage_and_its_sentence() -> None:
    found = index(LESSON).find("how much air does light pass through at sunset")
    assert found is not None
    assert found.position == 1


def test_a_sentence_that_leans_on_the_one_before_brings_it() -> None:
    lesson = Lesson("L", "T", ("Harvey measured the heart. He found that blood circulates. Veins have valves.",))
    found = index(lesson).find("who found that blood circulates")
    assert found is not None
    assert found.said[0] == "Harvey measured the heart."


def test_a_compound_the_lesson_lacks_is_found_by_its_parts() -> None:
    found = index(LESSON).find("sunlight")
    assert found is not None
    assert found.position == 1


def test_what_is_not_covered_is_not_found() -> None:
    assert index(LESSON).find("what is the capital of France") is None
    assert index(LESSON).find("how is the sky on Venus and Jupiter and Saturn") is None
    assert index(LESSON).find("") is None
    assert index(Lesson("L", "T")).find("sky") is None


def test_reading_on() -> None:
    where = index(LESSON).where("It is a long story. The sky is blue because air scatters blue light.")
    assert where is not None
    assert where == (0, 2)
    found = index(LESSON).after(*where)
    assert found is not None
    assert found.said[0] == "Sunsets are red."
    assert index(LESSON).after(2, 2) is None
    assert index(LESSON).where("words of somebody else") is None


def test_overlap() -> None:
    assert overlap(content_stems("blue sky"), content_stems("the sky was blue")) == 1
    assert overlap([], []) == 0
