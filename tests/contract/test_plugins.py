"""Plug-ins and reprocessing of section 7 of the contract, operation by operation."""

from typing import Any

import pytest
from msgspec import UNSET, Struct, UnsetType

from shared.db import TenantEntry
from shared.ids import new_id
from tests.conftest import ALPHA_TENANT, BETA_TENANT
from tests.contract.conftest import World
from tests.contract.decoding import Int, Moment, Number, Text, decode, refused
from tests.support.api import ApiClient
from tests.support.lessons import store_light


class Plugin(Struct):
    plugin_id: Text
    name: Text
    description: Text
    version: Text
    plugin_type: Text
    enabled: bool
    priority: Int
    settings: dict[str, Any]
    has_config: bool


class Plugins(Struct):
    success: bool
    plugins: list[Plugin]
    first_run: bool


class OnePlugin(Struct):
    success: bool
    plugin: Plugin
    message: str | UnsetType = UNSET


class FirstRun(Struct):
    success: bool
    first_run_needed: bool
    discovered_count: Int


class Schema(Struct):
    success: bool
    has_config: bool
    schema: dict[str, Any] | UnsetType = UNSET


class Trial(Struct):
    success: bool
    test_result: dict[str, Any]


class Ordered(Struct, rename="camel"):
    success: bool
    job_id: Text
    status: Text


class Progress(Struct, rename="camel"):
    id: Text
    curriculum_id: Text
    status: Text
    overall_progress: Number
    current_stage: Text
    created_at: Moment


class OneJob(Struct):
    success: bool
    progress: Progress


class Jobs(Struct):
    success: bool
    jobs: list[Progress]


ALL = {"samples", "upload", "web"}


def enabled(teacher: ApiClient) -> set[str]:
    listed = decode(teacher.get("/api/plugins"), Plugins)
    return {plugin.plugin_id for plugin in listed.plugins if plugin.enabled}


def test_all_are_on_until_somebody_chooses(world: World) -> None:
    teacher = world.person("teacher", tenant_id=BETA_TENANT)
    assert decode(teacher.get("/api/plugins"), Plugins).first_run is True
    assert decode(teacher.get("/api/plugins/first-run"), FirstRun).first_run_needed is True
    assert enabled(teacher) == ALL
    chosen = teacher.post("/api/plugins/initialize", {"enabled_plugins": ["samples"]})
    assert (chosen.status, chosen.body["enabled"]) == (200, ["samples"])
    assert decode(teacher.get("/api/plugins/first-run"), FirstRun).first_run_needed is False
    assert enabled(teacher) == {"samples"}
    assert [source["id"] for source in teacher.get("/api/import/sources").body["sources"]] == ["samples"]
    refused(teacher.get("/api/import/sources/web/courses"), 409, "plugin_disabled", flag=True)
    # What one tenant chooses is not another's choice.
    assert enabled(world.person("teacher")) == ALL


def test_one_is_turned_off_and_on(teacher: ApiClient) -> None:
    off = decode(teacher.post("/api/plugins/web/disable"), OnePlugin)
    assert (off.plugin.enabled, off.message) == (False, "web is disabled")
    assert enabled(teacher) == ALL - {"web"}
    assert decode(teacher.post("/api/plugins/web/enable"), OnePlugin).plugin.enabled is True
    changed = decode(teacher.put("/api/plugins/web", {"enabled": False, "priority": 1}), OnePlugin).plugin
    assert (changed.enabled, changed.priority) == (False, 1)
    assert decode(teacher.get("/api/plugins"), Plugins).plugins[0].plugin_id == "web"
    assert decode(teacher.put("/api/plugins/web", {"enabled": True, "priority": None}), OnePlugin).plugin.priority == 1
    assert enabled(teacher) == ALL


def test_one_is_set_as_its_schema_says(teacher: ApiClient) -> None:
    schema = decode(teacher.get("/api/plugins/web/config-schema"), Schema)
    assert isinstance(schema.schema, dict)
    assert "addresses" in schema.schema["properties"]
    assert decode(teacher.get("/api/plugins/samples/config-schema"), Schema).has_config is False
    address = "https://library.example/light-and-colour.md"
    decode(teacher.post("/api/plugins/web/configure", {"settings": {"addresses": [address]}}), OnePlugin)
    courses = teacher.get("/api/import/sources/web/courses").body["courses"]
    assert [(course["title"], course["description"]) for course in courses] == [("light and colour", address)]
    assert decode(teacher.get("/api/plugins/web"), OnePlugin).plugin.settings == {"addresses": [address]}


