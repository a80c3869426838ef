"""Speech of lessons and questions, over HTTP."""

from typing import Any

import pytest

from core.providers.errors import provider_error
from shared.db import PUBLIC_TENANT
from shared.errors import BudgetExhausted
from tests.conftest import ALPHA_TENANT
from tests.core.speech.conftest import LANGUAGE, Counter
from tests.support.walk import MARK

QUESTION = "/api/kb/audio/alpha-question/question"
STREAM = "/api/curricula/alpha-light/topics/alpha-topic/stream-audio"


async def test_a_questions_texts_are_spoken_at_24_khz(counter: Counter) -> None:
    for segment, text in (("question", f"Where is {MARK}?"), ("answer", MARK)):
        answer = await counter.call("GET", f"/api/kb/audio/alpha-question/{segment}?module_id=knowledge-bowl")
        assert (answer.status, answer.content_type) == (200, "audio/wav")
        assert (answer.headers["X-KB-Sample-Rate"], answer.headers["X-KB-Cache-Status"]) == ("24000", "miss")
        assert int.from_bytes((await answer.read())[24:28], "little") == 24_000
        assert counter.tts.asked[-1] == text
    assert (await counter.call("GET", QUESTION)).headers["X-KB-Cache-Status"] == "hit"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/kb/audio/nobody/question", 404),
        ("/api/kb/audio/alpha-question/hint?hint_index=99", 404),
        ("/api/kb/audio/alpha-question/hint?hint_index=-1", 400),
        ("/api/kb/audio/alpha-question/hint?hint_index=x", 400),
        ("/api/kb/audio/alpha-question/melody", 400),
        ("/api/kb/feedback/perhaps", 400),
    ],
)
async def test_what_there_is_no_audio_for(counter: Counter, path: str, status: int) -> None:
    assert (await counter.call("GET", path)).status == status
    assert counter.tts.asked == []


@pytest.mark.parametrize("failure", [provider_error("fake", "timeout"), BudgetExhausted("spent")])
async def test_the_phone_speaks_by_itself_when_we_cannot(counter: Counter, failure: Any) -> None:
    counter.tts.failure = failure
    answer = await counter.call("GET", QUESTION)
    assert (answer.status, (await answer.json())["code"]) == (404, failure.error_code)


async def test_feedback_is_made_once_for_everybody(counter: Counter) -> None:
    for token in (counter.alpha, counter.beta):
        assert (await counter.call("GET", "/api/kb/feedback/correct", token=token)).status == 200
    assert counter.tts.asked == ["Correct!"]
    assert len(await counter.kept(PUBLIC_TENANT)) == 1


async def test_a_batch_tells_what_is_there(counter: Counter) -> None:
    await counter.call("GET", QUESTION)
    order = {"module_id": "knowledge-bowl", "question_ids": ["alpha-question", "nobody"], "segments": ["question"]}
    told = await (await counter.call("POST", "/api/kb/audio/batch", json=order)).json()
    there = told["segments"]["alpha-question"]["question"]
    assert there["available"]
    assert there["size"] > 44
    assert told["segments"]["nobody"]["question"] == {"available": False}
    assert (told["available_count"], told["missing_count"], told["total_size_bytes"]) == (1, 1, there["size"])
    stranger = await (await counter.call("POST", "/api/kb/audio/batch", json=order, token=counter.beta)).json()
    assert stranger["available_count"] == 0


async def test_a_batch_of_nonsense(counter: Counter) -> None:
    for order in ({}, {"question_ids": "x"}, {"question_ids": ["q"], "segments": ["melody"]}):
        assert (await counter.call("POST", "/api/kb/audio/batch", json=order)).status == 400


async def test_a_topic_nobody_has(counter: Counter) -> None:
    assert (await counter.call("GET", STREAM.replace("alpha-topic", "x"))).status == 404
    assert (await counter.call("GET", STREAM, token=counter.beta)).status == 404
    assert (await counter.call("GET", STREAM + "?tts_server=megaphone")).status == 400


async def test_a_topic_streams_in_frames(counter: Counter) -> None:
    answer = await counter.call("GET", STREAM)
    assert (answer.content_type, answer.headers["X-Segment-Count"]) == ("application/octet-stream", "1")
    assert answer.headers["X-Topic-Title"] == f"Ways to {MARK}"
    assert "Content-Length" not in answer.headers
    text = f"{MARK} lies in the ocean."
    head = f"SEG:0:lecture:{len(text)}\n{text}AUD:{44 + 2 * len(text)}\nRIFF".encode()
    data = await answer.read()
    assert data.startswith(head)
    assert data.endswith(b"END\n")
    assert len(data) == len(head) - 4 + 44 + 2 * len(text) + 4
    assert len(await counter.kept(ALPHA_TENANT)) == 1


async def test_a_stream_tells_what_could_not_be_spoken(counter: Counter) -> None:
    counter.tts.failure = provider_error("fake", "timeout")
    data = await (await counter.call("GET", STREAM)).read()
    assert data.endswith(b"ERR:provider_unavailable\nEND\n")


async def test_a_listener_who_leaves_a_stream_stops_the_vendor(counter: Counter) -> None:
    counter.tts.held()
    answer = await counter.call("GET", STREAM)
    await counter.tts.started.wait()
    answer.close()
    await counter.tts.ended.wait()
    assert counter.tts.open == 0


async def test_what_names_no_language_is_spoken_in_the_deployments_and_once(counter: Counter) -> None:
    topic = {"curriculum_id": "alpha-light", "topic_id": "alpha-topic"}
    await counter.call("POST", "/api/tts/prefetch/topic", json=topic)
    assert await counter.foreman.work_off() == 1
    for path in (STREAM, QUESTION, "/api/kb/feedback/correct"):
        assert (await counter.call("GET", path)).status == 200
    assert (await counter.say(f"{MARK} lies in the ocean.")).status == 200
    assert (await counter.say("Hello", language="en-GB")).status == 200
    assert counter.tts.languages == {LANGUAGE, "en-GB"}
    assert len(counter.tts.asked) == len(set(counter.tts.asked)) == 4
    batch = {"question_ids": ["alpha-question"], "segments": ["question"]}
    await counter.kept(ALPHA_TENANT)
    told = await (await counter.call("POST", "/api/kb/audio/batch", json=batch)).json()
    assert told["available_count"] == 1
