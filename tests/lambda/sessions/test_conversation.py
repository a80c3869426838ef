"""Turns, interruptions and context over HTTP."""

import pytest

from tests.support import android_sessions as android
from tests.support.api import ApiClient
from tests.support.lessons import LIGHT, RAINBOWS

ANDROID = {"X-Client-Platform": "Android"}


@pytest.fixture
def path(learner: ApiClient) -> str:
    answer = learner.post("/api/sessions", {"curriculum_id": LIGHT})
    learner.post(f"/api/sessions/{answer.body['id']}/start")
    return f"/api/sessions/{answer.body['id']}"


def say(learner: ApiClient, path: str, role: str, content: str, **more: object) -> android.Turn:
    answer = learner.post(f"{path}/turns", {"role": role, "content": content, **more})
    assert answer.status == 200, answer.body
    assert android.nulls(answer.body) == []
    return android.decode(answer.raw, android.Turn)


def test_a_turn_is_answered_as_stored(learner: ApiClient, path: str) -> None:
    turn = say(learner, path, "user", "Why is it round?", latency_ms=420, audio_url="/media/a.wav")
    assert (turn.role, turn.content, turn.latency_ms, turn.audio_url) == (
        *("user", "Why is it round?", 420, "/media/a.wav"),
    )
    assert turn.id
    assert turn.turn_count == 1
    assert say(learner, path, "assistant", "Because.", audio_url=None, latency_ms=None).turn_count == 2


def test_turns_are_listed_in_order(learner: ApiClient, path: str) -> None:
    for n in range(3):
        say(learner, path, "user", str(n))
    answer = learner.get(f"{path}/turns", query={"limit": "2", "offset": "1"})
    assert [turn["content"] for turn in answer.body["turns"]] == ["1", "2"]
    assert answer.body["total"] == 3
    bare = learner.get(f"{path}/turns", headers=ANDROID)
    assert [turn.content for turn in android.decode(bare.raw, list[android.Turn])] == ["0", "1", "2"]


def test_a_turn_sent_again_under_its_name_is_stored_once(learner: ApiClient, path: str) -> None:
    first = say(learner, path, "user", "Hello", turn_id="t-1")
    assert say(learner, path, "user", "Hello", turn_id="t-1").id == first.id
    assert say(learner, path, "assistant", "Hello yourself", turn_id="t-1").id != first.id
    assert learner.get(path).body["turn_count"] == 2


def test_a_turn_sent_again_under_its_idempotency_key_is_stored_once(learner: ApiClient, path: str) -> None:
    sent = [
        learner.post(f"{path}/turns", {"role": "user", "content": "Hi"}, headers={"Idempotency-Key": key})
        for key in ("k1", "k1", "k2")
    ]
    ids = [answer.body["id"] for answer in sent]
    assert ids[0] == ids[1] != ids[2]


def test_words_of_every_script_are_kept(learner: ApiClient, path: str) -> None:
    for words in ("Warum? Ähm — 光 🌈", "مرحبا", "e\u0301", "\u202e\ufeff", "a\tb\nc", "'; DROP TABLE turns; --"):
        assert say(learner, path, "user", words).content == words


def test_an_ended_session_takes_no_turn(learner: ApiClient, path: str) -> None:
    learner.post(f"{path}/end")
    answer = learner.post(f"{path}/turns", {"role": "user", "content": "Hello?"})
    assert (answer.status, answer.body["code"]) == (409, "session_ended")
    assert learner.get(path).body["turn_count"] == 0


def test_latencies_become_medians(learner: ApiClient, path: str) -> None:
    assert "metrics" not in learner.get(path).body
    for ms in (100, 300, 200):
        say(learner, path, "assistant", "x", latency_ms=ms)
    say(learner, path, "user", "no answer", latency_ms=1)
    session = android.decode(learner.get(path).raw, android.Session)
    assert isinstance(session.metrics, android.Metrics)
    assert session.metrics.e2e_latency_median == 200


def test_the_context_of_a_lesson(learner: ApiClient, path: str) -> None:
    say(learner, path, "user", "What is refraction?")
    say(learner, path, "assistant", "The bending of light.")
    answer = learner.get(f"{path}/context", headers=ANDROID)
    assert android.nulls(answer.body) == []
    context = android.decode(answer.raw, android.Context)
    assert context.topic == android.Topic(RAINBOWS, "Rainbows", ["Say why a rainbow is round"])
    assert (context.position, context.history_window) == (0, 20)
    assert [turn.content for turn in context.recent_turns] == ["What is refraction?", "The bending of light."]
    assert "Sunlight holds every colour." in context.immediate
    assert "refraction: the bending of light" in context.working
    assert "The learner's last questions:\n- What is refraction?" in context.episodic
    assert "This is topic 1 of 2." in context.semantic
    assert context.system_message == context.system_prompt
    assert context.total_tokens > 0


