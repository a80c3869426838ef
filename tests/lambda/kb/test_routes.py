"""Knowledge bowl over HTTP, read as the phones and the console read it."""

from collections.abc import Iterator
from typing import Any

import pytest
from kb_api.routes import routes
from msgspec import Struct

from shared.api import Service
from shared.db import Database
from shared.repositories.content import store_pack
from tests.conftest import ALPHA, BETA
from tests.support.api import Answer, ApiClient
from tests.support.content import load_questions, read_as
from tests.support.identity import add_beta_token, context_for
from tests.support.packs import a_pack, a_question

PHONE_DOMAINS = {
    "science", "mathematics", "literature", "history", "socialStudies", "arts", "currentEvents", "language",
    "technology", "popCulture", "religionPhilosophy", "miscellaneous",
}  # fmt: skip


class PhoneStats(Struct):
    question_count: int
    domain_count: int
    domain_distribution: dict[str, int]
    difficulty_distribution: dict[str, int]
    audio_coverage_percent: float
    missing_audio_count: int


class PhonePack(Struct):
    id: str
    name: str
    pack_type: str
    created_at: str
    updated_at: str
    stats: PhoneStats


class ConsolePack(PhonePack):
    description: str
    type: str
    difficulty_tier: str
    question_count: int
    domain_count: int
    audio_coverage_percent: float
    status: str


class PackList(Struct):
    success: bool
    packs: list[ConsolePack]
    total: int
    limit: int
    offset: int


class ConsolePackDetail(ConsolePack):
    domain_distribution: dict[str, int]
    difficulty_distribution: dict[str, int]
    question_types: list[str]
    question_ids: list[str]
    missing_audio_count: int


class Subcategory(Struct):
    subcategory: str
    question_count: int


class DomainGroup(Struct):
    domain_id: str
    domain_name: str
    question_count: int
    subcategories: list[Subcategory]


class PackDetail(ConsolePackDetail):
    success: bool
    pack: ConsolePackDetail
    domain_groups: list[DomainGroup]


class Question(Struct):
    id: str
    question_text: str
    answer_text: str
    domain_id: str
    difficulty: int
    subcategory: str
    acceptable_answers: list[str]
    speed_target_seconds: int
    question_type: str
    hints: list[str]
    explanation: str
    pack_ids: list[str]
    status: str
    has_audio: bool
    buzzable: bool


class PackQuestions(Struct):
    success: bool
    questions: list[Question]
    total: int


class QuestionList(PackQuestions):
    limit: int
    offset: int
    source: str


class Domain(Struct):
    id: str
    name: str
    icon_name: str
    weight: float
    subcategories: list[str]


class DomainList(Struct):
    success: bool
    domains: list[Domain]
    source: str


@pytest.fixture
def service(database_url: str) -> Iterator[Service]:
    context = context_for(database_url)
    yield Service(routes, context)
    context.database.close()


@pytest.fixture
def alpha(service: Service, database: Database) -> ApiClient:
    return ApiClient(service, add_beta_token(database, ALPHA))


@pytest.fixture
def beta(service: Service, database: Database) -> ApiClient:
    return ApiClient(service, add_beta_token(database, BETA))


def store(database: Database, who: Any, *packs: dict[str, Any]) -> None:
    with database.unit(who) as unit:
        for pack in packs:
            store_pack(unit, pack)


def assert_names(answer: Answer, field: str) -> None:
    assert answer.status == 400
    assert field in answer.body["details"]
    assert answer.body["success"] is False


def test_packs_say_what_they_hold_to_phones_and_console(alpha: ApiClient, database: Database) -> None:
    load_questions(database)
    body = read_as(PackList, alpha.get("/api/kb/packs", headers={"X-Client-Platform": "Android"}))
    (pack,) = body.packs
    assert (body.success, body.total, body.limit, body.offset) == (True, 1, 50, 0)
    assert pack.type == pack.pack_type == "system"
    assert pack.question_count == pack.stats.question_count >= 120
    assert pack.domain_count == 12
    assert set(pack.stats.domain_distribution) == PHONE_DOMAINS
    assert list(pack.stats.difficulty_distribution) == ["1", "2", "3", "4", "5"]
    assert pack.stats.missing_audio_count == pack.question_count
    assert len(pack.created_at) == len("2026-01-01T00:00:00Z")


def test_a_pack_is_at_the_top_and_under_pack(alpha: ApiClient, database: Database) -> None:
    load_questions(database)
    answer = alpha.get("/api/kb/packs/core-knowledge")
    body = read_as(PackDetail, answer)
    assert {key: answer.body[key] for key in answer.body["pack"]} == answer.body["pack"]
    assert set(body.domain_distribution) == set(body.pack.domain_distribution) >= {"social_studies", "arts"}
    assert sum(group.question_count for group in body.domain_groups) == body.question_count == len(body.question_ids)
    fine_arts = next(group for group in body.domain_groups if group.domain_id == "arts")
    assert fine_arts.domain_name == "Fine Arts"
    assert sum(sub.question_count for sub in fine_arts.subcategories) == fine_arts.question_count


