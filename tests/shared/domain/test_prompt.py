"""What models are told of a lesson fits, and holds what matters most."""

import pytest

from shared.domain.lesson import GlossaryTerm, Lesson, Misconception
from shared.domain.prompt import CHARACTER_BUDGET, phrases, system_message
from tests.support.seed_lessons import seed_lessons

LESSON = Lesson(
    "Light",
    "Why the sky is blue",
    passages=("First passage.", "Second passage."),
    objectives=("Explain it.",),
    glossary=(GlossaryTerm("prism", "A block of glass."),),
    misconceptions=(Misconception(("the sea",), "It mirrors the sea.", "It does not."),),
    checkpoints=("Why is it blue?",),
)


def test_everything_of_a_small_lesson_is_told() -> None:
    message = system_message(LESSON)
    for part in ("Light", "Why the sky is blue", "First passage.", "Second passage.", "Explain it.", "prism: A block"):
        assert part in message
    for part in ("It mirrors the sea. Instead: It does not.", "Why is it blue?", "No markdown"):
        assert part in message


def test_without_a_lesson_it_still_knows_how_to_speak() -> None:
    assert "No markdown" in system_message(None)
    assert "No lesson is open" in system_message(None)


@pytest.mark.parametrize("budget", [1_500, 2_500, 4_000, CHARACTER_BUDGET])
def test_every_seed_lesson_fits_every_budget(budget: int) -> None:
    for lesson in seed_lessons().values():
        message = system_message(lesson, budget=budget)
        assert len(message) <= budget
        assert "No markdown" in message


def test_only_whole_lines_are_kept() -> None:
    long = Lesson("L", "T", passages=tuple(f"Passage {number} ends here." for number in range(1_000)))
    message = system_message(long, budget=4_000)
    assert len(message) <= 4_000
    assert message.endswith("ends here.")


def test_phrases_are_terms_first_and_each_once() -> None:
    found = phrases(LESSON)
    assert found[:3] == ("prism", "Why the sky is blue", "the sea")
    assert len(found) == len(set(found))
    assert "Second passage." in found
    assert phrases(None) == ()