def test_a_session_without_a_topic_has_a_context_of_empty_strings(learner: ApiClient) -> None:
    session_id = learner.post("/api/sessions", {"curriculum_id": ""}).body["id"]
    context = android.decode(learner.get(f"/api/sessions/{session_id}/context").raw, android.Context)
    assert context.topic == android.Topic("", "", [])
    assert (context.system_message, context.recent_turns, context.total_tokens) == ("", [], 0)


def test_a_context_is_built_for_the_next_words(learner: ApiClient, path: str) -> None:
    for n in range(5):
        say(learner, path, "user", f"turn {n}")
    wanted = {"history_window": 2, "include_transcript": True, "user_message": "Why?", "barge_in_utterance": "Wait"}
    answer = learner.post(f"{path}/context/build", wanted)
    context = android.decode(answer.raw, android.Context)
    assert [turn.content for turn in context.recent_turns] == ["turn 3", "turn 4"]
    assert context.history_window == 2
    assert context.topic.transcript == "Sunlight holds every colour.\n\nA raindrop bends it: that is refraction."
    assert context.immediate.startswith("The learner interrupted you and said: Wait")
    assert answer.body["messages"][-1] == {"role": "user", "content": "Why?"}


def test_a_small_model_keeps_less_in_view(learner: ApiClient) -> None:
    made = learner.post("/api/sessions", {"curriculum_id": LIGHT, "model_context_window": 4096})
    path = f"/api/sessions/{made.body['id']}"
    for n in range(6):
        say(learner, path, "user", f"turn {n}")
    context = learner.get(f"{path}/context").body
    assert context["history_window"] == 3
    assert [turn["content"] for turn in context["recent_turns"]] == ["turn 3", "turn 4", "turn 5"]


def test_the_clients_own_prompt_comes_first(learner: ApiClient) -> None:
    made = learner.post("/api/sessions", {"curriculum_id": LIGHT, "system_prompt": "Speak like a pirate."})
    context = learner.get(f"/api/sessions/{made.body['id']}/context").body
    assert context["system_message"].startswith("Speak like a pirate.\n\n")


def test_topics_before_this_one_are_remembered(learner: ApiClient, path: str) -> None:
    learner.put(f"{path}/topic", {"topic_id": "mirrors"})
    assert "Topics covered before:\n- Rainbows" in learner.get(f"{path}/context").body["episodic"]


def test_messages_are_what_the_model_is_told(learner: ApiClient, path: str) -> None:
    say(learner, path, "user", "Hello")
    answer = learner.get(f"{path}/messages", query={"user_message": "Why?"})
    messages = answer.body["messages"]
    assert [message["role"] for message in messages] == ["system", "user", "user"]
    assert messages[-1]["content"] == "Why?"
    bare = learner.get(f"{path}/messages", headers=ANDROID)
    assert len(android.decode(bare.raw, list[android.Message])) == 2


def test_androids_barge_in_has_no_words(learner: ApiClient, path: str) -> None:
    report = {"timestamp": "2026-01-01T00:00:00Z", "ai_position_ms": 1200, "user_audio_url": None}
    answer = learner.post(f"{path}/barge-in", report)
    assert android.nulls(answer.body) == []
    assert android.decode(answer.raw, android.BargeIn).barge_in_count == 1
    assert learner.post(f"{path}/barge-in", report).body["barge_in_count"] == 1  # a retry of the same report
    assert learner.post(f"{path}/barge-in", {**report, "ai_position_ms": 1300}).body["barge_in_count"] == 2


def test_the_consoles_barge_in_puts_the_words_first(learner: ApiClient, path: str) -> None:
    answer = learner.post(f"{path}/barge-in", {"utterance": "Stop, why?", "interrupted_position": 12.5})
    barge_in = android.decode(answer.raw, android.BargeIn)
    assert barge_in.context.immediate.startswith("The learner interrupted you and said: Stop, why?")
    assert barge_in.messages[-1] == android.Message("user", "Stop, why?")
    assert learner.post(f"{path}/barge-in", {"utterance": "Again"}).body["barge_in_count"] == 2
    (first, _) = learner.get(f"{path}/events", query={"type": "barge_in"}).body["events"]
    assert first["data"] == {
        "heard_by": "client",
        "utterance": "Stop, why?",
        "position_ms": "12",
        "topic_id": RAINBOWS,
    }
    assert learner.get(path).body["barge_in_count"] == 2