def test_a_packs_questions_come_in_its_order(alpha: ApiClient, database: Database) -> None:
    store(database, ALPHA, a_pack("mine", a_question("b-1"), a_question("a-1"), a_question("c-1")))
    body = read_as(PackQuestions, alpha.get("/api/kb/packs/mine/questions"))
    assert [question.id for question in body.questions] == ["b-1", "a-1", "c-1"]
    assert body.total == 3
    assert body.questions[0].pack_ids == ["mine"]


def test_a_stored_pack_holds_exactly_what_was_stored_last(alpha: ApiClient, database: Database) -> None:
    store(database, ALPHA, a_pack("mine", a_question("a-1"), a_question("b-1")))
    store(database, ALPHA, a_pack("mine", a_question("b-1"), a_question("c-1"), name="Renamed"))
    body = read_as(PackDetail, alpha.get("/api/kb/packs/mine"))
    assert (body.name, body.question_ids) == ("Renamed", ["b-1", "c-1"])


def test_an_empty_pack_has_zeroes(alpha: ApiClient, database: Database) -> None:
    store(database, ALPHA, a_pack("empty"))
    body = read_as(PackDetail, alpha.get("/api/kb/packs/empty"))
    assert body.question_count == body.domain_count == body.audio_coverage_percent == 0
    assert body.difficulty_distribution == {"1": 0, "2": 0, "3": 0, "4": 0, "5": 0}
    assert body.domain_groups == []


def test_packs_are_filtered_and_paged(alpha: ApiClient, database: Database) -> None:
    store(
        database,
        ALPHA,
        a_pack("ants", name="100% ants", type="custom", status="draft"),
        a_pack("bees", description='It\'s a_bee \\ "quoted"', type="bundle"),
        a_pack("cats", status="archived"),
    )

    def ids(**query: str) -> tuple[list[str], int]:
        body = read_as(PackList, alpha.get("/api/kb/packs", query=query))
        return [pack.id for pack in body.packs], body.total

    assert ids() == (["ants", "bees", "cats"], 3)
    assert ids(type="bundle") == (["bees"], 1)
    assert ids(status="draft") == (["ants"], 1)
    assert ids(search="0% A") == (["ants"], 1)
    assert ids(search="A_BEE") == (["bees"], 1)
    assert ids(search="%") == (["ants"], 1)
    assert ids(search="it's") == (["bees"], 1)
    assert ids(search='\\ "q') == (["bees"], 1)
    assert ids(search="__") == ([], 0)
    assert ids(limit="1", offset="1") == (["bees"], 3)
    assert ids(offset="99999999999999999999") == ([], 3)
    assert ids(search="", type="") == (["ants", "bees", "cats"], 3)


def test_a_page_is_never_longer_than_a_hundred(alpha: ApiClient) -> None:
    body = read_as(PackList, alpha.get("/api/kb/packs", query={"limit": "1000000"}))
    assert body.limit == 100
    assert read_as(QuestionList, alpha.get("/api/kb/questions", query={"limit": "101"})).limit == 100


@pytest.mark.parametrize(
    ("path", "field", "value"),
    [
        ("packs", "limit", "many"),
        ("packs", "limit", "0"),
        ("packs", "offset", "-1"),
        ("packs", "type", "secret"),
        ("packs", "status", "Active'; --"),
        ("packs", "search", "x" * 201),
        ("packs", "search", "a\x00b"),
        ("questions", "difficulty", "1,six"),
        ("questions", "difficulty", "0"),
        ("questions", "difficulty", "1,,2"),
        ("questions", "has_audio", "perhaps"),
        ("questions", "question_type", "riddle"),
        ("questions", "limit", "1.5"),
    ],
)
def test_a_bad_query_names_its_field(alpha: ApiClient, path: str, field: str, value: str) -> None:
    assert_names(alpha.get(f"/api/kb/{path}", query={field: value}), field)


def test_questions_are_filtered(alpha: ApiClient, database: Database) -> None:
    store(
        database,
        ALPHA,
        a_pack("one", a_question("a-1"), a_question("a-2", subcategory="Physics", difficulty=5)),
        a_pack(
            "two",
            a_question("b-1", domain_id="fine_arts", answer_text="50% grey", status="draft"),
            a_question("b-2", domain_id="socialStudies", question_type="lightning", difficulty=1),
        ),
    )

    def ids(**query: str) -> list[str]:
        body = read_as(QuestionList, alpha.get("/api/kb/questions", query=query))
        assert body.total == len(body.questions)
        return sorted(question.id for question in body.questions)

    assert ids() == ["a-1", "a-2", "b-1", "b-2"]
    assert ids(pack_id="two") == ["b-1", "b-2"]
    assert ids(pack_id="three") == []
    assert ids(domain_id="arts") == ids(domain_id="fine_arts") == ids(domain_id="fineArts") == ["b-1"]
    assert ids(domain_id="socialStudies") == ids(domain_id="social_studies") == ["b-2"]
    assert ids(subcategory="Physics") == ["a-2"]
    assert ids(difficulty="5,1") == ["a-2", "b-2"]
    assert ids(question_type="lightning") == ["b-2"]
    assert ids(status="draft") == ["b-1"]
    assert ids(has_audio="true") == []
    assert len(ids(has_audio="false")) == 4
    assert ids(search="50% GREYS") == ids(search="gre") == ["b-1"]
    assert ids(search="chemistry") == ids(search="physics biology") == []
    assert ids(search="physic") == ids(search="physics a-2") == ids(search="PHYSICS", difficulty="5") == ["a-2"]
    assert ids(search="physics", status="draft") == ids(search="_") == []
    assert ids(search="grey", pack_id="two") == ["b-1"]
    assert ids(search="grey", pack_id="one") == []


