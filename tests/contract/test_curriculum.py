"""Section 3 of the contract, operation by operation: curricula, their topics and assets."""

import json
from typing import Any

import pytest
from msgspec import UNSET, Struct, UnsetType, field

from shared.domain.curriculum_upload import MOST_UPLOAD
from shared.ids import new_id
from tests.conftest import BETA_TENANT
from tests.contract.conftest import World, android
from tests.contract.decoding import Int, Moment, Text, decode, refused
from tests.support.api import Answer, ApiClient
from tests.support.archives import a_link, a_photo, a_zip
from tests.support.forms import FORM, a_form
from tests.support.lessons import LIGHT
from tests.support.umcf import PICTURE, a_document, a_topic


class PhoneSummary(Struct):
    id: Text
    title: Text
    description: str
    version: Text
    topic_count: Int
    total_duration: Text
    difficulty: Text
    age_range: Text
    keywords: list[str]
    has_visual_assets: bool
    visual_asset_count: Int
    created_at: Moment
    updated_at: Moment


class Summary(PhoneSummary):
    """What the web client and the console read beside it."""

    language: Text
    topics_count: Int
    status: Text
    revision: Int
    console_topic_count: Int = field(name="topicCount")
    console_duration: Text = field(name="totalDuration")
    console_has_assets: bool = field(name="hasVisualAssets")
    console_asset_count: Int = field(name="visualAssetCount")


class Curricula(Struct):
    curricula: list[Summary]
    total: Int


class PhoneTopic(Struct):
    id: Text
    title: Text
    description: str
    order_index: Int
    has_transcript: bool
    segment_count: Int
    assessment_count: Int


class Term(Struct):
    term: Text
    definition: str | UnsetType = UNSET


class WebId(Struct):
    catalog: Text
    value: Text


class WebTopic(Struct):
    id: WebId
    title: Text
    type: Text
    order_index: Int = field(name="orderIndex")


class WebCurriculum(Summary):
    topics: list[WebTopic]


class Detail(Summary):
    topics: list[PhoneTopic]
    glossary_terms: list[Term]
    learning_objectives: list[dict[str, str]]
    duration: Text
    curriculum: WebCurriculum


class Version(Struct):
    number: Text


class UmcfId(Struct):
    value: Text
    catalog: Text | UnsetType = UNSET


class Node(Struct):
    id: str | UmcfId
    title: Text
    type: Text
    children: list["Node"] = []


class Document(Struct):
    umcf: Text
    id: str | UmcfId
    title: Text
    version: Version
    content: list[Node]


class AssetData(Struct):
    data: Text
    size: Int
    mime_type: Text = field(name="mimeType")


class DocumentWithAssets(Document):
    asset_data: dict[str, AssetData] = field(name="assetData")


class Segment(Struct):
    id: Text
    type: Text
    content: Text


class Segments(Struct):
    segments: list[Segment]


class Media(Struct):
    embedded: list[dict[str, Any]]
    reference: list[dict[str, Any]]
    total_count: Int


class Transcript(Segments):
    topic_id: Text
    topic_title: Text
    transcript: Segments
    misconceptions: list[dict[str, Any]]
    examples: list[dict[str, Any]]
    assessments: list[dict[str, Any]]
    media: Media


class Imported(Struct):
    status: Text
    id: Text
    title: Text
    file_path: Text


class Deleted(Struct):
    status: Text
    id: Text
    title: Text


class Archived(Struct):
    id: Text
    title: Text
    description: str
    file_name: Text
    file: Text
    topic_count: Int
    archived_at: Moment
    original_id: Text
    archived_path: Text


class Archive(Struct):
    archived: list[Archived]
    total: Int


class RemovedFile(Struct):
    status: Text
    file_name: Text


class Reloaded(Struct):
    status: Text
    message: Text
    count: Int
    curricula_count: Int


class Suggestions(Struct):
    ids: list[str] = field(name="curriculumIds")


class Preloaded(Struct):
    status: Text
    downloaded: Int
    failed: Int
    skipped: Int
    details: list[dict[str, str]]


class Asset(Struct):
    id: Text
    type: Text
    alt: Text
    is_reference: bool = field(name="isReference")
    url: Text | UnsetType = UNSET


class Assets(Struct):
    assets: list[Asset]


