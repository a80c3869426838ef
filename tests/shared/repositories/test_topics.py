"""The topics of curricula."""

import pytest

from shared.db import Database
from shared.errors import NotFound
from shared.repositories.content import store_curriculum
from shared.repositories.topics import TopicRepository
from tests.conftest import ALPHA, BETA
from tests.support.umcf import a_document, a_topic


def test_topics_keep_their_order_and_counts(database: Database) -> None:
    quiz = [{"id": "q", "type": "open", "prompt": "Why?"}]
    with database.unit(ALPHA) as unit:
        store_curriculum(unit, a_document("mine", a_topic("z", assessments=quiz), a_topic("a", transcript=None)), {})
    with database.unit(ALPHA) as unit:
        topics = TopicRepository(unit).of_curriculum("mine")
    found = [(t.id, t.order_index, t.segment_count, t.assessment_count) for t in topics.result]
    assert found == [("z", 0, 1, 1), ("a", 1, 0, 0)]


def test_a_topic_comes_back_with_its_material(database: Database) -> None:
    topic = a_topic("z", misconceptions=[{"misconception": "x", "correction": "y"}], examples=[{"id": {"value": "e"}}])
    with database.unit(ALPHA) as unit:
        curriculum = store_curriculum(unit, a_document("mine", topic), {})
    with database.unit(ALPHA) as unit:
        stored = TopicRepository(unit).get("mine", "z")
    assert stored.result == curriculum.topics[0]


def test_storing_again_removes_what_is_gone(database: Database) -> None:
    for topics in ([a_topic("a"), a_topic("b")], [a_topic("b", title="New"), a_topic("c")]):
        with database.unit(ALPHA) as unit:
            store_curriculum(unit, a_document("mine", *topics), {})
    with database.unit(ALPHA) as unit:
        found = TopicRepository(unit).of_curriculum("mine")
    assert [(topic.id, topic.title) for topic in found.result] == [("b", "New"), ("c", "C")]


def test_topics_of_another_tenant_do_not_exist(database: Database) -> None:
    with database.unit(ALPHA) as unit:
        store_curriculum(unit, a_document("mine", a_topic("a")), {})
    with database.unit(BETA) as unit:
        found = TopicRepository(unit).of_curriculum("mine")
    assert found.result == []
    with pytest.raises(NotFound), database.unit(BETA) as unit:
        TopicRepository(unit).get("mine", "a")
