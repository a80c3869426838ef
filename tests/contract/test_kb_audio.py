"""Section 2.4 of the contract: what questions sound like, as the phones fetch it."""

import io
import wave

import pytest
from msgspec import UNSET, Struct, UnsetType

from shared.ids import new_id
from tests.contract.conftest import World, android
from tests.contract.decoding import Int, Moment, Number, Text, decode, refused
from tests.support.api import Answer, ApiClient
from tests.support.content import load_questions
from tests.support.lessons import LIGHT

QUESTION = "sci-bio-000001"


class Segment(Struct):
    available: bool
    duration: Number | UnsetType = UNSET
    size: Int | UnsetType = UNSET


class Batch(Struct):
    segments: dict[str, dict[str, Segment]]
    total_size_bytes: Int
    available_count: Int
    missing_count: Int


class Started(Struct):
    status: Text
    job_id: Text
    total_segments: Int
    module_id: Text


class Progress(Struct):
    job_id: Text
    module_id: Text
    total_segments: Int
    completed: Int
    cached: Int
    generated: Int
    failed: Int
    status: Text
    percent_complete: Number
    started_at: Moment
    completed_at: Moment | UnsetType = UNSET
    error: str | UnsetType = UNSET


class Manifest(Struct):
    module_id: Text
    voice_id: Text
    provider: Text
    generated_at: Moment
    total_questions: Int
    total_segments: Int
    total_size_bytes: Int
    total_duration_seconds: Number
    segments: dict[str, dict[str, Segment]]


class Coverage(Struct):
    module_id: Text
    total_questions: Int
    covered_questions: Int
    total_segments: Int
    covered_segments: Int
    missing_segments: Int
    total_size_bytes: Int
    is_complete: bool
    coverage_percent: Number


@pytest.fixture(scope="module", autouse=True)
def shared_content(world: World) -> None:
    load_questions(world.database)


def is_phone_audio(answer: Answer) -> bool:
    """Tell whether an answer is a WAV file as the phones play it."""
    assert (answer.status, answer.headers["content-type"]) == (200, "audio/wav"), answer.body
    assert answer.headers["x-kb-cache-status"] in {"hit", "miss"}
    assert float(answer.headers["x-kb-duration-seconds"]) >= 0
    with wave.open(io.BytesIO(answer.raw)) as sound:
        told = answer.headers["x-kb-sample-rate"]
        return (sound.getframerate(), sound.getnchannels(), sound.getsampwidth(), told) == (24_000, 1, 2, "24000")


def test_a_question_is_heard(learner: ApiClient) -> None:
    path = f"/api/kb/audio/{QUESTION}"
    for segment in ("question", "answer", "explanation"):
        assert is_phone_audio(android(learner).get(f"{path}/{segment}", query={"module_id": "knowledge-bowl"}))
    refused(learner.get(f"{path}/hint", query={"hint_index": "9"}), 404, "not_found", flag=True)
    refused(learner.get(f"{path}/song"), 400, "invalid_input", field="segment", flag=True)
    refused(learner.get("/api/kb/audio/none/question"), 404, "not_found", flag=True)
    there = decode(
        learner.post("/api/kb/audio/batch", {"module_id": "knowledge-bowl", "question_ids": [QUESTION, "none"]}), Batch
    )
    assert there.segments[QUESTION]["answer"].available
    assert (there.segments["none"]["answer"], there.available_count >= 3) == (Segment(available=False), True)
    bad = {"question_ids": [QUESTION], "segments": ["song"]}
    refused(learner.post("/api/kb/audio/batch", bad), 400, "invalid_input", field="segments[0]", flag=True)


def test_right_and_wrong_are_heard(learner: ApiClient) -> None:
    for word in ("correct", "incorrect"):
        assert is_phone_audio(learner.get(f"/api/kb/feedback/{word}"))
    refused(learner.get("/api/kb/feedback/perhaps"), 400, "invalid_input", field="feedback", flag=True)


def test_a_module_is_spoken_ahead(teacher: ApiClient, learner: ApiClient) -> None:
    body = {"module_id": "knowledge-bowl", "voice_id": "nova", "provider": "piper", "force_regenerate": False}
    started = decode(teacher.post("/api/kb/prefetch", body), Started)
    assert (started.status, started.module_id) == ("started", "knowledge-bowl")
    progress = decode(learner.get(f"/api/kb/prefetch/{started.job_id}"), Progress)
    assert progress.total_segments == started.total_segments >= 240
    manifest = decode(learner.get("/api/kb/manifest/knowledge-bowl"), Manifest)
    coverage = decode(learner.get("/api/kb/coverage/knowledge-bowl"), Coverage)
    assert manifest.total_segments <= coverage.covered_segments
    assert coverage.covered_segments + coverage.missing_segments == coverage.total_segments
    assert coverage.total_questions == manifest.total_questions >= 120
    for path in ("manifest/none", "coverage/none", f"prefetch/{new_id()}", "prefetch/none"):
        refused(learner.get(f"/api/kb/{path}"), 404, "not_found", flag=True)
    refused(teacher.post("/api/kb/prefetch", {"module_id": "none"}), 404, "not_found", flag=True)
    parrot = {**body, "provider": "parrot"}
    refused(teacher.post("/api/kb/prefetch", parrot), 400, "invalid_input", field="provider", flag=True)


def test_a_topic_is_streamed_in_frames(learner: ApiClient) -> None:
    path = f"/api/curricula/{LIGHT}/topics/rainbows/stream-audio"
    answer = learner.get(path, query={"voice": "nova", "tts_server": "piper"})
    assert (answer.status, answer.headers["content-type"]) == (200, "application/octet-stream")
    assert (answer.headers["x-topic-title"], answer.headers["x-segment-count"]) == ("Rainbows", "2")
    refused(learner.get(path, query={"tts_server": "parrot"}), 400, "invalid_input", flag=True)
    refused(learner.get(path.replace("rainbows", "none")), 404, "not_found", flag=True)
