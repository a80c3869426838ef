"""How packs and questions look on the wire."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from kb_api.models import ListQuestions
from kb_api.rules import pack_detail, pack_item, question_filter, question_item
from msgspec import structs

from shared.errors import InvalidInput
from shared.repositories.domains import QuestionDomain
from shared.repositories.packs import PackContent
from shared.repositories.questions import Question
from tests.support.content import nulls

NOW = datetime(2026, 3, 4, 5, 6, 7, 890_000, tzinfo=UTC)
CELL = {
    "domain_id": "social_studies", "subcategory": "Civics", "difficulty": 4, "question_type": "bonus",
    "questions": 3, "voiced": 1,
}  # fmt: skip
PACK = PackContent("p", "Pack", "", "custom", "jv", None, "draft", 1, False, NOW, NOW, [CELL], ["a", "b", "c"], [])
QUESTION = Question(
    id="a", domain_id="science", domain_name=None, subcategory="", question_text="?", answer_text="!",
    answer_type="text", acceptable_answers=[], difficulty=1, difficulty_tier=None, speed_target_seconds=5,
    question_type="toss_up", question_source=None, competition_year=None, buzzable=True, hints=[], explanation="",
    details={}, has_audio=False, status="active", revision=1, pack_ids=[], created_at=NOW, updated_at=NOW,
)  # fmt: skip


def wire(model: object) -> Any:
    body = msgspec.json.decode(msgspec.json.encode(model))
    assert nulls(body) == []
    return body


def test_stats_spell_domains_for_the_phones_and_the_rest_for_the_console() -> None:
    detail = wire(pack_detail(PACK, []))
    assert detail["stats"]["domain_distribution"] == {"socialStudies": 3}
    assert detail["domain_distribution"] == {"social_studies": 3}
    assert detail["difficulty_distribution"] == {"1": 0, "2": 0, "3": 0, "4": 3, "5": 0}
    assert (detail["audio_coverage_percent"], detail["missing_audio_count"]) == (33, 2)


def test_a_domain_without_an_entry_is_called_by_its_id() -> None:
    known = QuestionDomain("social_studies", "Social Studies", "globe", 0.1, [])
    assert wire(pack_detail(PACK, []))["domain_groups"][0]["domain_name"] == "social_studies"
    assert wire(pack_detail(PACK, [known]))["domain_groups"][0]["domain_name"] == "Social Studies"


def test_moments_have_no_fraction_and_absent_things_are_left_out() -> None:
    item = wire(pack_item(PACK))
    assert item["updated_at"] == "2026-03-04T05:06:07Z"
    assert "competition_year" not in item
    assert wire(pack_item(structs.replace(PACK, competition_year=2025)))["competition_year"] == 2025
    assert "domain_name" not in wire(question_item(QUESTION))


def test_details_never_replace_a_common_field() -> None:
    odd = structs.replace(QUESTION, details={"id": "other", "lead_in": "So:", "unknown": 1})
    item = wire(question_item(odd))
    assert (item["id"], item["lead_in"], "unknown" in item) == ("a", "So:", False)


@pytest.mark.parametrize(("text", "levels"), [("3", [3]), ("2, 1,2", [1, 2]), (None, None)])
def test_levels(text: str | None, levels: list[int] | None) -> None:
    assert question_filter(ListQuestions(difficulty=text)).difficulties == levels


@pytest.mark.parametrize("text", [",", "6", "1;2", "one", "-1", "\u0661"])
def test_what_is_no_level_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        question_filter(ListQuestions(difficulty=text))
    assert list(caught.value.details) == ["difficulty"]
