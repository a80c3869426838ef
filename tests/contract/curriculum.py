"""How the clients decode curricula, their topics and assets, and what the tests send."""

import json
from typing import Any

from msgspec import UNSET, Struct, UnsetType, field

from shared.ids import new_id
from tests.contract.decoding import Int, Moment, Text
from tests.support.api import Answer, ApiClient
from tests.support.umcf import a_document, a_topic


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
