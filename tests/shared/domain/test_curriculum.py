"""What a UMCF document says."""

from typing import Any

import pytest

from shared.domain.curriculum import read_curriculum, topic_nodes
from shared.domain.curriculum_phones import for_phones
from shared.domain.json_values import id_of
from tests.support.content import CURRICULA, read_json
from tests.support.umcf import a_document, a_topic


def node(node_id: str, kind: str, *children: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return a_topic(node_id, type=kind, transcript=None, children=list(children) or None, **changes)


def topics_of(*roots: dict[str, Any]) -> list[str]:
    return [id_of(topic["id"]) for topic in topic_nodes(list(roots))]


def test_topics_are_the_children_of_the_root() -> None:
    assert topics_of(node("r", "curriculum", a_topic("a"), a_topic("b"))) == ["a", "b"]


def test_every_root_counts() -> None:
    assert topics_of(node("r", "unit", a_topic("a")), node("s", "unit", a_topic("b")), a_topic("c")) == ["a", "b", "c"]


def test_a_root_without_children_is_a_topic() -> None:
    assert topics_of(node("r", "curriculum")) == ["r"]


def test_modules_between_root_and_topics_are_passed_through() -> None:
    modules = [node("m1", "module", a_topic("a"), a_topic("b")), node("m2", "module", node("u", "unit", a_topic("c")))]
    assert topics_of(node("r", "curriculum", *modules)) == ["a", "b", "c"]


def test_an_outline_is_a_topic_where_its_branch_begins() -> None:
    assert topics_of(node("r", "curriculum", node("m", "module", node("t", "topic")), a_topic("a"))) == ["m", "a"]


def test_a_topic_keeps_its_subtopics() -> None:
    topic = a_topic("a", children=[a_topic("a1"), a_topic("a2")])
    assert topics_of(topic) == topics_of(node("r", "curriculum", topic)) == ["a"]
    (read,) = read_curriculum(a_document("c", topic)).topics
    assert [segment["id"] for segment in read.segments] == ["a-1", "a1-1", "a2-1"]


def test_order_index_decides_the_order() -> None:
    assert topics_of(node("r", "unit", a_topic("b", orderIndex=1), a_topic("a", orderIndex=0))) == ["a", "b"]


def test_defaults_of_the_format() -> None:
    read = read_curriculum(a_document("c"))
    assert (read.difficulty, read.age_range, read.duration, read.version) == ("medium", "18+", "PT4H", "1.0.0")
    assert (read.status, read.language, read.keywords, read.description) == ("published", "en-US", [], "")
    assert (read.author, read.grade_level, read.source, read.catalog) == (None, None, None, "unamentis")


@pytest.mark.parametrize(
    ("status", "expected"),
    [("final", "published"), ("revised", "published"), ("draft", "draft"), ("Review", "draft"),
     ("archived", "archived"), ("deprecated", "archived"), ("unavailable", "archived"), (None, "published")],
)  # fmt: skip
def test_a_lifecycle_is_one_of_three_states(status: str | None, expected: str) -> None:
    assert read_curriculum(a_document("c", lifecycle={"status": status})).status == expected


def test_objectives_are_those_of_the_course_else_those_of_its_topics() -> None:
    own = [{"id": {"value": "o"}, "statement": "Know", "bloomsLevel": "apply"}, "Do", {"statement": ""}]
    document = a_document("c", a_topic("a", learningObjectives=["From a topic"]))
    assert read_curriculum(document).objectives == [{"statement": "From a topic"}]
    document["content"][0]["learningObjectives"] = own
    assert read_curriculum(document).objectives == [
        {"statement": "Know", "id": "o", "blooms_level": "apply"},
        {"statement": "Do"},
    ]


def test_visual_assets_are_counted_over_all_nodes() -> None:
    asset = {"id": "x", "type": "image", "alt": "-"}
    inner = a_topic("a1", media={"reference": [asset]})
    document = a_document("c", a_topic("a", media={"embedded": [asset]}, children=[inner]))
    read = read_curriculum(document)
    assert read.visual_asset_count == 2
    assert (len(read.topics[0].embedded), len(read.topics[0].reference)) == (1, 1)


def test_odd_values_are_taken_for_absent() -> None:
    odd = a_document("c", lifecycle=[], metadata=7, educational="x", glossary={"terms": [1, {"term": ""}]})
    assert read_curriculum(odd).glossary == []


@pytest.mark.parametrize("path", CURRICULA, ids=lambda path: path.stem)
def test_the_sample_curricula_have_everything_a_lesson_needs(path: Any) -> None:
    read = read_curriculum(for_phones(read_json(path)))
    assert len(read.topics) >= 4
    assert read.glossary
    assert read.visual_asset_count
    for topic in read.topics:
        assert topic.segments
        assert topic.objectives
        assert topic.misconceptions
        assert topic.assessments
        assert any("checkpoint" in segment for segment in topic.segments)
