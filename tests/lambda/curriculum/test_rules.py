"""How curricula look on the wire."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from curriculum_api.models import ListCurricula
from curriculum_api.pictures import asset_data
from curriculum_api.rules import detail, page_of, summary, topic_assets, transcript

from shared.domain.curriculum import Topic
from shared.repositories.assets import Asset
from shared.repositories.curricula import CurriculumDetail
from shared.repositories.topics import TopicSummary
from tests.support.content import nulls
from tests.support.umcf import PICTURE, a_document, a_topic

NOW = datetime(2026, 3, 4, 5, 6, 7, 890_000, tzinfo=UTC)
ROW = CurriculumDetail(
    id="c", catalog="unamentis", title="C", description="", version="1.0.0", status="draft", language="en-US",
    difficulty="medium", age_range="18+", duration="PT4H", keywords=[], author=None, grade_level="7", source=None,
    topic_count=1, visual_asset_count=0, revision=1, subjects=[],
    created_at=NOW, updated_at=NOW, glossary=[], objectives=[],
)  # fmt: skip
TOPIC = TopicSummary("t", "school", "T", "", "lesson", 0, None, 0, 2)


def wire(model: object) -> Any:
    body = msgspec.json.decode(msgspec.json.encode(model))
    assert nulls(body) == []
    return body


def test_a_summary_speaks_both_spellings() -> None:
    item = wire(summary(ROW))
    for snake, camel in (
        ("topic_count", "topicCount"),
        ("total_duration", "totalDuration"),
        ("has_visual_assets", "hasVisualAssets"),
        ("visual_asset_count", "visualAssetCount"),
    ):
        assert item[snake] == item[camel]
    assert not [key for key in item if key.startswith("camel")]
    assert (item["gradeLevel"], item["created_at"]) == ("7", "2026-03-04T05:06:07Z")
    assert "author" not in item
    assert "source" not in item


def test_a_detail_has_topics_for_phones_and_for_the_web() -> None:
    body = wire(detail(ROW, [TOPIC]))
    (phone,) = body["topics"]
    (web,) = body["curriculum"]["topics"]
    assert (phone["id"], phone["has_transcript"], phone["assessment_count"]) == ("t", False, 2)
    assert "duration" not in phone
    assert (web["id"], web["type"], web["orderIndex"]) == ({"catalog": "school", "value": "t"}, "topic", 0)


def test_speaking_notes_have_both_spellings_where_there_are_any() -> None:
    segments = [
        {"id": "1", "type": "lecture", "content": "x", "speakingNotes": {"pace": "slow"}},
        {"id": "2", "type": "lecture", "content": "y"},
    ]
    body = wire(transcript(Topic(id="t", title="T", segments=segments)))
    assert [segment.get("speaking_notes") for segment in body["segments"]] == [{"pace": "slow"}, None]
    assert body["media"]["total_count"] == 0


def test_assets_say_whether_they_are_shown_on_request() -> None:
    topic = Topic(id="t", title="T", embedded=[{"id": "a"}], reference=[{"id": "b"}])
    assert topic_assets(topic) == [{"id": "a", "isReference": False}, {"id": "b", "isReference": True}]


def test_a_document_carries_the_files_it_names() -> None:
    media = {"embedded": [{"id": {"value": "a"}, "localPath": "x/p.svg"}, {"id": "b", "localPath": "gone.svg"}]}
    file = Asset(
        id="", owner_id="", file_name="p.svg", content_type="image/svg+xml", size=len(PICTURE), sha256="", width=None,
        height=None, has_thumbnail=False, object_key=None, created_at=NOW, body=PICTURE, thumbnail=None,
    )  # fmt: skip
    data = asset_data(a_document("c", a_topic("t", media=media)), [file], None)
    assert list(data) == ["a"]
    assert data["a"]["size"] == len(PICTURE)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (ListCurricula(), (1000, 0)),
        (ListCurricula(limit=20, page=3), (20, 40)),
        (ListCurricula(limit=20, offset=7), (20, 7)),
        (ListCurricula(limit=10**9, page=10**9), (1000, 100_000)),
    ],
)
def test_pages(query: ListCurricula, expected: tuple[int, int]) -> None:
    assert page_of(query) == expected
