"""Section 2 of the contract, operation by operation: packs, questions, domains and modules."""

from typing import Any

import pytest
from msgspec import UNSET, Struct, UnsetType

from shared.ids import new_id
from tests.conftest import BETA_TENANT
from tests.contract.conftest import World
from tests.contract.decoding import Int, Long, Moment, Number, Text, decode, refused
from tests.support.api import ApiClient
from tests.support.content import load_questions


class Stats(Struct):
    question_count: Int
    domain_count: Int
    domain_distribution: dict[str, Int]
    difficulty_distribution: dict[str, Int]
    audio_coverage_percent: Number
    missing_audio_count: Int


class Pack(Struct):
    id: Text
    name: Text
    description: str
    type: Text
    pack_type: Text
    difficulty_tier: Text
    status: Text
    question_count: Int
    domain_count: Int
    audio_coverage_percent: Number
    stats: Stats
    created_at: Moment
    updated_at: Moment
    revision: Int
    is_reference_bundle: bool
    competition_year: Int | UnsetType = UNSET


class PackPage(Struct):
    success: bool
    packs: list[Pack]
    total: Int
    limit: Int
    offset: Int


class PackFields(Pack, kw_only=True):
    difficulty_distribution: dict[str, Int]
    domain_distribution: dict[str, Int]
    question_types: list[str]
    question_ids: list[str]
    missing_audio_count: Int
    source_pack_ids: list[str] | UnsetType = UNSET


class OnePack(Struct):
    success: bool
    pack: PackFields


class Group(Struct):
    domain_id: str
    domain_name: str
    question_count: Int
    subcategories: list[dict[str, Any]]


class PackDetail(PackFields, kw_only=True):
    success: bool
    pack: PackFields
    domain_groups: list[Group]


class Bundle(OnePack):
    duplicates_skipped: Int
    duplicates: list[dict[str, str]]


class Question(Struct):
    id: Text
    domain_id: Text
    subcategory: str
    question_text: Text
    answer_text: Text
    acceptable_answers: list[str]
    difficulty: Int
    speed_target_seconds: Int
    question_type: Text
    hints: list[str]
    explanation: str
    pack_ids: list[str]
    status: Text
    has_audio: bool
    buzzable: bool
    revision: Int
    created_at: Moment
    updated_at: Moment
    lead_in: str | UnsetType = UNSET
    parts: list[dict[str, Any]] | UnsetType = UNSET


class OneQuestion(Struct):
    success: bool
    question: Question


class Questions(Struct):
    success: bool
    questions: list[Question]
    total: Int


class QuestionPage(Questions):
    limit: Int
    offset: Int
    source: str


class Done(Struct):
    success: bool


class Added(Done):
    added_count: Int
    added_ids: list[str]


class Deleted(Done):
    pack_id: str


class Preview(Done):
    duplicate_groups: list[dict[str, Any]]
    total_duplicates: Int
    unique_questions_after_dedup: Int


class BulkUpdated(Done):
    affected_count: Int
    errors: list[str] | UnsetType = UNSET


class Domain(Struct):
    id: Text
    name: Text
    icon_name: str
    weight: Number
    subcategories: list[str]


class Domains(Done):
    domains: list[Domain]
    source: str


class OneDomain(Done):
    domain: Domain


class Category(OneDomain):
    category: dict[str, str]


class DatabaseStatus(Done):
    database_available: bool
    total_questions: Int
    domain_counts: dict[str, Int]
    message: str


class Imported(Done):
    imported_count: Int
    skipped_count: Int


class Synced(Done):
    imported_count: Int
    module_questions: Int
    importer_questions: Int
    total_questions: Int
    domain_counts: dict[str, Int]


@pytest.fixture(scope="module", autouse=True)
def shared_content(world: World) -> None:
    load_questions(world.database)


def a_question(author: ApiClient, text: str | None = None, **fields: Any) -> Question:
    body = {"domain_id": "science", "question_text": text or f"What is {new_id()}?", "answer_text": "this", **fields}
    return decode(author.post("/api/kb/questions", body), OneQuestion).question