class OneAsset(Struct):
    asset: Asset


class SavedAsset(Struct):
    status: Text
    asset: Asset
    id: Text
    filename: Text
    mime_type: Text
    local_path: Text = field(name="localPath")


class Success(Struct):
    status: Text


class Subjects(Struct):
    subjects: list[dict[str, Any]]
    total: Int


class FoundTopic(PhoneTopic):
    curriculum_id: Text
    curriculum_title: Text


class FoundTopics(Struct):
    topics: list[FoundTopic]
    total: Int
    limit: Int
    offset: Int


class Progress(Struct):
    progress: list[dict[str, Any]]
    total: Int


def fresh(**changes: Any) -> dict[str, Any]:
    """Return a document of an id nobody has used."""
    return a_document(f"c-{new_id()}", a_topic("one"), a_topic("two"), **changes)


def id_of(document: dict[str, Any]) -> str:
    return document["id"]["value"]


def stored(teacher: ApiClient, document: dict[str, Any]) -> str:
    assert teacher.post("/api/curricula", document).status == 200
    return id_of(document)


def export(client: ApiClient, curriculum_id: str) -> Any:
    return json.loads(client.get(f"/api/curricula/{curriculum_id}/export").raw)


def upload(client: ApiClient, body: bytes, path: str = "/api/curricula") -> Answer:
    return client.call("POST", path, body=body, headers={"content-type": "application/zip"})


# Reading


def test_list(learner: ApiClient, teacher: ApiClient) -> None:
    mine = stored(teacher, fresh(title="Zebras", educational={"difficulty": "very easy"}))
    for client in (learner, android(learner)):
        found = decode(client.get("/api/curricula"), Curricula)
        assert found.total == len(found.curricula)
        assert {mine, LIGHT} <= {row.id for row in found.curricula}
    easy = decode(learner.get("/api/curricula", query={"difficulty": "Very Easy", "search": "zebr"}), Curricula)
    assert ([row.id for row in easy.curricula], easy.total) == ([mine], 1)
    row = easy.curricula[0]
    assert (row.topic_count, row.console_topic_count, row.topics_count, row.status) == (2, 2, 2, "published")
    page = decode(learner.get("/api/curricula", query={"limit": "1", "page": "2", "status": "published"}), Curricula)
    assert len(page.curricula) == 1
    refused(learner.get("/api/curricula", query={"status": "final"}), 400, "invalid_input", field="status")
    refused(learner.get("/api/curricula", query={"limit": "0"}), 400, "invalid_input", field="limit")


def test_search_finds_words_beginnings_and_signs(learner: ApiClient, teacher: ApiClient) -> None:
    mine = stored(teacher, fresh(title="Photosynthesis & C++ equations"))

    def found(words: str) -> list[str]:
        return [row.id for row in decode(learner.get("/api/curricula", query={"search": words}), Curricula).curricula]

    for words in ("photosynthesis", "Photos", "photosynthesis equati", "equation", "photosynthesis &"):
        assert mine in found(words), words
    assert found("&") == [mine]
    assert found("photosynthesis of nothing whatever") == []
    for odd in ("'", "' | & !", ":*", "<->", "%", "\\", "the of"):
        assert isinstance(found(odd), list)


def test_detail(learner: ApiClient) -> None:
    detail = decode(learner.get(f"/api/curricula/{LIGHT}"), Detail)
    assert [topic.order_index for topic in detail.topics] == [0, 1]
    assert [topic.id.value for topic in detail.curriculum.topics] == [topic.id for topic in detail.topics]
    assert detail.topics[0].has_transcript
    refused(learner.get("/api/curricula/nobody-has-this"), 404, "not_found")


def test_full(learner: ApiClient, teacher: ApiClient) -> None:
    document = fresh()
    del document["umcf"]
    document |= {"formatIdentifier": "umcf", "schemaVersion": "1.1.0", "extra": None}
    served = decode(learner.get(f"/api/curricula/{stored(teacher, document)}/full"), Document)
    assert (served.umcf, served.version.number) == ("1.1.0", "1.0.0")
    assert [child.title for child in served.content[0].children] == ["One", "Two"]
    refused(learner.get("/api/curricula/nobody-has-this/full"), 404, "not_found")


