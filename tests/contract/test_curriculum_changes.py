"""Section 3 of the contract: curricula are added, changed, archived and exported."""

import json

from shared.ids import new_id
from tests.contract.conftest import android
from tests.contract.curriculum import (
    Archive,
    Archived,
    Curricula,
    Deleted,
    Detail,
    Document,
    Imported,
    Preloaded,
    RemovedFile,
    Summary,
    export,
    fresh,
    id_of,
    stored,
    upload,
)
from tests.contract.decoding import decode, refused
from tests.support.api import ApiClient
from tests.support.archives import a_photo, a_zip
from tests.support.forms import FORM, a_form
from tests.support.umcf import a_document, a_topic


def test_add_as_json_form_and_archive(teacher: ApiClient, learner: ApiClient) -> None:
    for kind in ("json", "form", "archive"):
        document = fresh(description="a\u2028b", note={"kept": [1, 2.5, True, "x"]})
        raw = json.dumps(document).encode()
        if kind == "json":
            answer = teacher.post("/api/curricula", document)
        elif kind == "form":
            answer = teacher.call("POST", "/api/curricula", body=a_form(file=("c.umcf", raw)), headers=FORM)
        else:
            answer = upload(teacher, a_zip({"c.json": raw}))
        saved = decode(answer, Summary)
        assert (saved.id, saved.topic_count, saved.revision) == (id_of(document), 2, 1)
        assert export(learner, saved.id) == document


def test_import(teacher: ApiClient) -> None:
    document = fresh()
    for body in ({"content": document}, {"content": json.dumps(document)}, document):
        found = decode(teacher.post("/api/curricula/import", body), Imported)
        assert (found.status, found.id) == ("success", id_of(document))
    form = a_form(file=("c.umcf", json.dumps(document).encode()))
    assert decode(teacher.call("POST", "/api/curricula/import", body=form, headers=FORM), Imported).id == id_of(
        document
    )
    refused(teacher.post("/api/curricula/import", {"url": "http://169.254.169.254/"}), 422, "url_not_fetched")
    refused(teacher.post("/api/curricula/import", {}), 400, "invalid_input", field="content")
    form = a_form(other=("c.umcf", b"{}"))
    answer = teacher.call("POST", "/api/curricula/import", body=form, headers=FORM)
    refused(answer, 400, "invalid_input", field="file")
    answer = teacher.call("POST", "/api/curricula/import", body=form[:-9], headers=FORM)
    refused(answer, 400, "invalid_form", field="body")


def test_every_problem_is_told_by_its_place(teacher: ApiClient) -> None:
    document = fresh()
    document["title"] = ""
    document["content"][0]["children"][0]["type"] = "poem"
    document["content"][0]["children"][1]["id"] = {"value": "one"}
    error = refused(teacher.post("/api/curricula", document), 400, "invalid_input")
    assert isinstance(error.details, dict)
    assert set(error.details) == {"/title", "/content/0/children/0/type", "/content/0/children/1/id"}


def test_replace(teacher: ApiClient, learner: ApiClient) -> None:
    document = fresh()
    path = f"/api/curricula/{stored(teacher, document)}"
    document["title"] = "Other"
    document["content"][0]["children"].pop()
    answer = teacher.put(path, document, headers={"if-match": '"1"'})
    saved = decode(answer, Summary)
    assert (saved.status, saved.title, saved.topic_count, saved.revision) == ("ok", "Other", 1, 2)
    assert answer.headers["etag"] == learner.get(path).headers["etag"] == '"2"'
    refused(teacher.put(path, document, headers={"if-match": '"1"'}), 409, "edited_meanwhile")
    refused(teacher.put(path, document, query={"revision": "1"}), 409, "edited_meanwhile")
    refused(teacher.put(path, document, headers={"if-match": "x"}), 400, "invalid_input", field="If-Match")
    refused(teacher.put(path, fresh()), 400, "invalid_input", field="/id")
    assert export(learner, saved.id) == document
    unknown = fresh()
    refused(teacher.put(f"/api/curricula/{id_of(unknown)}", unknown), 404, "not_found")


