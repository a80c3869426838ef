"""Sessions, operation by operation, as the phones and the console call them and decode the answers."""

import pytest
from msgspec import UnsetType

from tests.contract import sessions as wire
from tests.contract.conftest import android
from tests.contract.decoding import decode, refused
from tests.contract.sessions import made, started
from tests.support.api import Answer, ApiClient
from tests.support.lessons import LIGHT, MIRRORS, RAINBOWS


@pytest.fixture
def path(learner: ApiClient) -> str:
    """An active session on the public curriculum."""
    return started(learner)


def test_create_as_android_does(learner: ApiClient) -> None:
    answer = android(learner).post("/api/sessions", {"curriculum_id": LIGHT, "topic_id": None, "model_name": None})
    session = decode(answer, wire.Session, status=201)
    assert (session.status, session.curriculum_id, session.topic_id) == ("created", LIGHT, RAINBOWS)
    assert session.id == session.session_id
    free = decode(android(learner).post("/api/sessions", {"curriculum_id": ""}), wire.Session, status=201)
    assert (free.curriculum_id, free.topic_title) == ("", "")


def test_create_as_the_console_does(learner: ApiClient) -> None:
    fields = {"model_name": "gpt-4o", "model_context_window": 8_000, "system_prompt": "Be brief."}
    path = made(learner, topic_id=MIRRORS, auto_expand_context=False, **fields)
    debug = decode(learner.get(f"{path}/debug"), wire.Debug)
    assert (debug.model_tier, debug.budget_config.total_budget) == ("on_device", 4_000)


@pytest.mark.parametrize("body", [{"curriculum_id": "none"}, {"curriculum_id": LIGHT, "topic_id": "none"}])
def test_what_is_not_there_cannot_be_taught(learner: ApiClient, body: dict[str, str]) -> None:
    refused(learner.post("/api/sessions", body), 404, "not_found")


def test_list_in_both_forms(learner: ApiClient) -> None:
    first, second = made(learner), started(learner)
    listed = decode(learner.get("/api/sessions", query={"limit": "1"}), wire.Sessions)
    assert ([f"/api/sessions/{each.id}" for each in listed.sessions], listed.total) == ([second], 2)
    bare = decode(android(learner).get("/api/sessions"), list[wire.Session])
    assert [f"/api/sessions/{each.id}" for each in bare] == [second, first]
    active = decode(learner.get("/api/sessions", query={"status": "active"}), wire.Sessions)
    assert active.total == 1
    assert decode(learner.get("/api/sessions", query={"curriculum_id": "other"}), wire.Sessions).total == 0


def test_a_teacher_sees_the_tenants_sessions(learner: ApiClient, teacher: ApiClient, path: str) -> None:
    seen = decode(teacher.get("/api/sessions", query={"scope": "tenant", "limit": "200"}), wire.Sessions)
    assert path.rpartition("/")[2] in {each.id for each in seen.sessions}
    assert decode(teacher.get(path), wire.Session).status == "active"
    assert decode(learner.get("/api/sessions", query={"scope": "tenant"}), wire.Sessions).total == 1


def test_the_life_of_a_session(learner: ApiClient) -> None:
    path = made(learner)
    for action, status in (("start", "active"), ("pause", "paused"), ("resume", "active"), ("end", "ended")):
        session = decode(learner.post(f"{path}/{action}", body=b""), wire.Session)
        assert (session.status, session.state) == (status, status)
    assert isinstance(session.summary, wire.Summary)
    assert session.summary.topics_covered == ["Rainbows"]
    assert not isinstance(session.ended_at, UnsetType)
    assert decode(learner.delete(path), wire.Deleted).deleted
    refused(learner.get(path), 404, "not_found")


@pytest.mark.parametrize(
    ("steps", "action"),
    [
        ([], "pause"),
        ([], "resume"),
        ([], "end"),
        (["start"], "start"),
        (["start"], "resume"),
        (["start", "pause"], "pause"),
    ],
)
def test_an_illegal_transition_is_a_conflict(learner: ApiClient, steps: list[str], action: str) -> None:
    path = made(learner)
    for step in steps:
        learner.post(f"{path}/{step}")
    refused(learner.post(f"{path}/{action}"), 409, "invalid_transition")


