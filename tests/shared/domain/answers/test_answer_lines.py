"""The notation of quiz packets."""

import pytest

from shared.domain.answers.answer_lines import Wording, read_answer_line, said_answer


def texts(wordings: tuple[Wording, ...]) -> list[str]:
    return [wording.text for wording in wordings]


def test_a_full_line() -> None:
    line = read_answer_line(
        'ANSWER: <b>Sir</b> Isaac <u>Newton</u> [accept "N" or the <u>Lucasian</u> professor; prompt on "the author of '
        'Principia" by asking "who is that?"; do not accept or prompt on "Leibniz" or Hooke; accept word forms]'
    )
    assert texts(line.accepted) == ["Sir Isaac Newton", "N", "the Lucasian professor"]
    assert [wording.required for wording in line.accepted] == [("Sir", "Newton"), (), ("Lucasian",)]
    assert [(prompt.wording.text, prompt.ask) for prompt in line.prompts] == [
        ("the author of Principia", "who is that?")
    ]
    assert texts(line.refused) == ["Leibniz", "Hooke"]


@pytest.mark.parametrize(
    ("line", "accepted", "required"),
    [
        ("carbon dioxide", ["carbon dioxide"], ()),
        ("water (H2O)", ["water"], ()),
        ("_Paris_", ["Paris"], ()),
        ("New __York__ City", ["New York City"], ("York",)),
        ("snake_case stays", ["snake_case stays"], ()),
        ("Answer: Newton; accept: N", ["Newton", "N"], ()),
        ("red; white; blue", ["red; white; blue"], ()),
        ("red; white [accept crimson]", ["red; white", "crimson"], ()),
        ("Frankenstein; or, The Modern Prometheus", ["Frankenstein", "The Modern Prometheus"], ()),
        ("", [], ()),
        ("[accept x]", ["x"], ()),
    ],
)
def test_what_is_accepted(line: str, accepted: list[str], required: tuple[str, ...]) -> None:
    found = read_answer_line(line)
    assert [text.lstrip(", ") for text in texts(found.accepted)] == accepted
    if found.accepted:
        assert found.accepted[0].required == required


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("water", "water"),
        ("Isaac <u>Newton</u> [prompt on scientist]", "Isaac Newton"),
        ("[prompt on x]", "[prompt on x]"),
    ],
)
def test_what_is_said_of_it(line: str, said: str) -> None:
    assert said_answer(line) == said


def test_limits_are_left_out() -> None:
    line = read_answer_line('<u>Leaves</u> [accept <u>Song</u> before "poem" is read; accept either underlined part]')
    assert texts(line.accepted) == ["Leaves", "Song"]
