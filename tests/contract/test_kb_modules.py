"""Section 2 of the contract: modules, as each client decodes them."""

from typing import Any

import pytest
from msgspec import UNSET, Struct, UnsetType

from tests.conftest import BETA_TENANT
from tests.contract.conftest import World
from tests.contract.decoding import Int, Long, Number, Text, decode, refused
from tests.contract.kb import Imported, PackDetail, a_pack
from tests.support.api import ApiClient
from tests.support.content import load_questions


@pytest.fixture(scope="module", autouse=True)
def shared_content(world: World) -> None:
    load_questions(world.database)


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