def test_a_question_by_itself(alpha: ApiClient, database: Database) -> None:
    load_questions(database)

    class Detail(Struct):
        success: bool
        question: Question

    answer = alpha.get("/api/kb/questions/sci-bio-000001")
    question = read_as(Detail, answer).question
    assert (question.domain_id, question.answer_text) == ("science", "carbon dioxide")
    assert question.pack_ids == ["core-knowledge"]
    assert answer.body["question"]["domain_name"] == "Science"


def test_a_bonus_has_its_parts(alpha: ApiClient, database: Database) -> None:
    parts = [{"prompt": "Its colour?", "answer": "blue", "points": 10}]
    bonus = a_question("x-1", question_type="bonus", lead_in="About the sky:", parts=parts, total_points=10)
    store(database, ALPHA, a_pack("mine", bonus))
    question = alpha.get("/api/kb/questions/x-1").body["question"]
    assert (question["lead_in"], question["parts"], question["total_points"]) == ("About the sky:", parts, 10)
    assert "clues" not in question


def test_domains_with_weights_that_sum_to_one(alpha: ApiClient, database: Database) -> None:
    load_questions(database)
    domains = read_as(DomainList, alpha.get("/api/kb/domains")).domains
    assert len(domains) == 12
    assert sum(domain.weight for domain in domains) == pytest.approx(1)
    assert all(4 <= len(domain.subcategories) <= 6 for domain in domains)


def test_another_tenants_things_do_not_exist(alpha: ApiClient, beta: ApiClient, database: Database) -> None:
    store(database, ALPHA, a_pack("secret", a_question("secret-1")))
    for path in ("packs/{}", "packs/{}/questions", "questions/{}"):
        theirs = beta.get("/api/kb/" + path.format("secret" if path.startswith("packs") else "secret-1"))
        nobodys = beta.get("/api/kb/" + path.format("never"))
        assert theirs.status == nobodys.status == 404
        assert theirs.body.keys() == nobodys.body.keys()
        assert theirs.body["code"] == nobodys.body["code"] == "not_found"
        assert theirs.body["message"].replace("secret-1", "never").replace("secret", "never") == nobodys.body["message"]
    assert read_as(PackList, beta.get("/api/kb/packs")).total == 0
    assert read_as(QuestionList, beta.get("/api/kb/questions")).total == 0
    assert read_as(QuestionList, beta.get("/api/kb/questions", query={"pack_id": "secret"})).total == 0
    assert alpha.get("/api/kb/packs/secret").status == 200


def test_a_tenants_own_row_shadows_the_public_one(alpha: ApiClient, beta: ApiClient, database: Database) -> None:
    load_questions(database)
    own = a_question("sci-bio-000001", question_text="Our own wording?")
    store(database, ALPHA, a_pack("core-knowledge", own, name="Our core"))
    assert alpha.get("/api/kb/packs/core-knowledge").body["name"] == "Our core"
    assert [pack.id for pack in read_as(PackList, alpha.get("/api/kb/packs")).packs] == ["core-knowledge"]
    assert read_as(PackQuestions, alpha.get("/api/kb/packs/core-knowledge/questions")).total == 1
    asked = alpha.get("/api/kb/questions/sci-bio-000001").body["question"]
    assert (asked["question_text"], asked["pack_ids"]) == ("Our own wording?", ["core-knowledge"])
    seen_by_beta = beta.get("/api/kb/packs/core-knowledge").body
    assert (seen_by_beta["name"], seen_by_beta["question_count"] > 100) == ("Core Knowledge", True)


@pytest.mark.parametrize(
    "pack_id", ["%", "_", "'", '"', "\\", "..", " ", "\u00fc", "\U0001f600", "x" * 1900, "\ud800", "a b", "null", "-1"]
)
def test_no_id_is_a_server_error(alpha: ApiClient, pack_id: str) -> None:
    assert alpha.get(f"/api/kb/packs/{pack_id}").status in {400, 404}
    assert alpha.get(f"/api/kb/packs/{pack_id}/questions").status in {400, 404}
    assert alpha.get(f"/api/kb/questions/{pack_id}").status in {400, 404}


def test_without_a_token_nothing_is_told(alpha: ApiClient) -> None:
    for path in ("packs", "packs/x", "packs/x/questions", "questions", "questions/x", "domains"):
        assert alpha.using(None).get(f"/api/kb/{path}").status == 401
