import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.confidence import (
    Confidence,
    Expansion,
    Priority,
    Scope,
    Trend,
    confidence_of,
    expansion_of,
    trend_of,
)

SURE = "A rainbow is round because every drop bends light by the same angle."


def test_a_plain_answer_is_sure() -> None:
    assert confidence_of(SURE) == Confidence(1.0, 0.0, 0.0, 0.0, 0.0, ())
    assert confidence_of("").score == 1.0


def test_the_components_weigh_as_the_formula_says() -> None:
    doubt = confidence_of("I'm not sure, perhaps. I don't know. You should ask your teacher.")
    assert (doubt.hedging, doubt.deflection, doubt.knowledge_gap, doubt.vague) == (0.7, 0.8, 0.9, 0.0)
    assert doubt.score == pytest.approx(1 - 0.25 * 0.7 - 0.30 * 0.8 - 0.35 * 0.9)
    assert doubt.uncertainty == pytest.approx(1 - doubt.score)
    assert doubt.markers == ("hedging", "question_deflection", "knowledge_gap")


def test_vague_words_count_by_their_share() -> None:
    vague = confidence_of("Things and stuff somehow.")
    assert (vague.vague, vague.markers) == (0.75, ("vague_language",))
    assert vague.score == pytest.approx(0.925)


@pytest.mark.parametrize(
    ("answer", "marker"),
    [
        ("I think it could be.", "hedging"),
        ("That is a good question, but let's move on.", "question_deflection"),
        ("The lesson does not cover cheese.", "out_of_scope"),
        ("I do not have any information on this.", "knowledge_gap"),
        ("That is beyond the scope of this.", "out_of_scope"),
    ],
)
def test_each_marker_has_its_words(answer: str, marker: str) -> None:
    assert marker in confidence_of(answer).markers


@given(st.text(max_size=400))
def test_every_figure_is_a_share(answer: str) -> None:
    found = confidence_of(answer)
    for figure in (found.score, found.uncertainty, found.hedging, found.deflection, found.knowledge_gap, found.vague):
        assert 0 <= figure <= 1


@pytest.mark.parametrize(
    ("scores", "trend"),
    [
        ([], "stable"),
        ([0.1, 0.9, 0.9], "stable"),
        ([0.5, 0.9, 0.9, 0.9], "improving"),
        ([0.9, 0.5, 0.5, 0.5], "declining"),
        ([0.9, 0.8, 0.8, 0.8], "stable"),
        ([0.0, *[0.9] * 10], "stable"),
    ],
)
def test_the_newest_answers_are_compared_with_those_before(scores: list[float], trend: Trend) -> None:
    assert trend_of(scores) == trend


@pytest.mark.parametrize(
    ("answer", "trend", "wanted"),
    [
        (SURE, "stable", Expansion("none", "current_topic", "")),
        (SURE, "declining", ("low", "current_topic")),
        ("I don't know.", "stable", ("low", "related_topics")),
        ("The lesson does not cover that.", "stable", ("low", "full_curriculum")),
    ],
)
def test_when_to_look_further(answer: str, trend: Trend, wanted: Expansion | tuple[Priority, Scope]) -> None:
    found = expansion_of(confidence_of(answer), trend)
    assert (found if isinstance(wanted, Expansion) else (found.priority, found.scope)) == wanted
    assert found.wanted is (found.priority != "none")


def test_doubt_alone_widens_to_the_unit_and_deep_doubt_is_urgent() -> None:
    doubt = Confidence(0.4, 0.9, 0.8, 0.0, 0.3, ("hedging",))
    assert expansion_of(doubt, "stable") == Expansion("medium", "current_unit", "the answer's confidence is 0.40")
    assert expansion_of(Confidence(0.2, 1, 1, 1, 1, ("knowledge_gap",)), "stable").priority == "high"