def test_the_start_names_the_voice_socket(learner: ApiClient) -> None:
    session = decode(learner.post(f"{made(learner)}/start", headers={"Host": "school.example"}), wire.Session)
    assert isinstance(session.websocket_url, str)
    assert session.websocket_url.endswith(f"/ws/audio?session={session.id}")


def test_topic_as_android_and_as_the_console(learner: ApiClient, path: str) -> None:
    by_id = decode(learner.put(f"{path}/topic", {"topic_id": MIRRORS}), wire.Session)
    assert (by_id.current_topic_id, by_id.topic_title) == (MIRRORS, "Mirrors")
    refused(learner.put(f"{path}/topic", {"topic_id": "none"}), 404, "not_found")
    brought = {
        "topic_id": "own",
        "topic_title": "Own",
        "topic_content": "Lenses bend light.",
        "learning_objectives": ["See"],
        "glossary_terms": ["lens", {"term": "prism", "definition": "glass"}],
        "misconceptions": ["Lenses make light."],
    }
    own = decode(learner.put(f"{path}/topic", brought), wire.Session)
    assert (own.topic_title, isinstance(own.message, str)) == ("Own", True)
    debug = decode(learner.get(f"{path}/debug"), wire.Debug)
    assert (debug.buffers.working.glossary_count, debug.buffers.working.misconception_count) == (2, 1)


def test_position_in_all_three_spellings(learner: ApiClient, path: str) -> None:
    assert decode(learner.put(f"{path}/position", {"position": 1}), wire.Session).position == 1
    assert decode(learner.put(f"{path}/position", {"position": 1, "segment": "s2"}), wire.Session).position == 1
    place = {"curriculum_title": "Optics", "current_topic_index": 2, "total_topics": 9, "unit_title": "U"}
    outline = {"curriculum_outline": "Light\nLenses\nColour"}
    assert decode(learner.put(f"{path}/position", {**place, **outline}), wire.Session).position == 1
    debug = decode(learner.get(f"{path}/debug"), wire.Debug)
    assert (debug.buffers.semantic.current_topic_index, debug.buffers.semantic.total_topics) == (2, 9)
    assert debug.buffers.semantic.has_outline


def test_a_position_is_progress(learner: ApiClient, path: str) -> None:
    decode(learner.put(f"{path}/position", {"position": 1}), wire.Session)
    (half,) = decode(learner.get("/api/sessions/progress"), wire.Progress).progress
    assert (half.topic_id, half.completion_percentage, half.completed) == (RAINBOWS, 50, False)
    decode(learner.put(f"{path}/position", {"position": 2}), wire.Session)
    (whole,) = decode(android(learner).get("/api/sessions/progress"), list[wire.TopicProgress])
    assert (whole.completion_percentage, whole.completed) == (100, True)
    other = decode(learner.get("/api/sessions/progress", query={"curriculum_id": "other"}), wire.Progress)
    assert other.progress == []


def test_the_segment_being_taught_is_in_view(learner: ApiClient, path: str) -> None:
    told = {"segment_id": "s9", "text": "Told by the client.", "start_time": 1.5, "end_time": 3, "topic_id": RAINBOWS}
    assert decode(learner.put(f"{path}/segment", told), wire.Session).message == "teaching segment s9"
    assert "Told by the client." in decode(learner.get(f"{path}/context"), wire.Context).immediate
    assert decode(learner.get(f"{path}/debug"), wire.Debug).buffers.immediate.current_segment == "Told by the client."


def test_turns_are_answered_as_stored(learner: ApiClient, path: str) -> None:
    said = {"role": "user", "content": "Why is it round?", "audio_url": None, "latency_ms": None}
    turn = decode(android(learner).post(f"{path}/turns", said), wire.Turn)
    assert (turn.role, turn.content, turn.turn_count) == ("user", "Why is it round?", 1)
    answer = {"role": "assistant", "content": "Light bends.", "latency_ms": 420, "audio_url": "/media/a.wav"}
    assert decode(learner.post(f"{path}/turns", answer), wire.Turn).latency_ms == 420
    assert decode(learner.get(f"{path}/turns"), wire.Turns).total == 2
    assert len(decode(android(learner).get(f"{path}/turns"), list[wire.Turn])) == 2
    metrics = decode(learner.get(path), wire.Session).metrics
    assert isinstance(metrics, wire.Medians)
    assert metrics.e2e_latency_median == 420


