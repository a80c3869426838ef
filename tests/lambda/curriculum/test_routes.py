"""Curricula over HTTP, read as the phones, the web client and the console read them."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from curriculum_api.routes import routes
from msgspec import Struct, field

from shared.api import Service
from shared.db import Database, Entry
from shared.repositories.content import store_curriculum
from tests.conftest import ALPHA, BETA
from tests.support.api import ApiClient
from tests.support.content import load_curricula, read_as
from tests.support.identity import add_beta_token, context_for
from tests.support.umcf import PICTURE, a_document, a_topic

LIGHT = "light-and-colour"
SKY = "why-the-sky-is-blue"


class PhoneSummary(Struct):
    id: str
    title: str
    description: str
    version: str
    topic_count: int
    total_duration: str
    difficulty: str
    age_range: str
    keywords: list[str]
    has_visual_assets: bool
    visual_asset_count: int
    created_at: str
    updated_at: str


class EverySummary(PhoneSummary):
    """What the web client and the console read beside it."""

    language: str
    topics_count: int
    status: str
    console_topic_count: int = field(name="topicCount")
    console_duration: str = field(name="totalDuration")
    console_has_assets: bool = field(name="hasVisualAssets")
    console_asset_count: int = field(name="visualAssetCount")


class CurriculumList(Struct):
    curricula: list[EverySummary]
    total: int


class PhoneTopic(Struct):
    id: str
    title: str
    description: str
    order_index: int
    has_transcript: bool
    segment_count: int
    assessment_count: int


class Term(Struct):
    term: str
    definition: str


class Objective(Struct):
    statement: str
    blooms_level: str


class WebId(Struct):
    catalog: str
    value: str


class WebTopic(Struct):
    id: WebId
    title: str
    type: str
    order_index: int = field(name="orderIndex")


class WebCurriculum(EverySummary):
    topics: list[WebTopic]


class Detail(EverySummary):
    topics: list[PhoneTopic]
    glossary_terms: list[Term]
    learning_objectives: list[Objective]
    duration: str
    curriculum: WebCurriculum


class Segment(Struct):
    id: str
    type: str
    content: str


class Segments(Struct):
    segments: list[Segment]


class Media(Struct):
    embedded: list[dict[str, Any]]
    reference: list[dict[str, Any]]
    total_count: int


class Item(Struct):
    id: str


class Transcript(Segments):
    topic_id: str
    topic_title: str
    transcript: Segments
    misconceptions: list[Item]
    examples: list[Item]
    assessments: list[Item]
    media: Media


class Version(Struct):
    number: str


class Node(Struct):
    id: str | WebId
    title: str
    type: str
    children: list["Node"] = []


class Document(Struct):
    umcf: str
    id: str | WebId
    title: str
    version: Version
    content: list[Node]


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


def store(database: Database, who: Entry, *documents: dict[str, Any]) -> None:
    with database.unit(who) as unit:
        for document in documents:
            store_curriculum(unit, document, {})


def test_every_client_reads_the_list(alpha: ApiClient, database: Database) -> None:
    load_curricula(database)
    body = read_as(CurriculumList, alpha.get("/api/curricula", headers={"X-Client-Platform": "Android"}))
    assert body.total == len(body.curricula) == 3
    assert [row.title for row in body.curricula] == sorted(row.title for row in body.curricula)
    light = next(row for row in body.curricula if row.id == LIGHT)
    assert light.topic_count == light.console_topic_count == light.topics_count == 5
    assert light.has_visual_assets
    assert light.visual_asset_count == light.console_asset_count > 0
    assert (light.status, light.console_duration) == ("published", "PT51M")


def test_every_client_reads_the_detail(alpha: ApiClient, database: Database) -> None:
    load_curricula(database)
    body = read_as(Detail, alpha.get(f"/api/curricula/{LIGHT}"))
    assert [topic.order_index for topic in body.topics] == [0, 1, 2, 3, 4]
    assert all(topic.has_transcript and topic.segment_count > 5 for topic in body.topics)
    assert [topic.id.value for topic in body.curriculum.topics] == [topic.id for topic in body.topics]
    assert {topic.id.catalog for topic in body.curriculum.topics} == {"unamentis"}
    assert {topic.type for topic in body.curriculum.topics} == {"topic"}
    assert len(body.glossary_terms) == 34
    assert body.learning_objectives


def test_the_phones_read_every_document(alpha: ApiClient, database: Database) -> None:
    load_curricula(database)
    for curriculum_id in (LIGHT, "ideas-that-count", "how-living-things-work"):
        answer = alpha.get(f"/api/curricula/{curriculum_id}/full")
        document = read_as(Document, answer)
        assert document.umcf == "1.0.0"
        assert document.content[0].children


def test_a_transcript_holds_what_the_topic_says(alpha: ApiClient, database: Database) -> None:
    load_curricula(database)
    answer = alpha.get(f"/api/curricula/{LIGHT}/topics/{SKY}/transcript")
    body = read_as(Transcript, answer)
    assert (body.topic_id, body.topic_title) == (SKY, "Why the sky is blue")
    assert body.segments == body.transcript.segments
    assert len(body.segments) == 13
    assert body.media.total_count == len(body.media.embedded) + len(body.media.reference) == 2
    assert body.misconceptions
    assert body.assessments
    assert all(isinstance(a["feedback"]["correct"], str) for a in answer.body["assessments"])
    assert answer.body["segments"][0]["speaking_notes"] == answer.body["segments"][0]["speakingNotes"]


def test_text_without_a_transcript_is_cut_into_chunks(alpha: ApiClient, database: Database) -> None:
    sentence = "Light travels in straight lines until something stands in its way. "
    topic = a_topic("lines", transcript=None, content={"text": sentence * 20})
    store(database, ALPHA, a_document("light", topic))
    body = read_as(Transcript, alpha.get("/api/curricula/light/topics/lines/transcript"))
    assert [segment.id for segment in body.segments] == [f"chunk-{at}" for at in range(len(body.segments))]
    assert {segment.type for segment in body.segments} == {"narration"}
    assert all(100 < len(segment.content) <= 300 for segment in body.segments)
    assert " ".join(segment.content for segment in body.segments) == (sentence * 20).strip()


def test_a_picture_is_served_so_that_it_can_do_nothing(alpha: ApiClient, database: Database) -> None:
    load_curricula(database)
    (asset, *_) = alpha.get(f"/api/curricula/{LIGHT}/topics/{SKY}/assets").body["assets"]
    assert (asset["localPath"], asset["isReference"]) == ("assets/sky-scattering.svg", False)
    path = f"/assets/curriculum/{LIGHT}/sky-scattering.svg"
    answer = alpha.get(path)
    assert answer.status == 200
    assert answer.raw.startswith(b"<svg")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "max-age=86400" in answer.headers["cache-control"]
    again = alpha.get(path, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status, again.raw) == (304, b"")
    assert alpha.get(f"/assets/curriculum/{LIGHT}/other.svg").status == 404


def test_a_document_with_its_pictures_in_it(alpha: ApiClient, database: Database) -> None:
    load_curricula(database)
    body = alpha.get(f"/api/curricula/{LIGHT}/full-with-assets").body
    picture = body["assetData"]["sky-scattering-diagram"]
    assert picture["mimeType"] == "image/svg+xml"
    file = alpha.get(f"/assets/curriculum/{LIGHT}/sky-scattering.svg").raw
    assert msgspec.convert(picture["data"], bytes) == file
    assert picture["size"] == len(file)


def test_pictures_that_one_answer_cannot_hold_are_left_to_their_url(alpha: ApiClient, database: Database) -> None:
    assets = [{"id": f"p-{at}", "type": "diagram", "alt": "-", "localPath": f"p{at}.svg"} for at in range(2)]
    document = a_document("big", a_topic("one", media={"embedded": assets}))
    big = PICTURE + b" " * 2_000_000
    with database.unit(ALPHA) as unit:
        store_curriculum(unit, document, {"p0.svg": big, "p1.svg": big})
    assert list(alpha.get("/api/curricula/big/full-with-assets").body["assetData"]) == ["p-0"]
    assert alpha.get("/assets/curriculum/big/p1.svg").status == 200


def test_curricula_are_filtered_and_paged(alpha: ApiClient, database: Database) -> None:
    store(
        database,
        ALPHA,
        a_document("a", title="100% Algebra", lifecycle={"status": "draft"}),
        a_document("b", title="B_ees", educational={"difficulty": "Very Easy"}, metadata={"keywords": ["hive\\'s"]}),
        a_document("c", title="Cats", lifecycle={"status": "archived"}),
    )

    def ids(**query: str) -> tuple[list[str], int]:
        body = read_as(CurriculumList, alpha.get("/api/curricula", query=query))
        return [row.id for row in body.curricula], body.total

    assert ids() == (["a", "b"], 2)
    assert ids(status="published") == (["b"], 1)
    assert ids(status="archived") == (["c"], 1)
    assert ids(difficulty="very easy") == (["b"], 1)
    assert ids(search="%") == (["a"], 1)
    assert ids(search="_") == (["b"], 1)
    assert ids(search="HIVE\\'S") == (["b"], 1)
    assert ids(search='"') == ([], 0)
    assert ids(limit="1", page="2") == (["b"], 2)
    assert ids(limit="1", offset="1") == (["b"], 2)
    assert ids(page="99999999999999999999") == ([], 2)
    assert ids(limit="99999999999999999999") == (["a", "b"], 2)


@pytest.mark.parametrize(
    ("field", "value"),
    [("limit", "x"), ("limit", "0"), ("offset", "-1"), ("page", "0"), ("status", "final"), ("search", "y" * 201)],
)
def test_a_bad_query_names_its_field(alpha: ApiClient, field: str, value: str) -> None:
    answer = alpha.get("/api/curricula", query={field: value})
    assert answer.status == 400
    assert field in answer.body["details"]


def test_words_suggest_curricula_best_first(alpha: ApiClient, beta: ApiClient, database: Database) -> None:
    load_curricula(database)
    store(database, ALPHA, a_document("own", title="Rainbows of our school"))

    def suggested(client: ApiClient, query: str) -> list[str]:
        answer = client.post("/api/curricula/suggest", {"query": query})
        assert answer.status == 200
        return answer.body["curriculumIds"]

    assert suggested(beta, "I want to understand why the sky is blue")[0] == LIGHT
    assert suggested(beta, "prime numbers and probability")[0] == "ideas-that-count"
    assert suggested(beta, "how does the heart pump blood")[0] == "how-living-things-work"
    assert suggested(alpha, "rainbow") == ["own", LIGHT]
    assert suggested(beta, "rainbow") == [LIGHT]
    for odd in ("", "   ", "the of", "' | & ! ( ) : * <->", "%", "\\", "x" * 100_000, "\U0001f308", "a/b?c=d&e='f'|g"):
        assert isinstance(suggested(alpha, odd), list)


def test_a_suggestion_needs_words(alpha: ApiClient) -> None:
    for body in (None, {}, {"query": None}, {"query": 7}):
        answer = alpha.post("/api/curricula/suggest", body)
        assert answer.status == 400
        assert "query" in answer.body["details"]


def test_archived_curricula_are_not_suggested(alpha: ApiClient, database: Database) -> None:
    store(database, ALPHA, a_document("old", title="Phlogiston", lifecycle={"status": "archived"}))
    assert alpha.post("/api/curricula/suggest", {"query": "phlogiston"}).body["curriculumIds"] == []


def test_reload_says_how_many_there_are(alpha: ApiClient, database: Database) -> None:
    load_curricula(database)
    answer = alpha.post("/api/curricula/reload")
    assert answer.status == 200
    assert (answer.body["status"], answer.body["count"], answer.body["curricula_count"]) == ("ok", 3, 3)


def test_another_tenants_things_do_not_exist(alpha: ApiClient, beta: ApiClient, database: Database) -> None:
    document = a_document("secret", a_topic("inside"))
    with database.unit(ALPHA) as unit:
        store_curriculum(unit, document, {"p.svg": PICTURE})
    paths = [
        "/api/curricula/{}",
        "/api/curricula/{}/full",
        "/api/curricula/{}/full-with-assets",
        "/api/curricula/{}/topics/inside/transcript",
        "/api/curricula/{}/topics/inside/assets",
        "/assets/curriculum/{}/p.svg",
    ]
    for path in paths:
        assert alpha.get(path.format("secret")).status == 200
        theirs, nobodys = beta.get(path.format("secret")), beta.get(path.format("never"))
        assert theirs.status == nobodys.status == 404
        assert theirs.body["code"] == "not_found"
        assert theirs.body["message"].replace("secret", "never") == nobodys.body["message"]
    assert read_as(CurriculumList, beta.get("/api/curricula")).total == 0


def test_a_tenants_own_curriculum_shadows_the_public_one(alpha: ApiClient, beta: ApiClient, database: Database) -> None:
    load_curricula(database)
    store(database, ALPHA, a_document(LIGHT, a_topic("ours"), title="Our light"))
    ours = read_as(Detail, alpha.get(f"/api/curricula/{LIGHT}"))
    assert (ours.title, [topic.id for topic in ours.topics]) == ("Our light", ["ours"])
    assert alpha.get(f"/api/curricula/{LIGHT}/full").body["title"] == "Our light"
    assert alpha.get(f"/api/curricula/{LIGHT}/topics/{SKY}/transcript").status == 404
    assert alpha.get(f"/assets/curriculum/{LIGHT}/sky-scattering.svg").status == 404
    assert read_as(CurriculumList, alpha.get("/api/curricula")).total == 3
    assert read_as(Detail, beta.get(f"/api/curricula/{LIGHT}")).title == "Light and Color"


@pytest.mark.parametrize("odd", ["%", "_", "'", '"', "\\", " ", "\u00fc", "\U0001f600", "y" * 1000, "\ud800", "full"])
def test_no_id_is_a_server_error(alpha: ApiClient, odd: str) -> None:
    for path in ("{0}", "{0}/full", "{0}/full-with-assets", "{0}/topics/{0}/transcript", "x/topics/{0}/assets"):
        assert alpha.get(f"/api/curricula/{path.format(odd)}").status in {400, 404}
    assert alpha.get(f"/assets/curriculum/{odd}/{odd}").status in {400, 404}


def test_without_a_token_nothing_is_told(alpha: ApiClient) -> None:
    nobody = alpha.using(None)
    for path in ("/api/curricula", "/api/curricula/x", "/api/curricula/x/full", "/assets/curriculum/x/y.svg"):
        assert nobody.get(path).status == 401
    assert nobody.post("/api/curricula/suggest", {"query": "light"}).status == 401
