"""Who may read and change a curriculum."""

from tests.conftest import BETA_TENANT
from tests.contract.conftest import World
from tests.contract.curriculum import Detail, Summary, export, fresh, stored
from tests.contract.decoding import decode, refused
from tests.support.api import ApiClient
from tests.support.lessons import LIGHT


def test_learners_read_and_teachers_write(learner: ApiClient, teacher: ApiClient) -> None:
    document = fresh()
    mine = stored(teacher, document)
    for answer in (
        learner.post("/api/curricula", fresh()),
        learner.post("/api/curricula/import", fresh()),
        learner.put(f"/api/curricula/{mine}", document),
        learner.patch(f"/api/curricula/{mine}", {"title": "x"}),
        learner.delete(f"/api/curricula/{mine}"),
        learner.post(f"/api/curricula/{mine}/archive"),
        learner.post("/api/curricula/archived/x.umcf/unarchive"),
        learner.delete("/api/curricula/archived/x.umcf"),
        learner.post(f"/api/curricula/{mine}/topics/one/assets", {"filename": "a.png", "mime_type": "image/png"}),
        learner.patch(f"/api/curricula/{mine}/topics/one/assets/x", {"alt": "x"}),
        learner.delete(f"/api/curricula/{mine}/topics/one/assets/x"),
    ):
        refused(answer, 403, "not_an_author")
    assert export(learner, mine) == document


def test_shared_content_is_read_only_and_may_be_copied(teacher: ApiClient, world: World) -> None:
    refused(teacher.patch(f"/api/curricula/{LIGHT}", {"title": "Ours"}), 403, "read_only")
    refused(teacher.delete(f"/api/curricula/{LIGHT}"), 403, "read_only")
    other = world.person("teacher", tenant_id=BETA_TENANT)
    copy = export(other, LIGHT) | {"title": "Our light"}
    assert decode(other.post("/api/curricula", copy), Summary).title == "Our light"
    assert decode(other.get(f"/api/curricula/{LIGHT}"), Detail).title == "Our light"
    assert decode(teacher.get(f"/api/curricula/{LIGHT}"), Detail).title != "Our light"
    other.delete(f"/api/curricula/{LIGHT}")
    assert decode(other.get(f"/api/curricula/{LIGHT}"), Detail).title != "Our light"


def test_another_tenants_curriculum_does_not_exist(teacher: ApiClient, world: World) -> None:
    mine = stored(teacher, fresh())
    other = world.person("teacher", tenant_id=BETA_TENANT)
    for method, path in (
        ("GET", ""),
        ("GET", "/full"),
        ("GET", "/full-with-assets"),
        ("GET", "/export"),
        ("GET", "/topics/one/transcript"),
        ("GET", "/topics/one/assets"),
        ("POST", "/archive"),
        ("POST", "/preload-assets"),
        ("DELETE", ""),
        ("DELETE", "/topics/one/assets/x"),
    ):
        refused(other.call(method, f"/api/curricula/{mine}{path}"), 404, "not_found")


def test_nobody_gets_anything(nobody: ApiClient) -> None:
    refused(nobody.get("/api/curricula"), 401, "missing_token")
    refused(nobody.post("/api/curricula", fresh()), 401, "missing_token")