def test_turns_tell_signals_and_confidence(learner: ApiClient, path: str) -> None:
    for role, content in (("user", "I don't understand."), ("assistant", "I don't know."), ("user", "Why?")):
        decode(learner.post(f"{path}/turns", {"role": role, "content": content}), wire.Turn)
    debug = decode(learner.get(f"{path}/debug"), wire.Debug)
    assert debug.buffers.episodic.learner_signals == wire.LearnerSignals(0, 0, 1)
    assert debug.buffers.episodic.questions_count == 1
    (point,) = debug.confidence_history
    assert (point.score, point.uncertainty) == (0.685, 0.315)


def test_an_unsure_answer_widens_what_is_in_view(learner: ApiClient, path: str) -> None:
    words = {"user_message": "What does a mirror do?"}
    sure = decode(learner.post(f"{path}/context/build", words), wire.Context)
    decode(learner.post(f"{path}/turns", {"role": "assistant", "content": "I don't know."}), wire.Turn)
    unsure = decode(learner.post(f"{path}/context/build", words), wire.Context)
    assert "A mirror turns light." not in sure.working
    assert "From other topics of this curriculum:\nMirrors: A mirror turns light." in unsure.working


def test_barge_in_as_android_reports_it(learner: ApiClient, path: str) -> None:
    body = {"timestamp": "2026-01-01T00:00:00Z", "ai_position_ms": 1_200, "user_audio_url": None}
    found = decode(android(learner).post(f"{path}/barge-in", body), wire.BargeIn)
    again = decode(android(learner).post(f"{path}/barge-in", body), wire.BargeIn)
    assert (found.barge_in_count, again.barge_in_count) == (1, 1)


def test_barge_in_as_the_console_reports_it(learner: ApiClient, path: str) -> None:
    body = {"utterance": "Wait, why?", "interrupted_position": 3.5}
    found = decode(learner.post(f"{path}/barge-in", body), wire.BargeIn)
    assert found.context.immediate.startswith("The learner interrupted you and said: Wait, why?")
    assert found.messages[-1] == wire.Message("user", "Wait, why?")
    debug = decode(learner.get(f"{path}/debug"), wire.Debug)
    assert [(each.utterance, each.topic_id) for each in debug.barge_in_history] == [("Wait, why?", RAINBOWS)]
    assert debug.buffers.immediate.barge_in == "Wait, why?"


def test_the_context_in_view(learner: ApiClient, path: str) -> None:
    decode(learner.post(f"{path}/turns", {"role": "user", "content": "Why?"}), wire.Turn)
    context = decode(android(learner).get(f"{path}/context"), wire.Context)
    assert context.topic == wire.Topic(RAINBOWS, "Rainbows", ["Say why a rainbow is round"])
    assert [turn.content for turn in context.recent_turns] == ["Why?"]
    assert context.system_message == context.system_prompt
    assert "They are in sunlight already." in context.working
    free = decode(learner.get(f"{started(learner, curriculum_id='')}/context"), wire.Context)
    assert free.topic == wire.Topic("", "", [])


def test_the_context_as_it_would_be_built(learner: ApiClient, path: str) -> None:
    asked = {"history_window": 1, "include_transcript": True}
    built = decode(android(learner).post(f"{path}/context/build", asked), wire.Context)
    assert isinstance(built.topic.transcript, str)
    assert built.history_window == 1
    console = decode(learner.post(f"{path}/context/build", {"barge_in_utterance": "Stop"}), wire.Context)
    assert console.immediate.startswith("The learner interrupted you and said: Stop")
    decode(learner.post(f"{path}/context/build", body=b""), wire.Context)


def test_the_messages_for_the_model(learner: ApiClient, path: str) -> None:
    asked = learner.get(f"{path}/messages", query={"user_message": "Why?"})
    messages = decode(asked, wire.Messages).messages
    assert [message.role for message in messages] == ["system", "user"]
    assert decode(android(learner).get(f"{path}/messages"), list[wire.Message])[0].role == "system"


