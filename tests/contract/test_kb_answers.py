"""Judging answers over HTTP."""

from typing import Any

import pytest
from msgspec import UNSET, Struct, UnsetType

from tests.contract.conftest import World
from tests.contract.decoding import Int, Share, Text, decode, refused
from tests.support.api import ApiClient
from tests.support.content import load_questions

PATH = "/api/kb/answers/judge"


class Judgement(Struct):
    matched: bool
    confidence: Share
    rule: Text
    reason: Text
    expected_answer: Text
    matched_answer: str | UnsetType = UNSET
    prompt: str | UnsetType = UNSET
    question_id: str | UnsetType = UNSET


class One(Judgement, kw_only=True):
    success: bool
    strictness: str


class Many(Struct):
    success: bool
    results: list[Judgement]
    matched_count: Int
    strictness: str


@pytest.fixture(scope="module", autouse=True)
def shared_content(world: World) -> None:
    load_questions(world.database)


def test_one_answer_to_a_question(learner: ApiClient) -> None:
    one = decode(learner.post(PATH, {"question_id": "sci-bio-000001", "answer": "carbon dioxid"}), One)
    assert (one.matched, one.rule, one.expected_answer) == (True, "edit_distance", "carbon dioxide")
    assert (one.question_id, one.strictness) == ("sci-bio-000001", "lenient")
    listed = decode(learner.post(PATH, {"question_id": "sci-bio-000001", "answer": "co2"}), One)
    assert (listed.rule, listed.matched_answer, listed.confidence) == ("acceptable", "CO2", 1)
    missed = decode(learner.post(PATH, {"question_id": "sci-bio-000001", "answer": "oxygen", "region": None}), One)
    assert (missed.matched, missed.rule, missed.confidence) == (False, "none", 0)
    assert decode(learner.post(PATH, {"question_id": "sci-bio-000001", "answer": ""}), One).rule == "empty"


def test_an_answer_line_sent_along(learner: ApiClient) -> None:
    line = 'Isaac <u>Newton</u> [prompt on scientist by asking "which one?"; do not accept Leibniz]'
    asked = decode(learner.post(PATH, {"expected_answer": line, "answer": "a scientist"}), One)
    assert (asked.matched, asked.prompt, asked.expected_answer) == (False, "which one?", "Isaac Newton")
    assert decode(learner.post(PATH, {"expected_answer": line, "answer": "leibniz"}), One).rule == "do_not_accept"


@pytest.mark.parametrize(
    ("how", "level", "matched"),
    [
        ({"region": "colorado"}, "strict", False),
        ({"region": "colorado_springs"}, "strict", False),
        ({"region": "minnesota"}, "standard", True),
        ({"region": "washington"}, "standard", True),
        ({}, "lenient", True),
        ({"region": "colorado", "strictness": "standard"}, "standard", True),
    ],
)
def test_regions_judge_by_their_own_rules(learner: ApiClient, how: dict[str, str], level: str, matched: bool) -> None:
    body = {"expected_answer": "Mount Everest", "answer_type": "place", "answer": "Everest", **how}
    one = decode(learner.post(PATH, body), One)
    assert (one.strictness, one.matched) == (level, matched)


def test_many_answers_at_once(learner: ApiClient) -> None:
    answers: list[dict[str, Any]] = [
        {"question_id": "sci-bio-000001", "answer": "CO2"},
        {"expected_answer": "42", "answer_type": "number", "answer": "forty two"},
        {"expected_answer": "Newton", "acceptable_answers": ["N"], "answer": "Galileo"},
    ]
    many = decode(learner.post(PATH, {"answers": answers, "strictness": "strict"}), Many)
    assert ([result.matched for result in many.results], many.matched_count) == ([True, True, False], 2)
    assert [result.rule for result in many.results] == ["acceptable", "value", "none"]


def test_what_judging_refuses(learner: ApiClient, nobody: ApiClient) -> None:
    good = {"expected_answer": "x", "answer": "x"}
    changes: tuple[tuple[dict[str, Any], str], ...] = (
        ({"answer": None}, "answer"),
        ({"expected_answer": None}, "expected_answer"),
        ({"question_id": "sci-bio-000001"}, "expected_answer"),
        ({"answer": "x" * 2_001}, "answer"),
        ({"region": "utopia"}, "region"),
        ({"strictness": "odd"}, "strictness"),
        ({"answer_type": "odd"}, "answer_type"),
        ({"answers": []}, "answers"),
        ({"answers": [good] * 101}, "answers"),
        ({"answers": [{"answer": "x"}]}, "answers[0].expected_answer"),
    )
    for change, field in changes:
        refused(learner.post(PATH, {**good, **change}), 400, "invalid_input", field=field, flag=True)
    refused(learner.post(PATH, {"question_id": "nope", "answer": "x"}), 404, "not_found", flag=True)
    refused(nobody.post(PATH, good), 401, "missing_token", flag=True)