def a_pack(author: ApiClient, *questions: Question, **fields: Any) -> PackFields:
    body = {"name": f"Pack {new_id()}", "question_ids": [question.id for question in questions], **fields}
    return decode(author.post("/api/kb/packs", body), OnePack).pack


def asked(reader: ApiClient, pack_id: str) -> list[str]:
    return [q.question_text for q in decode(reader.get(f"/api/kb/packs/{pack_id}/questions"), Questions).questions]


# Packs


def test_packs_are_listed_for_phones_and_console(teacher: ApiClient, learner: ApiClient) -> None:
    made = a_pack(teacher, a_question(teacher, domain_id="socialStudies", difficulty=4), name="Only this one")
    page = decode(learner.get("/api/kb/packs", query={"search": "only THIS one", "limit": "500"}), PackPage)
    (pack,) = page.packs
    assert (page.total, page.limit, page.offset, pack.id) == (1, 100, 0, made.id)
    assert pack.stats.domain_distribution == {"socialStudies": 1}
    assert pack.stats.difficulty_distribution == {"1": 0, "2": 0, "3": 0, "4": 1, "5": 0}
    assert (pack.status, pack.type, pack.difficulty_tier) == ("draft", "custom", "varsity")
    assert decode(learner.get("/api/kb/packs", query={"type": "system"}), PackPage).total >= 1
    refused(learner.get("/api/kb/packs", query={"type": "odd"}), 400, "invalid_input", field="type", flag=True)


def test_a_pack_is_made(teacher: ApiClient, learner: ApiClient, nobody: ApiClient) -> None:
    question = a_question(teacher)
    fields = {"description": "d", "difficulty_tier": "jv", "competition_year": 2026, "status": "active"}
    pack = a_pack(teacher, question, name="Made", **fields)
    assert (pack.question_ids, pack.competition_year, pack.domain_distribution) == ([question.id], 2026, {"science": 1})
    decode(teacher.post("/api/kb/packs", {"name": "n", "description": None, "question_ids": None}), OnePack)
    for body, field in (
        ({}, "name"), ({"name": "  "}, "name"), ({"name": "n", "status": "gone"}, "status"),
        ({"name": "n", "competition_year": 1.5}, "competition_year"), ({"name": "n", "question_ids": ["a b"]}, None),
    ):  # fmt: skip
        refused(teacher.post("/api/kb/packs", body), 400, "invalid_input", field=field, flag=True)
    unknown = {"name": "n", "question_ids": [question.id, *(f"no-{at}" for at in range(7))]}
    error = refused(teacher.post("/api/kb/packs", unknown), 400, "unknown_questions", flag=True)
    assert "no-4" in error.error
    assert "no-5" not in error.error
    refused(teacher.post("/api/kb/packs", {"name": "n", "type": "system"}), 403, "read_only", flag=True)
    refused(learner.post("/api/kb/packs", {"name": "n"}), 403, "not_an_author", flag=True)
    refused(nobody.post("/api/kb/packs", {"name": "n"}), 401, "missing_token", flag=True)


def test_a_pack_has_its_fields_at_the_top_too(world: World, teacher: ApiClient, learner: ApiClient) -> None:
    made = a_pack(teacher, a_question(teacher, subcategory="Optics"))
    answer = learner.get(f"/api/kb/packs/{made.id}")
    detail = decode(answer, PackDetail)
    assert detail.pack.id == detail.id == made.id
    assert detail.domain_groups[0].subcategories == [{"subcategory": "Optics", "question_count": 1}]
    assert answer.headers["etag"] == '"1"'
    refused(learner.get("/api/kb/packs/nothing"), 404, "not_found", flag=True)
    outsider = world.person("owner", tenant_id=BETA_TENANT)
    for path in (f"/api/kb/packs/{made.id}", f"/api/kb/packs/{made.id}/questions", f"/api/kb/packs/{made.id}/export"):
        refused(outsider.get(path), 404, "not_found", flag=True)


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_a_pack_changes(teacher: ApiClient, learner: ApiClient, method: str) -> None:
    made = a_pack(teacher)
    path = f"/api/kb/packs/{made.id}"
    changed = decode(teacher.call(method, path, json={"name": "New", "description": None}), OnePack).pack
    assert (changed.name, changed.revision, changed.description) == ("New", 2, made.description)
    assert decode(teacher.call(method, path, json={"name": "New"}), OnePack).pack.revision == 2
    refused(teacher.call(method, path, json={"difficulty_tier": "odd"}), 400, "invalid_input", flag=True)
    refused(teacher.call(method, "/api/kb/packs/nothing", json={"name": "x"}), 404, "not_found", flag=True)
    refused(teacher.call(method, "/api/kb/packs/core-knowledge", json={"name": "x"}), 403, "read_only", flag=True)
    refused(learner.call(method, path, json={"name": "x"}), 403, "not_an_author", flag=True)


