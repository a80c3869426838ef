"""Section 2 of the contract: questions, domains and what the database holds."""

import pytest

from shared.ids import new_id
from tests.contract.conftest import World
from tests.contract.decoding import decode, refused
from tests.contract.kb import (
    BulkUpdated,
    Category,
    DatabaseStatus,
    Domains,
    Done,
    OneDomain,
    OneQuestion,
    PackDetail,
    QuestionPage,
    Synced,
    a_pack,
    a_question,
)
from tests.support.api import ApiClient
from tests.support.content import load_questions


@pytest.fixture(scope="module", autouse=True)
def shared_content(world: World) -> None:
    load_questions(world.database)


def test_questions_are_listed_and_filtered(teacher: ApiClient, learner: ApiClient) -> None:
    mark = f"Quetzal{new_id()[-6:]}"
    one = a_question(teacher, f"Where lives the {mark}?", domain_id="fine_arts", subcategory="Birds", difficulty=5)
    two = a_question(
        teacher, f"When sings the {mark}?", domain_id="currentEvents", question_type="lightning", status="draft"
    )

    def found(**query: str) -> list[str]:
        page = decode(learner.get("/api/kb/questions", query={"search": mark.lower(), **query}), QuestionPage)
        assert page.total == len(page.questions)
        return sorted(q.id for q in page.questions)

    assert found() == sorted([one.id, two.id])
    assert found(search=f"lived {mark}") == found(domain_id="fineArts") == found(subcategory="Birds") == [one.id]
    assert found(difficulty="4,5") == found(status="active") == [one.id]
    assert found(question_type="lightning") == found(domain_id="current_events") == [two.id]
    assert found(has_audio="true") == found(pack_id="core-knowledge") == []
    page = decode(learner.get("/api/kb/questions", query={"limit": "3", "offset": "2"}), QuestionPage)
    assert (len(page.questions), page.limit, page.offset, page.source) == (3, 3, 2, "database")
    for field, value in (("difficulty", "9"), ("has_audio", "no one knows"), ("status", "x"), ("offset", "-1")):
        refused(learner.get("/api/kb/questions", query={field: value}), 400, "invalid_input", field=field, flag=True)


def test_a_question_is_made(teacher: ApiClient, learner: ApiClient) -> None:
    pack = a_pack(teacher)
    parts = [{"prompt": "Its colour?", "answer": "blue", "points": 10}]
    question = a_question(
        teacher, domain_id="popCulture", subcategory="Film", question_type="bonus", lead_in="So:", parts=parts,
        acceptable_answers=["that"], difficulty=1, hints=["h"], pack_ids=[pack.id],
    )  # fmt: skip
    assert (question.domain_id, question.parts, question.pack_ids) == ("pop_culture", parts, [pack.id])
    assert question.id.startswith("pop-film-")
    body = {"domain_id": "science", "question_text": "?", "answer_text": "!"}
    for change, field in (
        ({"question_text": None}, "question_text"), ({"answer_text": " "}, "answer_text"),
        ({"domain_id": ""}, "domain_id"), ({"difficulty": 6}, "difficulty"),
        ({"difficulty": "3"}, "difficulty"), ({"hints": "x"}, "hints"),
        ({"question_text": "x" * 10_001}, "question_text"),
    ):  # fmt: skip
        refused(teacher.post("/api/kb/questions", {**body, **change}), 400, "invalid_input", field=field, flag=True)
    refused(
        teacher.post("/api/kb/questions", {**body, "pack_ids": ["core-knowledge"]}), 400, "unknown_packs", flag=True
    )
    refused(
        teacher.post("/api/kb/questions", {**body, "explanation": "x" * (2 << 20)}), 413, "payload_too_large", flag=True
    )
    refused(learner.post("/api/kb/questions", body), 403, "not_an_author", flag=True)


