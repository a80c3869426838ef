"""The offline tutor answers from the lesson, and only from it."""

import pytest

from shared.domain.lesson import GlossaryTerm, Lesson, Misconception
from shared.domain.tutoring import Said, reply
from tests.support.seed_lessons import seed_lessons

SKY = Lesson(
    "Light",
    "Why the sky is blue",
    passages=(
        """Why is the sky blue? The sky is blue because air scatters blue light more than red light.
        So blue light comes from every side. Let us look closer.""",
        """What is a wavelength? A wavelength is the distance from one crest of a wave to the next.
        Imagine waves on a pond. Blue light has a wavelength of about 450 nanometers.""",
        """Who explained the blue sky? The physicist John Tyndall saw it in a tube of dust.
        In 1871 Lord Rayleigh worked out why short waves scatter more.""",
    ),
    objectives=("Explain why the sky is blue.",),
    glossary=(
        GlossaryTerm("prism", "A block of glass that spreads white light."),
        GlossaryTerm("crest", "The highest point of a wave."),
    ),
    misconceptions=(
        Misconception(
            ("reflects the ocean", "because of dust"), "The sky mirrors the sea.", "The sky is as blue over deserts."
        ),
    ),
    checkpoints=("Which has the longer wavelength, red or blue light?", "Who worked out why short waves scatter more?"),
)


def talk(lesson: Lesson, *words: str) -> list[str]:
    """Return the tutor's replies to words said one after another."""
    history: list[Said] = []
    for said in words:
        history += [Said("user", said), Said("assistant", reply(lesson, said, history))]
    return [said.text for said in history if said.role == "assistant"]


def test_a_question_of_the_lesson_is_answered_and_checked() -> None:
    answer = reply(SKY, "Why is the sky blue?")
    assert answer.startswith("The sky is blue because air scatters blue light more than red light.")
    assert answer.endswith("?")
    assert "Let us look closer" not in answer


@pytest.mark.parametrize("words", ["why is sky blue", "WHY IS THE SKY BLUE", "okay but why is the sky so blue"])
def test_a_recognisers_spelling_is_enough(words: str) -> None:
    assert "scatters blue light" in reply(SKY, words)


@pytest.mark.parametrize(
    "opening",
    [
        "I would like to understand",
        "Okay, I'd really like to know",
        "I was wondering",
        "I'm curious about",
        "Could you please help me understand",
        "I have a question about",
    ],
)
def test_how_a_question_is_announced_changes_nothing(opening: str) -> None:
    assert reply(SKY, f"{opening} why the sky is blue.") == reply(SKY, "Why the sky is blue.")


def test_what_the_lesson_lacks_is_never_the_verb_the_question_was_announced_with() -> None:
    assert "understand" not in reply(SKY, "I would like to understand how plants make their food")
    assert "about volcanoes" in reply(SKY, "I want to learn about volcanoes")
    assert "wonder" not in reply(SKY, "There I stood to wonder and to wonder")


def test_the_same_question_is_always_answered_the_same() -> None:
    assert reply(SKY, "Why is the sky blue?") == reply(SKY, "Why is the sky blue?")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("who explained the blue sky", "Tyndall"),
        ("when did Rayleigh do his work", "1871"),
        ("how many nanometers is the wavelength of blue light", "450"),
        ("what is a wavelength", "distance from one crest"),
        ("what's a prism", "Prism means a block of glass that spreads white light."),
        ("what does crest mean", "Crest means the highest point of a wave."),
    ],
)
def test_the_kind_of_question_finds_its_sentence(words: str, told: str) -> None:
    assert told in reply(SKY, words)


def test_a_wrong_idea_is_corrected_gently() -> None:
    answer = reply(SKY, "Is the sky blue because it reflects the ocean?")
    assert answer.startswith("Many people think so")
    assert "The sky is as blue over deserts." in answer


def test_a_trigger_of_one_word_needs_its_very_words() -> None:
    assert "deserts" in reply(SKY, "it is because of dust")
    assert "deserts" not in reply(SKY, "who used a tube of dust")


@pytest.mark.parametrize("words", ["What is the capital of France?", "how do airplanes fly", "tell me a joke"])
def test_what_the_lesson_lacks_is_said_plainly_with_what_it_has(words: str) -> None:
    answer = reply(SKY, words)
    assert answer.startswith("The lesson does not")
    assert "Why is the sky blue?" in answer


def test_the_one_word_the_lesson_lacks_is_named() -> None:
    assert reply(SKY, "what is a volcano").startswith("The lesson does not say anything about volcano.")