def test_two_people_who_edit_the_same_pack_notice(world: World, teacher: ApiClient) -> None:
    other = world.person("teacher")
    made = a_pack(teacher)
    path = f"/api/kb/packs/{made.id}"
    tag = teacher.get(path).headers["etag"]
    assert other.patch(path, {"name": "Theirs"}, headers={"If-Match": tag}).headers["etag"] == '"2"'
    refused(teacher.patch(path, {"name": "Mine"}, headers={"If-Match": tag}), 409, "edited_meanwhile", flag=True)
    refused(teacher.put(path, {"name": "Mine", "revision": 1}), 409, "edited_meanwhile", flag=True)
    refused(teacher.delete(path, headers={"If-Match": tag}), 409, "edited_meanwhile", flag=True)
    refused(
        teacher.patch(path, {"name": "x"}, headers={"If-Match": "7"}), 400, "invalid_input", field="If-Match", flag=True
    )
    assert decode(teacher.get(path), PackDetail).name == "Theirs"
    assert decode(teacher.patch(path, {"name": "Mine", "revision": 2}), OnePack).pack.name == "Mine"
    assert decode(other.patch(path, {"name": "Phones"}), OnePack).pack.revision == 4


def test_a_pack_is_deleted(teacher: ApiClient, learner: ApiClient) -> None:
    question = a_question(teacher)
    made = a_pack(teacher, question)
    refused(learner.delete(f"/api/kb/packs/{made.id}"), 403, "not_an_author", flag=True)
    assert decode(teacher.delete(f"/api/kb/packs/{made.id}"), Deleted).pack_id == made.id
    refused(teacher.delete(f"/api/kb/packs/{made.id}"), 404, "not_found", flag=True)
    refused(teacher.delete("/api/kb/packs/core-knowledge"), 403, "read_only", flag=True)
    assert decode(teacher.get(f"/api/kb/questions/{question.id}"), OneQuestion).question.pack_ids == []


def test_a_packs_questions(teacher: ApiClient, learner: ApiClient) -> None:
    one, two, three = (a_question(teacher) for _ in range(3))
    pack = a_pack(teacher, three)
    path = f"/api/kb/packs/{pack.id}/questions"
    added = decode(teacher.post(path, {"question_ids": [two.id, three.id, one.id, two.id]}), Added)
    assert (added.added_count, added.added_ids) == (2, [two.id, one.id])
    listed = decode(learner.get(path), Questions)
    assert ([q.id for q in listed.questions], listed.total) == ([three.id, two.id, one.id], 3)
    part = decode(learner.get(path, query={"limit": "1", "offset": "1"}), Questions)
    assert ([q.id for q in part.questions], part.total) == ([two.id], 3)
    refused(teacher.post(path, {"question_ids": [one.id, "nope"]}), 400, "unknown_questions", flag=True)
    refused(teacher.post(path, {"question_ids": []}), 400, "invalid_input", field="question_ids", flag=True)
    refused(teacher.post("/api/kb/packs/nope/questions", {"question_ids": [one.id]}), 404, "not_found", flag=True)
    decode(teacher.delete(f"{path}/{two.id}"), Done)
    refused(teacher.delete(f"{path}/{two.id}"), 404, "not_found", flag=True)
    refused(learner.delete(f"{path}/{one.id}"), 403, "not_an_author", flag=True)
    refused(learner.get("/api/kb/packs/nope/questions"), 404, "not_found", flag=True)
    assert decode(teacher.get(f"/api/kb/questions/{two.id}"), OneQuestion).question.pack_ids == []


