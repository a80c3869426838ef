"""What a learner wants is told from the words alone."""

import pytest

from shared.domain.utterances import Intent, declines, intents


@pytest.mark.parametrize(
    ("plain", "wanted"),
    [
        ("can you say that again please", Intent.AGAIN),
        ("could you give me an example", Intent.EXAMPLE),
        ("i don't understand", Intent.CONFUSED),
        ("tell me more", Intent.GO_ON),
        ("please continue", Intent.GO_ON),
        ("but why", Intent.WHY),
        ("how does that work", Intent.WHY),
        ("quiz me", Intent.QUIZ),
        ("ok thanks", Intent.THANKS),
        ("hi there", Intent.GREETING),
        ("goodbye", Intent.GOODBYE),
        ("what is this lesson about", Intent.ABOUT),
        ("what can i ask you", Intent.ABOUT),
        ("why is the sky blue", Intent.QUESTION),
        ("i don't know", Intent.DO_NOT_KNOW),
    ],
)
def test_an_intent(plain: str, wanted: Intent) -> None:
    assert wanted in intents(plain)


@pytest.mark.parametrize("plain", ["why is the sky blue", "tell me more about rainbows", "how is glass made"])
def test_a_question_about_the_lesson_is_no_follow_up(plain: str) -> None:
    assert not intents(plain) & {Intent.WHY, Intent.GO_ON, Intent.AGAIN, Intent.CONFUSED, Intent.ABOUT, Intent.THANKS}


def test_a_statement_has_no_intent() -> None:
    assert intents("blue light is scattered more") == frozenset()


@pytest.mark.parametrize(
    "words", ["No.", "no, let's stop", "Not now", "Stop!", "That's enough", "bye", "I\u2019m tired now"]
)
def test_words_that_decline(words: str) -> None:
    assert declines(words)


@pytest.mark.parametrize("words", ["Yes", "go on", "No idea", "Why does it stop?", "Nothing else?", ""])
def test_words_that_do_not(words: str) -> None:
    assert not declines(words)
