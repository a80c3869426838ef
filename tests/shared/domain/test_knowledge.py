"""Knowledge-bowl content and what packs add up to."""

from typing import Any

import pytest

from shared.domain.knowledge import (
    PackCell,
    PackStats,
    camel_domain,
    canonical_domain,
    domain_problems,
    pack_problems,
    question_row,
)
from tests.support.content import CONTENT, read_json
from tests.support.packs import a_pack, a_question


@pytest.mark.parametrize(
    ("given", "stored"),
    [("fine_arts", "arts"), ("fineArts", "arts"), ("socialStudies", "social_studies"), ("science", "science"),
     (" currentEvents ", "current_events"), ("pop-culture", "pop_culture"), ("pop_culture", "pop_culture")],
)  # fmt: skip
def test_a_domain_has_one_stored_name(given: str, stored: str) -> None:
    assert canonical_domain(given) == stored


def test_the_phones_spell_domains_in_camel_case() -> None:
    assert [camel_domain(name) for name in ("social_studies", "arts")] == ["socialStudies", "arts"]


def test_the_seed_pack_and_domains_are_good() -> None:
    pack = read_json(CONTENT / "knowledge_bowl" / "core-pack.json")
    domains = read_json(CONTENT / "knowledge_bowl" / "domains.json")
    assert pack_problems(pack) == []
    assert domain_problems(domains) == []
    subcategories = {domain["id"]: domain["subcategories"] for domain in domains}
    assert {question["domain_id"] for question in pack["questions"]} == set(subcategories)
    assert all(question["subcategory"] in subcategories[question["domain_id"]] for question in pack["questions"])


def test_every_problem_of_a_pack_is_reported() -> None:
    pack = a_pack(
        "p q",
        a_question("a", difficulty=6, question_type="riddle"),
        a_question("a", answer_text=""),
        a_question("b", parts=[{"prompt": "x"}], hints="none"),
        status="new",
    )
    assert {problem.pointer for problem in pack_problems(pack)} == {
        "/id",
        "/status",
        "/questions/0/difficulty",
        "/questions/0/question_type",
        "/questions/1/answer_text",
        "/questions/1/id",
        "/questions/2/parts/0/answer",
        "/questions/2/hints",
    }


@pytest.mark.parametrize("odd", [None, [], "pack", {}, {"questions": 7}, {"questions": [None]}])
def test_what_is_no_pack_is_said_to_be_none(odd: Any) -> None:
    assert pack_problems(odd)


def test_a_domain_list_has_each_once() -> None:
    twice = [{"id": "a", "name": "A", "weight": 0.5}, {"id": "a", "name": "B", "weight": 2}]
    assert {problem.pointer for problem in domain_problems(twice)} == {"/1/id", "/1/weight"}
    assert domain_problems({"id": "a"})


def test_a_row_keeps_a_types_own_fields_together() -> None:
    row = question_row(a_question("a", domain_id="fineArts", clues=[{"text": "x"}], explanation=None))
    assert row["domain_id"] == "arts"
    assert row["details"] == {"clues": [{"text": "x"}]}
    assert "clues" not in row
    assert "explanation" not in row


def test_stats_add_up() -> None:
    cells = [
        PackCell("arts", "Music", 1, "toss_up", 2, 1),
        PackCell("science", "Physics", 5, "bonus", 4, 4),
        PackCell("science", "Biology", 1, "toss_up", 1, 1),
    ]
    stats = PackStats.of(cells)
    assert (stats.question_count, stats.missing_audio_count, stats.audio_coverage_percent) == (7, 1, 85)
    assert stats.difficulties == {"1": 3, "2": 0, "3": 0, "4": 0, "5": 4}
    assert stats.question_types == ["bonus", "toss_up"]
    assert stats.domains == {"science": 5, "arts": 2}
    assert stats.groups[0].subcategories == {"Biology": 1, "Physics": 4}


def test_an_empty_pack_has_no_audio_missing() -> None:
    stats = PackStats.of([])
    assert (stats.question_count, stats.audio_coverage_percent, stats.groups) == (0, 0, [])