def test_a_question_is_read_changed_and_deleted(teacher: ApiClient, learner: ApiClient) -> None:
    one, two = a_pack(teacher), a_pack(teacher)
    made = a_question(teacher, difficulty=2, hints=["h"], pack_ids=[one.id])
    path = f"/api/kb/questions/{made.id}"
    assert decode(learner.get(path), OneQuestion).question == made
    changed = decode(teacher.patch(path, {"difficulty": 4, "hints": None, "pack_ids": [two.id]}), OneQuestion).question
    assert (changed.difficulty, changed.hints, changed.pack_ids, changed.revision) == (4, ["h"], [two.id], 2)
    assert changed.question_text == made.question_text
    assert decode(learner.get(f"/api/kb/packs/{two.id}"), PackDetail).difficulty_distribution["4"] == 1
    put = decode(teacher.put(path, {"domain_id": "fine_arts", "lead_in": "So:"}), OneQuestion).question
    assert (put.domain_id, put.lead_in, put.difficulty) == ("arts", "So:", 4)
    assert decode(learner.get(f"/api/kb/packs/{two.id}"), PackDetail).domain_distribution == {"arts": 1}
    refused(teacher.patch(path, {"difficulty": 3, "revision": 1}), 409, "edited_meanwhile", flag=True)
    refused(teacher.patch(path, {"status": "gone"}), 400, "invalid_input", field="status", flag=True)
    refused(teacher.patch(path, {"pack_ids": ["nope"]}), 400, "unknown_packs", flag=True)
    refused(learner.patch(path, {"difficulty": 3}), 403, "not_an_author", flag=True)
    refused(teacher.patch("/api/kb/questions/sci-bio-000001", {"difficulty": 3}), 403, "read_only", flag=True)
    refused(learner.delete(path), 403, "not_an_author", flag=True)
    decode(teacher.delete(path), Done)
    for answer in (learner.get(path), teacher.patch(path, {"difficulty": 3}), teacher.delete(path)):
        refused(answer, 404, "not_found", flag=True)
    assert decode(learner.get(f"/api/kb/packs/{two.id}"), PackDetail).question_count == 0


def test_many_questions_change_at_once(teacher: ApiClient, learner: ApiClient) -> None:
    one, two = a_question(teacher, difficulty=1), a_question(teacher, difficulty=2)
    pack = a_pack(teacher, one, two)
    ids = [one.id, two.id, one.id, "sci-bio-000001", "nope"]
    body = {"question_ids": ids, "updates": {"difficulty": 5, "status": "archived", "question_source": "nsb"}}
    done = decode(teacher.post("/api/kb/questions/bulk-update", body), BulkUpdated)
    assert (done.affected_count, done.errors) == (2, ["question sci-bio-000001 not found", "question nope not found"])
    assert decode(learner.get(f"/api/kb/packs/{pack.id}"), PackDetail).difficulty_distribution["5"] == 2
    for wrong, field in (({}, "updates"), ({"difficulty": 0}, "updates.difficulty"), (None, "updates")):
        answer = teacher.post("/api/kb/questions/bulk-update", {"question_ids": ["a"], "updates": wrong})
        refused(answer, 400, "invalid_input", field=field, flag=True)
    refused(learner.post("/api/kb/questions/bulk-update", body), 403, "not_an_author", flag=True)


def test_domains(teacher: ApiClient, learner: ApiClient) -> None:
    before = decode(learner.get("/api/kb/domains"), Domains)
    assert len(before.domains) >= 12
    made = decode(
        teacher.post("/api/kb/domains", {"name": "Marine Life", "subcategories": ["Whales"]}), OneDomain
    ).domain
    assert (made.id, made.weight, made.subcategories) == ("marine_life", 0, ["Whales"])
    refused(teacher.post("/api/kb/domains", {"name": "Marine Life"}), 409, "already_exists", flag=True)
    refused(teacher.post("/api/kb/domains", {}), 400, "invalid_input", field="name", flag=True)
    refused(learner.post("/api/kb/domains", {"name": "x"}), 403, "not_an_author", flag=True)
    category = decode(teacher.post("/api/kb/categories", {"domain_id": "fine_arts", "name": "Mosaics"}), Category)
    assert category.category == {"domain_id": "arts", "name": "Mosaics"}
    assert "Mosaics" in category.domain.subcategories
    again = decode(teacher.post("/api/kb/categories", {"domain_id": "arts", "name": "Mosaics"}), Category)
    assert again.domain.subcategories.count("Mosaics") == 1
    refused(teacher.post("/api/kb/categories", {"domain_id": "nope", "name": "x"}), 404, "not_found", flag=True)
    assert {d.id for d in decode(learner.get("/api/kb/domains"), Domains).domains} >= {"marine_life", "arts"}


def test_what_the_database_holds(teacher: ApiClient, learner: ApiClient) -> None:
    before = decode(learner.get("/api/kb/database-status"), DatabaseStatus)
    a_question(teacher, domain_id="miscellaneous")
    after = decode(learner.get("/api/kb/database-status"), DatabaseStatus)
    assert after.total_questions == before.total_questions + 1 == sum(after.domain_counts.values())
    assert after.domain_counts["miscellaneous"] == before.domain_counts["miscellaneous"] + 1
    synced = decode(teacher.post("/api/kb/sync-to-database"), Synced)
    assert (synced.imported_count, synced.total_questions) == (0, after.total_questions)
    refused(learner.post("/api/kb/sync-to-database"), 403, "not_an_author", flag=True)
