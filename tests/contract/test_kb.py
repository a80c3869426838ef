"""Section 2 of the contract, operation by operation: packs."""

from typing import Any

import pytest

from tests.conftest import BETA_TENANT
from tests.contract.conftest import World
from tests.contract.decoding import decode, refused
from tests.contract.kb import (
    Added,
    Bundle,
    Deleted,
    Done,
    OnePack,
    OneQuestion,
    PackDetail,
    PackPage,
    Preview,
    QuestionPage,
    Questions,
    a_pack,
    a_question,
    asked,
)
from tests.support.api import ApiClient
from tests.support.content import load_questions


@pytest.fixture(scope="module", autouse=True)
def shared_content(world: World) -> None:
    load_questions(world.database)


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