def test_a_copied_bundle_leaves_out_what_is_asked_already(teacher: ApiClient) -> None:
    first, same, other = a_question(teacher, "Why?"), a_question(teacher, " why? "), a_question(teacher, "How?")
    one, two = a_pack(teacher, first), a_pack(teacher, same, other, first)
    body: dict[str, Any] = {"name": "Both", "source_pack_ids": [one.id, two.id, one.id]}
    preview = decode(teacher.post("/api/kb/packs/preview-dedup", {"source_pack_ids": [one.id, two.id]}), Preview)
    assert (preview.total_duplicates, preview.unique_questions_after_dedup) == (2, 2)
    (group,) = preview.duplicate_groups
    assert [(o["question_id"], o["pack_name"]) for o in group["occurrences"]] == [
        (first.id, one.name), (same.id, two.name), (first.id, two.name),
    ]  # fmt: skip
    bundle = decode(teacher.post("/api/kb/packs/bundle", body), Bundle)
    assert (bundle.pack.type, bundle.pack.status, bundle.pack.question_ids) == (
        "bundle",
        "active",
        [first.id, other.id],
    )
    assert bundle.duplicates_skipped == 2
    assert {"question_id": same.id, "duplicate_of": first.id} in bundle.duplicates
    everything = decode(teacher.post("/api/kb/packs/bundle", {**body, "deduplication_strategy": "keep_all"}), Bundle)
    assert everything.pack.question_ids == [first.id, same.id, other.id]
    chosen = {**body, "deduplication_strategy": "manual", "excluded_question_ids": [first.id]}
    assert decode(teacher.post("/api/kb/packs/bundle", chosen), Bundle).pack.question_ids == [same.id, other.id]
    decode(teacher.delete(f"/api/kb/packs/{two.id}/questions/{other.id}"), Done)
    assert decode(teacher.get(f"/api/kb/packs/{bundle.pack.id}"), PackDetail).question_count == 2


def test_a_reference_bundle_follows_its_sources(teacher: ApiClient, learner: ApiClient) -> None:
    first, later = a_question(teacher, difficulty=1), a_question(teacher, difficulty=5)
    source, other = a_pack(teacher, first), a_pack(teacher)
    body = {"name": "Following", "source_pack_ids": [source.id], "is_reference_bundle": True}
    bundle = decode(teacher.post("/api/kb/packs/bundle", body), Bundle).pack
    assert (bundle.is_reference_bundle, bundle.source_pack_ids, bundle.question_count) == (True, [source.id], 1)
    decode(teacher.post(f"/api/kb/packs/{source.id}/questions", {"question_ids": [later.id]}), Added)
    now = decode(learner.get(f"/api/kb/packs/{bundle.id}"), PackDetail)
    assert (now.question_ids, now.stats.difficulty_distribution["5"]) == ([first.id, later.id], 1)
    assert len(asked(learner, bundle.id)) == 2
    page = decode(learner.get("/api/kb/questions", query={"pack_id": bundle.id, "difficulty": "5"}), QuestionPage)
    assert [q.id for q in page.questions] == [later.id]
    path = f"/api/kb/packs/{bundle.id}"
    refused(teacher.post(f"{path}/questions", {"question_ids": [first.id]}), 409, "reference_bundle", flag=True)
    refused(teacher.patch(path, {"source_pack_ids": [bundle.id]}), 400, "bundle_of_itself", flag=True)
    outer = decode(teacher.post("/api/kb/packs/bundle", {**body, "source_pack_ids": [bundle.id]}), Bundle).pack
    refused(teacher.patch(path, {"source_pack_ids": [source.id, outer.id]}), 400, "bundle_of_itself", flag=True)
    assert decode(teacher.get(path), PackDetail).source_pack_ids == [source.id]
    assert decode(teacher.patch(path, {"source_pack_ids": [other.id]}), OnePack).pack.question_ids == []
    refused(
        teacher.patch(f"/api/kb/packs/{source.id}", {"source_pack_ids": [other.id]}),
        409,
        "no_reference_bundle",
        flag=True,
    )