def test_full_is_normalised_for_the_phones(learner: ApiClient, teacher: ApiClient) -> None:
    segment = {"id": "s", "type": "lecture", "content": "Text.", "speakingNotes": {"pauseAfter": True}}
    feedback = {"correct": {"text": "Yes."}, "incorrect": "No."}
    asset = {"id": "a", "type": "diagram", "alt": "-", "segmentTiming": {"startSegment": 1.0, "endSegment": "2"}}
    topic = a_topic(
        "t",
        transcript={"segments": [segment]},
        assessments=[{"id": "q", "type": "text", "prompt": "Why?", "feedback": feedback}],
        media={"embedded": [asset]},
        tutoringConfig={"adaptationRules": {"slow": {"action": "repeat"}}},
    )
    document = a_document(f"c-{new_id()}", topic)
    body = learner.get(f"/api/curricula/{stored(teacher, document)}/full").body
    (node,) = body["content"][0]["children"]
    assert node["transcript"]["segments"][0]["speakingNotes"]["pauseAfter"] == "medium"
    assert node["assessments"][0]["feedback"]["correct"] == "Yes."
    assert node["media"]["embedded"][0]["segmentTiming"] == {"startSegment": 1, "endSegment": 2}
    assert node["tutoringConfig"]["adaptationRules"] == {"slow": "repeat"}


def test_full_with_assets(learner: ApiClient, teacher: ApiClient) -> None:
    asset = {"id": "a", "type": "diagram", "alt": "-", "localPath": "assets/p.svg"}
    document = a_document(f"c-{new_id()}", a_topic("t", media={"embedded": [asset]}))
    archive = a_zip({"c.umcf": json.dumps(document).encode(), "assets/p.svg": PICTURE})
    decode(upload(teacher, archive), Summary)
    body = decode(learner.get(f"/api/curricula/{id_of(document)}/full-with-assets"), DocumentWithAssets)
    assert (body.asset_data["a"].size, body.asset_data["a"].mime_type) == (len(PICTURE), "image/svg+xml")
    refused(learner.get("/api/curricula/nobody-has-this/full-with-assets"), 404, "not_found")


def test_transcript(learner: ApiClient) -> None:
    topic = decode(learner.get(f"/api/curricula/{LIGHT}"), Detail).topics[0].id
    body = decode(learner.get(f"/api/curricula/{LIGHT}/topics/{topic}/transcript"), Transcript)
    assert body.topic_id == topic
    assert body.segments == body.transcript.segments
    assert len(body.segments) == 2
    refused(learner.get(f"/api/curricula/{LIGHT}/topics/none/transcript"), 404, "not_found")


def test_suggest(learner: ApiClient) -> None:
    found = decode(learner.post("/api/curricula/suggest", {"query": "how does a raindrop bend light"}), Suggestions)
    assert LIGHT in found.ids
    assert decode(learner.post("/api/curricula/suggest", {"query": "zzzz"}), Suggestions).ids == []
    refused(learner.post("/api/curricula/suggest", {}), 400, "invalid_input", field="query")


def test_reload(learner: ApiClient) -> None:
    count = decode(learner.post("/api/curricula/reload"), Reloaded).count
    assert len(decode(android(learner).post("/api/curricula/reload"), list[Summary])) == count >= 1


def test_subjects_topics_and_progress(learner: ApiClient, teacher: ApiClient) -> None:
    mine = stored(teacher, fresh(metadata={"subject": ["Volcanology"]}))
    assert {"id": "volcanology", "name": "Volcanology", "curriculum_count": 1} in decode(
        learner.get("/api/curricula/subjects"), Subjects
    ).subjects
    topics = decode(learner.get("/api/curricula/topics", query={"curriculum_id": mine}), FoundTopics)
    assert ([topic.id for topic in topics.topics], topics.total) == (["one", "two"], 2)
    assert decode(learner.get("/api/curricula/topics", query={"limit": "1"}), FoundTopics).total >= 4
    refused(learner.get("/api/curricula/topics", query={"limit": "501"}), 400, "invalid_input", field="limit")
    assert decode(learner.get("/api/curricula/progress"), Progress).total == 0


# Making and changing


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


# Assets of topics