def test_change_facts(teacher: ApiClient, learner: ApiClient) -> None:
    path = f"/api/curricula/{stored(teacher, fresh())}"
    facts = {"title": "New", "difficulty": "hard", "age_range": "7-9", "keywords": ["k"], "description": None}
    for change in (teacher.put, teacher.patch):
        saved = decode(change(path, facts), Summary)
        assert (saved.title, saved.difficulty, saved.age_range, saved.keywords) == ("New", "hard", "7-9", ["k"])
    assert decode(learner.get(f"{path}/full"), Document).title == "New"
    refused(teacher.put(path, {}), 400, "no_updates")
    refused(teacher.put(path, {"title": 7}), 400, "invalid_input", field="title")
    refused(teacher.put("/api/curricula/none-such", facts), 404, "not_found")


def test_delete(teacher: ApiClient) -> None:
    path = f"/api/curricula/{stored(teacher, fresh())}"
    assert decode(teacher.delete(path, query={"confirm": "false"}), Deleted).status == "confirmation_required"
    assert decode(teacher.delete(path, query={"confirm": "true"}), Deleted).status == "deleted"
    refused(teacher.delete(path), 404, "not_found")
    path = f"/api/curricula/{stored(teacher, fresh())}"
    assert decode(android(teacher).delete(path), Deleted).status == "deleted"


def test_archive(teacher: ApiClient, learner: ApiClient) -> None:
    document = fresh(lifecycle={"status": "draft"})
    mine = stored(teacher, document)
    gone = decode(teacher.post(f"/api/curricula/{mine}/archive"), Archived)
    assert (gone.original_id, gone.archived_path) == (mine, f"archived/{gone.file}")
    archive = decode(teacher.get("/api/curricula/archived"), Archive)
    assert (archive.archived[0].file_name, archive.total) == (gone.file, len(archive.archived))
    assert [row.id for row in decode(android(teacher).get("/api/curricula/archived"), list[Archived])][:1] == [mine]
    assert mine not in {row.id for row in decode(learner.get("/api/curricula"), Curricula).curricula}
    refused(teacher.post(f"/api/curricula/{mine}/archive"), 409, "archived")
    refused(teacher.post("/api/curricula", document), 409, "archived")
    back = decode(teacher.post(f"/api/curricula/archived/{gone.file}/unarchive"), Summary)
    assert (back.id, back.status) == (mine, "unarchived")
    assert decode(learner.get(f"/api/curricula/{mine}"), Detail).status == "draft"
    refused(teacher.post(f"/api/curricula/archived/{gone.file}/unarchive"), 404, "not_found")
    refused(teacher.delete(f"/api/curricula/archived/{gone.file}"), 404, "not_found")
    teacher.post(f"/api/curricula/{mine}/archive")
    removed = decode(teacher.delete(f"/api/curricula/archived/{gone.file}"), RemovedFile)
    assert (removed.status, removed.file_name) == ("deleted", gone.file)
    refused(teacher.post("/api/curricula/none-such/archive"), 404, "not_found")


def test_export_as_an_archive_comes_back_the_same(teacher: ApiClient, learner: ApiClient) -> None:
    photo = a_photo()
    assets = [{"id": f"a{at}", "type": "image", "alt": "-", "localPath": f"assets/p{at}.jpg"} for at in range(2)]
    document = a_document(f"c-{new_id()}", a_topic("t", media={"embedded": assets}))
    archive = a_zip(
        {"x/c.umcf": json.dumps(document).encode(), "x/p0.jpg": photo, "x/p1.jpg": photo[:-2] + b"\xff\xd9"}
    )
    decode(upload(teacher, archive), Summary)
    path = f"/api/curricula/{id_of(document)}/export"
    packed = learner.get(path, headers={"accept": "application/zip"})
    assert (packed.status, packed.headers["content-type"]) == (200, "application/zip")
    assert decode(upload(teacher, packed.raw), Summary).revision == 1
    assert learner.get(path, headers={"accept": "application/zip"}).raw == packed.raw
    assert export(learner, id_of(document)) == document
    refused(learner.get("/api/curricula/none-such/export"), 404, "not_found")


def test_preload_assets(teacher: ApiClient) -> None:
    asset = {"id": "a", "type": "image", "alt": "-", "url": "https://pictures.example/a.png"}
    document = a_document(f"c-{new_id()}", a_topic("t", media={"reference": [asset]}))
    found = decode(teacher.post(f"/api/curricula/{stored(teacher, document)}/preload-assets"), Preloaded)
    assert (found.downloaded, found.skipped, found.details[0]["asset_id"]) == (0, 1, "a")
    refused(teacher.post("/api/curricula/none-such/preload-assets"), 404, "not_found")
