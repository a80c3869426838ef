"""Decisions about sessions."""

from collections.abc import Mapping

import pytest
from sessions_api.requests import AddTurn, ChooseTopic, ReportBargeIn, SetPosition
from sessions_api.rules import brought_lesson, completion, new_turn, reported_barge_in, socket_url, told_place

from shared.domain.context import Place
from shared.domain.lesson import Lesson
from shared.errors import InvalidInput
from shared.repositories.session_events import BargeIn


@pytest.mark.parametrize(
    ("headers", "url"),
    [
        ({"host": "127.0.0.1:8766"}, "ws://127.0.0.1:8766/ws/audio?session=s"),
        ({"host": "[::1]:8766"}, "ws://[::1]:8766/ws/audio?session=s"),
        ({"host": "api.example", "x-forwarded-proto": "https"}, "wss://api.example/ws/audio?session=s"),
        ({"host": "inner", "x-forwarded-host": "outer.example"}, "ws://outer.example/ws/audio?session=s"),
        ({}, "/ws/audio?session=s"),
        ({"host": "evil.example/path?"}, "/ws/audio?session=s"),
        ({"host": "a b"}, "/ws/audio?session=s"),
        ({"host": "user@host"}, "/ws/audio?session=s"),
    ],
)
def test_the_socket_is_where_the_client_called(headers: Mapping[str, str], url: str) -> None:
    assert socket_url(headers, "s") == url


def test_a_turn_is_named_by_its_client_or_by_us() -> None:
    assert new_turn(AddTurn("user", "Hi"), "ours").turn_id == "ours"
    assert new_turn(AddTurn("user", "Hi", turn_id="theirs", latency_ms=7), "ours").turn_id == "theirs"
    assert new_turn(AddTurn("user", "Hi", latency_ms=7), "ours").total_ms == 7


@pytest.mark.parametrize(
    ("body", "barge_in"),
    [
        (ReportBargeIn(), BargeIn(heard_by="client")),
        (ReportBargeIn("t", 5), BargeIn(heard_by="client", key="t 5", position_ms=5)),
        (
            ReportBargeIn(utterance="Wait", interrupted_position=1.6),
            BargeIn(heard_by="client", utterance="Wait", position_ms=2),
        ),
    ],
)
def test_a_reported_interruption(body: ReportBargeIn, barge_in: BargeIn) -> None:
    assert reported_barge_in(body) == barge_in


@pytest.mark.parametrize(
    "body",
    [ChooseTopic("t"), ChooseTopic("t", "Title"), ChooseTopic("t", "Title", "  "), ChooseTopic("t", None, "Text")],
)
def test_no_lesson_without_a_title_and_something_to_teach(body: ChooseTopic) -> None:
    assert brought_lesson(body) is None


def test_a_brought_text_is_taught_by_paragraph() -> None:
    lesson = brought_lesson(ChooseTopic("t", "Foxes", "One.\n\n  Two.\nStill two.\n \n\n"))
    assert lesson == Lesson("", "Foxes", ("One.", "Two.\nStill two."))


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (SetPosition(position=0), None),
        (SetPosition(current_topic_index=0), None),
        (SetPosition(unit_title="U"), Place(unit_title="U")),
        (SetPosition(position=3, total_topics=4), Place(total=4)),
        (SetPosition(curriculum_outline="* A\n\n2. B"), Place(total=2, outline=("A", "2. B"))),
        (SetPosition(curriculum_outline=["A"], current_topic_index=0), Place(total=1, outline=("A",))),
    ],
)
def test_where_a_client_says_its_topic_stands(body: SetPosition, place: Place | None) -> None:
    assert told_place(body) == place


@pytest.mark.parametrize("body", [SetPosition(), SetPosition(unit_title=""), SetPosition(curriculum_outline=" \n")])
def test_a_position_that_says_nothing_is_refused(body: SetPosition) -> None:
    with pytest.raises(InvalidInput, match="position: required"):
        told_place(body)


@pytest.mark.parametrize(
    ("position", "passages", "ended", "percent"),
    [(0, 4, True, 0), (1, 4, False, 25), (2, 3, True, 66), (9, 4, True, 100), (0, None, True, 100), (5, 0, False, 0)],
)
def test_completion_is_the_share_of_passages_left_behind(
    position: int, passages: int | None, *, ended: bool, percent: int
) -> None:
    assert completion(position, passages, ended=ended) == percent