def test_assets(teacher: ApiClient, learner: ApiClient, nobody: ApiClient) -> None:
    path = f"/api/curricula/{stored(teacher, fresh())}/topics/one/assets"
    metadata = {"alt": "A noise", "title": "Noise", "startSegment": 0, "isReference": True, "keywords": ["noise"]}
    form = a_form(file=("My photo.JPG", a_photo()), metadata=metadata)
    made = decode(teacher.call("POST", path, body=form, headers=FORM), SavedAsset)
    assert (made.status, made.mime_type, made.asset.is_reference) == ("success", "image/jpeg", True)
    assert [asset.id for asset in decode(learner.get(path), Assets).assets] == [made.id]
    one = learner.get(f"{path}/{made.id}").body["asset"]
    assert (one["dimensions"], one["keywords"]) == ({"width": 900, "height": 600}, ["noise"])
    for key, kind in (("url", "image/jpeg"), ("thumbnailUrl", "image/webp")):
        target, _, token = one[key].partition("?file=")
        # Whoever shows a picture sends no token.
        answer = nobody.get(target, query={"file": token})
        assert (answer.status, answer.headers["content-type"]) == (200, kind)
        assert "immutable" in answer.headers["cache-control"]
        again = nobody.get(target, query={"file": token}, headers={"if-none-match": answer.headers["etag"]})
        assert (again.status, again.raw) == (304, b"")
        refused(nobody.get(target, query={"file": f"{token[:-1]}{'A' if token[-1] != 'A' else 'B'}"}), 404, "not_found")
    changed = decode(
        teacher.patch(f"{path}/{made.id}", {"alt": "Snow", "title": None, "isReference": False}), SavedAsset
    )
    assert (changed.asset.alt, changed.asset.is_reference) == ("Snow", False)
    assert "title" not in learner.get(f"{path}/{made.id}").body["asset"]
    assert decode(teacher.delete(f"{path}/{made.id}"), Success).status == "success"
    assert decode(learner.get(path), Assets).assets == []
    target, _, token = one["url"].partition("?file=")
    refused(nobody.get(target, query={"file": token}), 404, "not_found")
    for answer in (
        learner.get(f"{path}/{made.id}"),
        teacher.patch(f"{path}/{made.id}", {"alt": "x"}),
        teacher.delete(f"{path}/{made.id}"),
        learner.get(path.replace("/one/", "/none/")),
    ):
        refused(answer, 404, "not_found")


def test_an_asset_that_android_announces(teacher: ApiClient, learner: ApiClient) -> None:
    path = f"/api/curricula/{stored(teacher, fresh())}/topics/two/assets"
    sent = {"filename": "p.png", "mime_type": "image/png", "caption": None, "position": 0}
    made = decode(android(teacher).post(path, sent), SavedAsset)
    assert (made.filename, made.mime_type) == ("p.png", "image/png")
    assert learner.get(f"{path}/{made.id}").body["asset"]["segmentTiming"] == {"startSegment": 0, "endSegment": 0}
    refused(teacher.post(path, {"filename": "p.png"}), 400, "invalid_input", field="mime_type")


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"metadata": {"alt": "-"}}, "file"),
        ({"file": ("p.svg", PICTURE)}, "metadata"),
        ({"file": ("p.exe", b"MZ"), "metadata": {"alt": "-"}}, "file"),
        ({"file": ("p.svg", PICTURE), "metadata": {"alt": "-", "isReference": "yes"}}, "isReference"),
    ],
)
def test_a_bad_asset_is_refused_by_name(teacher: ApiClient, fields: dict[str, Any], name: str) -> None:
    path = f"/api/curricula/{stored(teacher, fresh())}/topics/one/assets"
    refused(teacher.call("POST", path, body=a_form(**fields), headers=FORM), 400, "invalid_input", field=name)


def test_what_a_picture_lacks_is_told(teacher: ApiClient, learner: ApiClient) -> None:
    mine = stored(teacher, fresh())
    path = f"/api/curricula/{mine}/topics/one/assets"
    script = PICTURE.replace(b"<circle", b"<script>alert(1)</script><circle")
    for body, metadata in ((script, {"alt": "-"}), (PICTURE, {}), (PICTURE, {"alt": "-", "type": "hologram"})):
        form = a_form(file=("p.svg", body), metadata=metadata)
        refused(teacher.call("POST", path, body=form, headers=FORM), 400, "invalid_input")
    assert decode(learner.get(f"/api/curricula/{mine}"), Detail).revision == 1