def test_what_bundles_refuse(teacher: ApiClient, learner: ApiClient) -> None:
    for path in ("bundle", "preview-dedup"):
        unknown = {"name": "n", "source_pack_ids": ["core-knowledge", "nope"]}
        refused(teacher.post(f"/api/kb/packs/{path}", unknown), 400, "unknown_packs", flag=True)
        empty: dict[str, Any] = {"name": "n", "source_pack_ids": []}
        refused(teacher.post(f"/api/kb/packs/{path}", empty), 400, "invalid_input", field="source_pack_ids", flag=True)
    body = {"name": "n", "source_pack_ids": ["core-knowledge"]}
    refused(learner.post("/api/kb/packs/bundle", body), 403, "not_an_author", flag=True)
    odd = {**body, "deduplication_strategy": "odd"}
    refused(teacher.post("/api/kb/packs/bundle", odd), 400, "invalid_input", field="deduplication_strategy", flag=True)


def test_a_pack_is_duplicated(teacher: ApiClient, learner: ApiClient) -> None:
    copy = decode(teacher.post("/api/kb/packs/core-knowledge/duplicate"), OnePack).pack
    original = decode(learner.get("/api/kb/packs/core-knowledge"), PackDetail)
    assert (copy.name, copy.type, copy.status) == ("Copy of Core Knowledge", "custom", "draft")
    assert (copy.question_ids, copy.stats) == (original.question_ids, original.stats)
    named = decode(teacher.post(f"/api/kb/packs/{copy.id}/duplicate", {"name": "Mine"}), OnePack).pack
    assert (named.name, named.question_count) == ("Mine", copy.question_count)
    refused(teacher.post("/api/kb/packs/nope/duplicate"), 404, "not_found", flag=True)
    refused(learner.post("/api/kb/packs/core-knowledge/duplicate"), 403, "not_an_author", flag=True)


# Questions


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


# Domains and the database


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


# Modules


class Module(Struct):
    id: Text
    name: Text
    description: Text
    icon_name: Text
    theme_color_hex: Text
    version: Text
    supports_team_mode: bool
    supports_speed_training: bool
    supports_competition_sim: bool
    enabled: bool
    download_size: Int
    download_size_bytes: Long


class Modules(Struct):
    modules: list[Module]
    server_version: Text
    total: Int


class ModuleDetail(Module, kw_only=True):
    long_description: Text
    base_supports_team_mode: bool
    base_supports_speed_training: bool
    base_supports_competition_sim: bool
    feature_overrides: dict[str, bool]
    domains: list[dict[str, Any]]
    study_modes: list[str]
    total_questions: Int
    estimated_study_hours: Number


class DownloadSettings(Struct):
    default_time_per_question: Int
    enable_spoken_questions: bool
    enable_spoken_answers: bool
    minimum_mastery_for_completion: Number


class SwiftQuestion(Struct):
    id: Text
    question_text: Text
    answer_text: Text
    difficulty: Int


class SwiftDomain(Struct):
    id: Text
    name: Text
    weight: Number
    icon_name: str
    questions: list[SwiftQuestion]


class SwiftModule(Module, kw_only=True):
    downloaded_at: Long
    total_questions: Int
    domains: list[SwiftDomain]
    settings: DownloadSettings
    study_modes: list[dict[str, Any]]


class KotlinAnswer(Struct):
    primary: Text
    acceptable: list[str]
    answerType: str  # noqa: N815


class KotlinQuestion(Struct):
    id: Text
    text: Text
    answer: KotlinAnswer
    domain: Text
    difficulty: str | UnsetType = UNSET


class KotlinDomain(Struct):
    questions: list[KotlinQuestion]


class KotlinModule(Struct):
    domains: list[KotlinDomain]


OKHTTP = {"User-Agent": "okhttp/4.12.0"}


