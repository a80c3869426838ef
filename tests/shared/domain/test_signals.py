import pytest

from shared.domain.signals import Signal, signals_of


@pytest.mark.parametrize(
    ("words", "signals"),
    [
        ("Can you say that again?", ("repetition",)),
        ("Sorry, I didn't catch that.", ("repetition",)),
        ("I don't understand", ("confusion",)),
        ("That doesn't make sense.", ("confusion",)),
        ("I\u2019m lost", ("confusion",)),
        ("What do you mean?", ("clarification",)),
        ("Could you explain that again, please?", ("clarification",)),
        ("Why is it round?", ("question",)),
        ("and how does light bend", ("question",)),
        ("Because of the rain.", ()),
        ("okay", ()),
        ("", ()),
        ("Repeat that, I'm confused", ("repetition", "confusion")),
    ],
)
def test_words_and_what_they_signal(words: str, signals: tuple[Signal, ...]) -> None:
    assert signals_of(words) == signals