# Who may


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


# What nobody should send


def deep(levels: int) -> dict[str, Any]:
    node: dict[str, Any] = {"id": "leaf", "title": "-", "type": "topic"}
    for at in range(levels):
        node = {"id": f"n{at}", "title": "-", "type": "unit", "children": [node]}
    return node


def bombs() -> dict[str, bytes]:
    document = json.dumps(fresh()).encode()
    return {
        "a bomb": a_zip({"c.json": b'{"a": "' + b" " * 9_000_000 + b'"}'}),
        "many entries": a_zip({f"{at}.svg": PICTURE for at in range(600)}),
        "a path above": a_zip({"c.json": document, "../p.svg": PICTURE}),
        "an absolute path": a_zip({"c.json": document, "/p.svg": PICTURE}),
        "a backslash": a_zip({"c.json": document, "a\\..\\p.svg": PICTURE}),
        "a link": a_link("c.json", "/etc/passwd"),
        "a program": a_zip({"c.json": document, "run.exe": b"MZ"}),
        "an archive inside": a_zip({"c.json": document, "more.zip": a_zip({"c.json": document})}),
        "two documents": a_zip({"a.json": document, "b.json": document}),
        "no document": a_zip({"p.svg": PICTURE}),
        "the same name twice": a_zip({"c.json": document, "a/p.svg": PICTURE, "b/p.svg": PICTURE}),
        "a picture nobody names": a_zip({"c.json": document, "p.svg": PICTURE}),
        "cut short": a_zip({"c.json": document})[:-30],
        "a wrong sum": a_zip({"c.json": document}, compression=0).replace(b"umcf", b"umcg", 1),
        "an empty archive": a_zip({}),
    }


BOMBS = bombs()


@pytest.mark.parametrize("name", BOMBS)
def test_a_bad_archive_is_refused_and_leaves_nothing(teacher: ApiClient, name: str) -> None:
    before = decode(teacher.get("/api/curricula"), Curricula).total
    assert upload(teacher, BOMBS[name]).status == 400
    assert decode(teacher.get("/api/curricula"), Curricula).total == before


@pytest.mark.parametrize(
    "changes",
    [
        {"content": [{"id": f"n{at}", "title": "-", "type": "topic"} for at in range(100_000)]},
        {"content": [deep(13)]},
        {"content": [a_topic("same"), a_topic("same")]},
        {"content": [a_topic("a", prerequisites=["b"]), a_topic("b", prerequisites=[{"nodeId": "a"}])]},
        {"content": [a_topic("a", prerequisites=["a"])]},
        {"id": {"value": "archived"}},
        {"id": "a/b"},
        {"extra": 10**30},
        {"extra": "a\0b"},
        {"title": "x" * 501},
        {
            "content": [
                a_topic("a", media={"embedded": [{"id": "p", "type": "image", "alt": "-", "url": "javascript:x"}]})
            ]
        },
        {
            "content": [
                a_topic("a", media={"embedded": [{"id": "p", "type": "image", "alt": "-", "localPath": "../../p.svg"}]})
            ]
        },
    ],
    ids=lambda changes: f"{str(changes)[:60]}",
)
def test_a_bad_document_is_refused_with_its_place(teacher: ApiClient, changes: dict[str, Any]) -> None:
    document = fresh() | changes
    error = refused(teacher.post("/api/curricula", document), 400, "invalid_input")
    assert error.details


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"7",
        b"null",
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b"[" + b"{}," * 1_000_000 + b"{}]",
        b'{"a":1,"a":2}',
    ],
    ids=lambda body: body[:9].decode("latin-1"),
)
def test_what_is_no_document_is_refused(teacher: ApiClient, body: bytes) -> None:
    for path in ("/api/curricula", "/api/curricula/import"):
        answer = teacher.call("POST", path, body=body)
        assert (answer.status, bool(answer.body["error"])) == (400, True)


def test_too_much_is_refused(teacher: ApiClient) -> None:
    answer = teacher.call("POST", "/api/curricula", body=b'"' + b"x" * MOST_UPLOAD + b'"')
    refused(answer, 413, "payload_too_large")
