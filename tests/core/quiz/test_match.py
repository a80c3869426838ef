"""A quiz by itself: no socket, no clock."""

from typing import Any

import pytest

from core.quiz.items import Card, items_of
from core.quiz.match import Match
from shared.domain.answers import Strictness


def card(text: str, answer: str, kind: str = "toss_up", **details: Any) -> Card:
    return Card(f"q-{answer}", kind, text, answer, (), "text", "Because.", 5, details)


def match(*cards: Card) -> Match:
    return Match(items_of(cards), Strictness.STANDARD)


NEWTON = card("This man found gravity. (*) He was English. Name him.", "Isaac <u>Newton</u> [prompt on scientist]")
WATER = card("What is H2O?", "water", "lightning")


def play(game: Match, words: str, heard: str | None = None, pace_ms: int = 0) -> tuple[str, int]:
    step = game.answer(words, heard=heard, pace_ms=pace_ms)
    game.take(step)
    return step.text, game.standing.points


def test_a_power_mark_is_not_read_and_counts() -> None:
    opening = match(NEWTON).opening()
    assert "(*)" not in opening
    early = opening[: opening.index("gravity")]
    game = match(NEWTON, WATER)
    game.opening()
    text, points = play(game, "Newton", heard=early.replace("1 questions", "2 questions"))
    assert points == 15
    assert text.startswith("Correct. Power!")
    assert text.endswith("Question 2. What is H2O?")


@pytest.mark.parametrize(
    ("until", "words", "points"),
    [("Name", "newton", 10), (None, "newton", 10), ("Name", "Leibniz", -5), (None, "Leibniz", 0), ("Name", "pass", 0)],
)
def test_points_of_a_tossup(until: str | None, words: str, points: int) -> None:
    game = match(NEWTON)
    opening = game.opening()
    heard = None if until is None else opening[: opening.index(until)]
    text, score = play(game, words, heard)
    assert score == points
    assert game.is_over
    assert "1 right" in text


def test_a_miss_is_told_with_the_answer_and_why() -> None:
    game = match(NEWTON)
    game.opening()
    text, _ = play(game, "Leibniz")
    assert text.startswith("No. The answer is Isaac Newton. Because.")


def test_a_prompt_asks_once() -> None:
    game = match(NEWTON)
    game.opening()
    text, _ = play(game, "a scientist")
    assert text == "Can you be more specific?"
    assert not game.is_over
    text, _ = play(game, "a scientist")
    assert text.startswith("No.")


def test_who_speaks_before_the_question_hears_it_again() -> None:
    game = match(NEWTON, WATER)
    game.opening()
    assert play(game, "hello", heard="2 questions.") == (f"Listen. {game.item.text}", 0)
    assert play(game, "repeat please")[0].startswith("Listen.")
    assert play(game, "newton")[1] == 10


def test_a_bonus_is_asked_part_by_part() -> None:
    parts = [{"prompt": "Its colour?", "answer": "blue", "points": 20}, {"prompt": "Its gas?", "answer": "air"}]
    game = match(card("ignored", "x", "bonus", lead_in="About the sky:", parts=parts))
    assert game.opening().endswith("Question 1. About the sky: Its colour?")
    assert play(game, "blue")[1] == 20
    text, points = play(game, "water", heard="No")
    assert points == 20
    assert text.startswith("Listen.")
    assert play(game, "water")[1] == 20
    assert game.is_over


def test_a_pyramid_reads_its_clues() -> None:
    pyramid = card("Name it.", "moon", "pyramid", clues=[{"text": "It shines."}, {"text": "It waxes. (*)"}])
    (item,) = items_of([pyramid])
    assert (item.text, item.power) == ("It shines. It waxes. Name it.", 15)


def test_a_step_counts_only_when_it_is_taken() -> None:
    game = match(WATER)
    game.opening()
    step = game.answer("water", heard=None, pace_ms=900)
    assert (game.standing.points, game.is_over) == (0, False)
    game.take(step)
    assert (game.standing.points, game.is_over) == (10, True)
    assert step.result is not None
    assert (step.result.buzzed_at, step.result.pace_ms) == (1.0, 900)
    assert "You took 0.9 seconds" in step.text