@pytest.mark.parametrize(
    ("settings", "code", "field"),
    [
        ({"addresses": "x"}, "invalid_input", "settings.addresses"),
        ({"addresses": [7]}, "invalid_input", "settings.addresses[0]"),
        ({"secret": "x"}, "invalid_input", "settings"),
        ({"addresses": ["http://10.0.0.1:99999/"]}, "url_refused", "url"),
        ({"addresses": ["file:///etc/passwd"]}, "url_refused", "url"),
        ({"addresses": ["http://a:b@library.example/"]}, "url_refused", "url"),
    ],
)
def test_bad_settings_are_named_and_not_kept(teacher: ApiClient, settings: object, code: str, field: str) -> None:
    before = teacher.get("/api/plugins/web").body["plugin"]["settings"]
    for method, path in (("POST", "/configure"), ("PUT", ""), ("POST", "/test")):
        answer = teacher.call(method, f"/api/plugins/web{path}", json={"settings": settings})
        refused(answer, 400, code, field=field, flag=True)
    assert teacher.get("/api/plugins/web").body["plugin"]["settings"] == before


def test_one_is_tried(teacher: ApiClient) -> None:
    assert decode(teacher.post("/api/plugins/samples/test"), Trial).test_result == {
        "valid": True,
        "message": "3 samples",
    }
    inside = {"settings": {"addresses": ["http://10.0.0.1/book.md"]}}
    failed = decode(teacher.post("/api/plugins/web/test", inside), Trial).test_result
    assert failed["valid"] is False
    assert "private network" in failed["message"]


def test_what_is_not_there(teacher: ApiClient) -> None:
    for method, path in (
        ("GET", ""),
        ("PUT", ""),
        ("POST", "/enable"),
        ("POST", "/disable"),
        ("POST", "/configure"),
        ("POST", "/test"),
        ("GET", "/config-schema"),
    ):
        refused(teacher.call(method, f"/api/plugins/nothing{path}", json={}), 404, "not_found", flag=True)
    unknown = teacher.post("/api/plugins/initialize", {"enabled_plugins": ["nothing"]})
    refused(unknown, 400, "invalid_input", field="enabled_plugins", flag=True)
    refused(teacher.post("/api/plugins/initialize", {}), 400, "invalid_input", field="enabled_plugins", flag=True)


def test_learners_set_nothing(learner: ApiClient) -> None:
    for method, path in (
        ("GET", ""),
        ("POST", "/initialize"),
        ("PUT", "/web"),
        ("POST", "/web/enable"),
        ("POST", "/web/disable"),
        ("POST", "/web/configure"),
        ("POST", "/web/test"),
    ):
        body: dict[str, object] = {"enabled_plugins": list[str](), "settings": dict[str, str]()}
        refused(learner.call(method, f"/api/plugins{path}", json=body), 403, "not_an_author", flag=True)


def test_what_a_curriculum_lacks_is_told(world: World, learner: ApiClient) -> None:
    del world
    for answer in (learner.post("/api/reprocess/analyze/light"), learner.get("/api/reprocess/analysis/light")):
        assert answer.status == 200
        analysis = answer.body["analysis"]
        assert analysis["curriculumId"] == "light"
        assert analysis["stats"]["totalIssues"] == len(analysis["issues"]) > 0
    preview = learner.post("/api/reprocess/preview/light", {"generatePracticeProblems": True}).body["preview"]
    kinds = {change["issueType"] for change in preview["proposedChanges"]}
    assert kinds <= {"missing_objectives", "missing_checkpoints", "missing_assessments"}
    assert preview["summary"]["totalChanges"] == len(preview["proposedChanges"])
    for path in ("analysis", "preview", "analyze"):
        method = "GET" if path == "analysis" else "POST"
        refused(learner.call(method, f"/api/reprocess/{path}/nothing", json={}), 404, "not_found", flag=True)


def test_reprocessing_is_ordered_watched_and_cancelled(world: World, teacher: ApiClient, learner: ApiClient) -> None:
    store_light(world.database, TenantEntry(ALPHA_TENANT), curriculum_id="own-light")
    made = decode(teacher.post("/api/reprocess/jobs", {"curriculumId": "own-light"}), Ordered)
    path = f"/api/reprocess/jobs/{made.job_id}"
    progress = decode(teacher.get(path), OneJob).progress
    assert (progress.curriculum_id, progress.status) == ("own-light", "queued")
    assert made.job_id in {job.id for job in decode(teacher.get("/api/reprocess/jobs"), Jobs).jobs}
    refused(teacher.get(f"/api/import/jobs/{made.job_id}"), 404, "not_found", flag=True)
    refused(learner.get(path), 404, "not_found", flag=True)
    assert teacher.delete(path).body == {"success": True, "cancelled": True}
    assert decode(teacher.get(path), OneJob).progress.status == "cancelled"
    refused(teacher.post("/api/reprocess/jobs", {"curriculumId": "light"}), 403, "read_only", flag=True)
    refused(teacher.post("/api/reprocess/jobs", {"curriculumId": "nothing"}), 404, "not_found", flag=True)
    refused(teacher.post("/api/reprocess/jobs", {}), 400, "invalid_input", field="curriculumId", flag=True)
    refused(learner.post("/api/reprocess/jobs", {"curriculumId": "own-light"}), 403, "not_an_author", flag=True)
    refused(teacher.get(f"/api/reprocess/jobs/{new_id()}"), 404, "not_found", flag=True)