@pytest.mark.parametrize("name", ["type", "signal_type"])
def test_signals_are_counted(learner: ApiClient, path: str, name: str) -> None:
    for signal in ("clarification", "repetition", "confusion", "question", "confusion"):
        counted = learner.post(f"{path}/signals", {name: signal, "content": "What?", "value": None, "timestamp": None})
    found = decode(counted, wire.Signals)
    assert (found.clarifications, found.repetitions, found.confusions) == (1, 1, 2)


def test_a_signal_sent_again_counts_once(learner: ApiClient, path: str) -> None:
    body = {"type": "confusion", "value": 0.8, "timestamp": "2026-01-01T00:00:00Z"}
    for _ in range(2):
        found = decode(android(learner).post(f"{path}/signals", body), wire.Signals)
        assert found.confusions == 1


def test_a_response_is_analysed(learner: ApiClient, path: str) -> None:
    sure = decode(learner.post(f"{path}/analyze-response", {"response": "Light bends in a drop."}), wire.Analysis)
    assert (sure.confidence_score, sure.detected_markers, sure.trend) == (1.0, [], "stable")
    gap = decode(learner.post(f"{path}/analyze-response", {"response": "I don't know."}), wire.Analysis)
    assert (gap.knowledge_gap_score, gap.detected_markers) == (0.9, ["knowledge_gap"])
    assert isinstance(gap.expansion, wire.Expansion)
    assert (gap.expansion.should_expand, gap.expansion.scope) == (True, "related_topics")
    doubts = {"response": "I'm not sure, I don't know. Ask your teacher."}
    *_, last = (learner.post(f"{path}/analyze-response", doubts) for _ in range(3))
    assert decode(last, wire.Analysis).trend == "declining"
    ended = decode(learner.post(f"{path}/end"), wire.Session)
    assert isinstance(ended.summary, wire.Summary)
    assert not isinstance(ended.summary.confidence_score, UnsetType)


def test_events_in_order_and_by_type(learner: ApiClient, path: str) -> None:
    learner.put(f"{path}/topic", {"topic_id": MIRRORS})
    learner.post(f"{path}/barge-in", {"utterance": "Wait"})
    learner.post(f"{path}/signals", {"type": "confusion"})
    events = decode(learner.get(f"{path}/events"), wire.Events).events
    assert [event.type for event in events] == ["created", "started", "topic_changed", "barge_in", "signal"]
    only = decode(android(learner).get(f"{path}/events", query={"type": "signal"}), list[wire.Event])
    assert [event.data["signal"] for event in only] == ["confusion"]


def test_the_inside_of_a_session(learner: ApiClient, path: str) -> None:
    decode(learner.post(f"{path}/turns", {"role": "user", "content": "Why?"}), wire.Turn)
    debug = decode(android(learner).get(f"{path}/debug"), wire.Debug)
    assert (debug.status, debug.turn_count, debug.model_tier) == ("active", 1, "cloud")
    assert debug.budget_config == wire.BudgetConfig("cloud", 4000, 4000, 2500, 1500, 12000, 20)
    assert debug.buffers.immediate == wire.ImmediateBuffer("Sunlight holds every colour.", "", 1, 20)
    assert debug.buffers.working == wire.WorkingBuffer(RAINBOWS, "Rainbows", 1, 1)
    used = debug.token_usage
    total = sum(each.estimated_used for each in (used.immediate, used.working, used.episodic, used.semantic))
    assert debug.total_context_tokens == total
    assert decode(learner.get(f"{made(learner, curriculum_id='')}/debug"), wire.Debug).metrics == {}


def test_history_for_the_web_client(learner: ApiClient, path: str) -> None:
    decode(learner.put(f"{path}/position", {"position": 1}), wire.Session)
    decode(learner.post(f"{path}/end"), wire.Session)
    (past,) = decode(learner.get("/api/sessions/history"), wire.History).sessions
    assert (past.topicTitle, past.completionPercentage) == ("Rainbows", 50)


def test_the_health_of_the_service(learner: ApiClient, path: str) -> None:
    assert path
    health = decode(android(learner).get("/api/fov/health"), wire.Health)
    assert (health.status, health.active_sessions) == ("healthy", 1)
    assert health.features.confidence_monitoring
    assert health.features.context_expansion


def test_a_head_request_is_a_get_without_its_body(learner: ApiClient, path: str) -> None:
    answer: Answer = learner.call("HEAD", path)
    assert (answer.status, answer.raw) == (200, b"")