def test_modules_are_listed_and_shown(learner: ApiClient, nobody: ApiClient) -> None:
    listed = decode(learner.get("/api/modules"), Modules)
    assert [module.id for module in listed.modules] == ["knowledge-bowl"]
    assert listed.modules[0].download_size == listed.modules[0].download_size_bytes > 10_000
    detail = decode(learner.get("/api/modules/knowledge-bowl"), ModuleDetail)
    assert detail.total_questions == sum(domain["question_count"] for domain in detail.domains) >= 120
    assert detail.feature_overrides == {}
    refused(learner.get("/api/modules/nope"), 404, "not_found", flag=True)
    refused(nobody.get("/api/modules"), 401, "missing_token", flag=True)


def test_a_module_is_downloaded_as_each_client_decodes_it(learner: ApiClient) -> None:
    path = "/api/modules/knowledge-bowl/download"
    swift = decode(learner.post(path), SwiftModule)
    assert swift.downloaded_at > 800_000_000
    assert swift.total_questions == sum(len(domain.questions) for domain in swift.domains)
    words = {"overview", "foundational", "intermediate", "varsity", "championship", "research"}
    kotlin = decode(learner.post(path, headers=OKHTTP), KotlinModule)
    assert {q.difficulty for d in kotlin.domains for q in d.questions} <= words
    assert {"socialStudies", "popCulture"} <= {q.domain for d in kotlin.domains for q in d.questions}
    told = learner.post(path, {"module_id": "knowledge-bowl", "include_audio": False}, headers=OKHTTP)
    assert {q.difficulty for d in decode(told, KotlinModule).domains for q in d.questions} == {UNSET}
    refused(learner.post("/api/modules/nope/download"), 404, "not_found", flag=True)


def test_a_tenant_decides_about_a_module(world: World) -> None:
    teacher, learner = (world.person(role, tenant_id=BETA_TENANT) for role in ("teacher", "learner"))
    path = "/api/modules/knowledge-bowl/settings"
    decided = teacher.patch(path, {"enabled": False, "feature_overrides": {"team_mode": False}}).body
    assert decided == {
        "success": True, "module_id": "knowledge-bowl", "enabled": False, "feature_overrides": {"team_mode": False},
        "effective_features": {"team_mode": False, "speed_training": True, "competition_sim": True},
    }  # fmt: skip
    assert decode(learner.get("/api/modules"), Modules).modules == []
    hidden = decode(learner.get("/api/modules", query={"include_disabled": "true"}), Modules).modules[0]
    assert (hidden.enabled, hidden.supports_team_mode) == (False, False)
    assert decode(learner.get("/api/modules/knowledge-bowl"), ModuleDetail).base_supports_team_mode is True
    refused(learner.post("/api/modules/knowledge-bowl/download"), 403, "module_disabled", flag=True)
    assert teacher.patch(path, {"enabled": True}).body["feature_overrides"] == {"team_mode": False}
    refused(learner.patch(path, {"enabled": True}), 403, "not_an_author", flag=True)
    refused(teacher.patch("/api/modules/nope/settings", {}), 404, "not_found", flag=True)
    refused(teacher.patch(path, {"feature_overrides": {"team_mode": 1}}), 400, "invalid_input", flag=True)


def test_a_pack_is_filled_from_the_module(teacher: ApiClient, learner: ApiClient) -> None:
    pack = a_pack(teacher)
    body = {"pack_id": pack.id, "domains": ["fine_arts", "socialStudies"], "difficulties": [1, 2, 3]}
    done = decode(teacher.post("/api/kb/import-from-module", body), Imported)
    assert (done.imported_count > 5, done.skipped_count) == (True, 0)
    filled = decode(learner.get(f"/api/kb/packs/{pack.id}"), PackDetail)
    assert (filled.question_count, set(filled.domain_distribution)) == (done.imported_count, {"arts", "social_studies"})
    again = decode(teacher.post("/api/kb/import-from-module", {"pack_id": pack.id}), Imported)
    assert again.skipped_count == done.imported_count
    refused(teacher.post("/api/kb/import-from-module", {"pack_id": "nope"}), 404, "not_found", flag=True)
    refused(teacher.post("/api/kb/import-from-module", {**body, "difficulties": [6]}), 400, "invalid_input", flag=True)
    refused(learner.post("/api/kb/import-from-module", body), 403, "not_an_author", flag=True)
