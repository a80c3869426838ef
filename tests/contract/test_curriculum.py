"""Section 3 of the contract, operation by operation: curricula are listed, found and read."""

import json

from shared.ids import new_id
from tests.contract.conftest import android
from tests.contract.curriculum import (
    Curricula,
    Detail,
    Document,
    DocumentWithAssets,
    FoundTopics,
    Progress,
    Reloaded,
    Subjects,
    Suggestions,
    Summary,
    Transcript,
    fresh,
    id_of,
    stored,
    upload,
)
from tests.contract.decoding import decode, refused
from tests.support.api import ApiClient
from tests.support.archives import a_zip
from tests.support.lessons import LIGHT
from tests.support.umcf import PICTURE, a_document, a_topic


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
