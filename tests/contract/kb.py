"""What the clients read of knowledge bowl, and packs and questions to try it with."""

from typing import Any

from msgspec import UNSET, Struct, UnsetType

from shared.ids import new_id
from tests.contract.decoding import Int, Moment, Number, Text, decode
from tests.support.api import ApiClient


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


def a_question(author: ApiClient, text: str | None = None, **fields: Any) -> Question:
    body = {"domain_id": "science", "question_text": text or f"What is {new_id()}?", "answer_text": "this", **fields}
    return decode(author.post("/api/kb/questions", body), OneQuestion).question


def a_pack(author: ApiClient, *questions: Question, **fields: Any) -> PackFields:
    body = {"name": f"Pack {new_id()}", "question_ids": [question.id for question in questions], **fields}
    return decode(author.post("/api/kb/packs", body), OnePack).pack


def asked(reader: ApiClient, pack_id: str) -> list[str]:
    return [q.question_text for q in decode(reader.get(f"/api/kb/packs/{pack_id}/questions"), Questions).questions]