def test_without_a_lesson_it_says_so() -> None:
    assert "no lesson open" in reply(None, "Why is the sky blue?")
    assert "no lesson open" in reply(Lesson("Light", "Empty"), "Why is the sky blue?")


@pytest.mark.parametrize("words", ["", "...", "?!"])
def test_nothing_heard_is_asked_about(words: str) -> None:
    assert reply(SKY, words).startswith("I did not hear a question.")


def test_saying_it_again() -> None:
    first, second, third = talk(SKY, "Why is the sky blue?", "Can you say that again please?", "repeat that")
    assert second == third == f"Sure. {first}"


def test_why_goes_on_with_a_reason_not_said_yet() -> None:
    first, second = talk(SKY, "what is a wavelength", "why?")
    assert second.split(".")[0] not in first


def test_an_example_is_found() -> None:
    _, second = talk(SKY, "who worked out why short waves scatter more", "can you give me an example")
    assert second.startswith("Here is an example from the lesson. Imagine waves on a pond.")


def test_not_understood_is_taken_in_smaller_steps() -> None:
    _, second = talk(SKY, "what is a wavelength", "I don't understand")
    assert "Crest means the highest point of a wave." in second


def test_going_on_reaches_the_end() -> None:
    answers = talk(SKY, "Why is the sky blue?", *["go on"] * 6)
    assert answers[-1].startswith("That was the end of the lesson.")
    assert any("Rayleigh" in answer for answer in answers)


def test_an_answer_to_the_check_question_is_judged() -> None:
    asked = [Said("assistant", "Good. Who worked out why short waves scatter more?")]
    assert reply(SKY, "Lord Rayleigh in 1871", asked).startswith("Yes, that fits. In 1871 Lord Rayleigh")
    assert reply(SKY, "Albert Einstein", asked).startswith("Not quite. Here is what the lesson says.")
    assert reply(SKY, "I don't know", asked).startswith("No problem, let us look at it together.")


def test_yes_and_no_answer_a_question_that_asks_for_them() -> None:
    primes = seed_lessons()["prime-numbers"]
    question = "Is ninety-one a prime number?"
    assert question in primes.checkpoints
    for answer in ("yes", "no", "I think yes"):
        assert reply(primes, answer, [Said("assistant", f"Well. {question}")]).startswith("Let us see.")


def test_questions_to_read_are_not_spoken() -> None:
    for lesson in seed_lessons().values():
        assert "of these" not in " ".join(talk(lesson, *["quiz me"] * 20))


def test_a_question_instead_of_an_answer_is_answered() -> None:
    asked = [Said("assistant", "Good. Who worked out why short waves scatter more?")]
    assert "distance from one crest" in reply(SKY, "what is a wavelength", asked)


def test_no_check_question_is_asked_twice() -> None:
    answers = talk(
        SKY, "Why is the sky blue?", "what is a wavelength", "who explained the blue sky", "quiz me", "quiz me"
    )
    asked = [
        line
        for answer in answers
        for line in (*SKY.checkpoints, "Can you explain why the sky is blue?")
        if line in answer
    ]
    assert len(asked) == len(set(asked))


@pytest.mark.parametrize(
    ("words", "start"),
    [
        ("hello", "Hello. This lesson is about why the sky is blue."),
        ("what is this lesson about", "This lesson is about why the sky is blue."),
        ("thank you", "Good. "),
        ("goodbye", "Goodbye for now."),
    ],
)
def test_the_small_change_of_a_conversation(words: str, start: str) -> None:
    assert reply(SKY, words).startswith(start)


def test_every_heading_of_the_seed_lessons_is_answered_from_its_passage() -> None:
    for lesson in seed_lessons().values():
        for passage in lesson.passages:
            heading, mark, rest = passage.partition("?")
            if mark and "." not in heading:
                answer = reply(lesson, heading + mark)
                said = [sentence for sentence in answer.split(". ") if sentence.rstrip(".") in rest]
                assert said, f"{lesson.topic_title}: {heading}"


def test_replies_are_short_enough_to_hear() -> None:
    for lesson in seed_lessons().values():
        for passage in lesson.passages:
            assert len(reply(lesson, passage.partition("?")[0]).split()) <= 120


def test_words_of_any_kind_break_nothing() -> None:
    for words in (
        "why " * 2000,
        "\u0000",
        "{}[]()\\",
        "\U0001f600 \u00e9\u00e8",
        "what is",
        "define",
        "1 2 3",
        "what is what",
    ):
        assert reply(SKY, words)
