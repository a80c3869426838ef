"""Sessions over HTTP: their life, their topics, and who sees them."""

import re
from typing import Any

import pytest
from sessions_api.routes import routes

from shared.ids import new_id
from tests.support import android_sessions as android
from tests.support.api import Answer, ApiClient
from tests.support.lessons import LIGHT, MIRRORS, RAINBOWS

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def create(client: ApiClient, **fields: object) -> str:
    answer = client.post("/api/sessions", {"curriculum_id": "", **fields})
    assert answer.status == 201, answer.body
    return answer.body["id"]


def session_of(answer: Answer) -> android.Session:
    """Read a session the way the Android app does."""
    assert answer.status in {200, 201}, answer.body
    assert android.nulls(answer.body) == []
    return android.decode(answer.raw, android.Session)


def refused(answer: Answer, status: int, code: str) -> android.Error:
    assert (answer.status, answer.body["code"]) == (status, code), answer.body
    return android.decode(answer.raw, android.Error)


def test_a_free_conversation_is_made_without_a_curriculum(learner: ApiClient) -> None:
    session = session_of(learner.post("/api/sessions", {"curriculum_id": "", "topic_id": None}))
    assert (session.status, session.curriculum_id, session.topic_title, session.turn_count) == ("created", "", "", 0)
    assert session.session_id == session.id
    assert MOMENT.fullmatch(session.created_at)


def test_a_curriculum_begins_with_its_first_topic(learner: ApiClient) -> None:
    session = session_of(learner.post("/api/sessions", {"curriculum_id": LIGHT}))
    assert (session.curriculum_title, session.topic_id, session.topic_title) == ("Light", RAINBOWS, "Rainbows")
    assert session.current_topic_id == session.topic_id


def test_a_topic_may_be_chosen_at_once(learner: ApiClient) -> None:
    fields = {
        "curriculum_id": LIGHT,
        "topic_id": MIRRORS,
        "model_name": "gpt",
        "model_context_window": 32_000,
        "system_prompt": "Be kind.",
        "auto_expand_context": False,
    }
    answer = learner.post("/api/sessions", fields)
    assert session_of(answer).topic_title == "Mirrors"
    assert (answer.body["model_name"], answer.body["auto_expand_context"]) == ("gpt", False)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"curriculum_id": "none"}, "curriculum none not found"),
        ({"curriculum_id": LIGHT, "topic_id": "none"}, "topic none not found"),
        ({"curriculum_id": "", "topic_id": "none"}, "topic none not found"),
    ],
)
def test_what_cannot_be_taught_is_not_found(learner: ApiClient, fields: dict[str, str], message: str) -> None:
    assert refused(learner.post("/api/sessions", fields), 404, "not_found").error == message
    assert learner.get("/api/sessions").body["total"] == 0


def test_the_life_of_a_session(learner: ApiClient) -> None:
    path = f"/api/sessions/{create(learner, curriculum_id=LIGHT)}"
    started = session_of(learner.post(f"{path}/start", headers={"Host": "school.example:8766"}))
    assert (started.status, started.state) == ("active", "active")
    assert isinstance(started.started_at, str)
    assert MOMENT.fullmatch(started.started_at)
    assert started.websocket_url == f"ws://school.example:8766/ws/audio?session={started.id}"
    assert session_of(learner.post(f"{path}/pause")).status == "paused"
    assert session_of(learner.post(f"{path}/resume")).status == "active"
    ended = learner.post(f"{path}/end")
    assert session_of(ended).status == "ended"
    assert ended.body["summary"] == {"topics_covered": ["Rainbows"]}
    assert MOMENT.fullmatch(ended.body["ended_at"])
    events = learner.get(f"{path}/events", headers={"X-Client-Platform": "Android"})
    assert [event.type for event in android.decode(events.raw, list[android.Event])] == [
        *("created", "started", "paused", "resumed", "ended")
    ]


ILLEGAL = {
    "created": ("pause", "resume", "end"),
    "active": ("start", "resume"),
    "paused": ("start", "pause"),
    "ended": ("start", "pause", "resume", "end"),
}


def test_an_illegal_transition_names_the_state(learner: ApiClient) -> None:
    path = f"/api/sessions/{create(learner)}"
    for verb, status in (("", "created"), ("start", "active"), ("pause", "paused"), ("end", "ended")):
        if verb:
            assert learner.post(f"{path}/{verb}").body["status"] == status
        for step in ILLEGAL[status]:
            error = refused(learner.post(f"{path}/{step}"), 409, "invalid_transition")
            assert error.error.startswith(f"the session is {status}: it cannot be")
            assert learner.get(path).body["status"] == status


def test_a_deleted_session_is_gone(learner: ApiClient) -> None:
    path = f"/api/sessions/{create(learner)}"
    assert android.decode(learner.delete(path).raw, android.Deleted).deleted
    refused(learner.get(path), 404, "not_found")
    refused(learner.delete(path), 404, "not_found")


def test_the_list_is_an_envelope_and_for_android_an_array(learner: ApiClient) -> None:
    ids = [create(learner) for _ in range(3)]
    learner.post(f"/api/sessions/{ids[0]}/start")
    answer = learner.get("/api/sessions", query={"limit": "2", "offset": "1"})
    assert [session["id"] for session in answer.body["sessions"]] == [ids[1], ids[0]]
    assert (answer.body["total"], answer.body["limit"], answer.body["offset"]) == (3, 2, 1)
    bare = learner.get("/api/sessions", query={"status": "active"}, headers={"X-Client-Platform": "Android"})
    assert [session.id for session in android.decode(bare.raw, list[android.Session])] == [ids[0]]
    assert android.nulls(bare.body) == []
    assert learner.get("/api/sessions", query={"curriculum_id": LIGHT}).body["sessions"] == []


def test_a_page_is_bounded(learner: ApiClient) -> None:
    assert learner.get("/api/sessions", query={"limit": "100000"}).body["limit"] == 200


def test_a_teacher_sees_the_tenants_sessions_on_request(learner: ApiClient, teacher: ApiClient) -> None:
    session_id = create(learner)
    assert teacher.get("/api/sessions").body["total"] == 0
    assert teacher.get("/api/sessions", query={"scope": "tenant"}).body["sessions"][0]["id"] == session_id
    assert teacher.get(f"/api/sessions/{session_id}").status == 200
    assert teacher.get("/api/fov/health").body["sessions"] == {"total": 1, "active": 0, "paused": 0}


def test_a_topic_is_changed_by_its_id_alone(learner: ApiClient) -> None:
    path = f"/api/sessions/{create(learner, curriculum_id=LIGHT)}"
    learner.put(f"{path}/position", {"position": 1})
    answer = learner.put(f"{path}/topic", {"topic_id": MIRRORS})
    session = session_of(answer)
    assert (session.topic_id, session.topic_title, session.position) == (MIRRORS, "Mirrors", 0)
    assert answer.body["message"] == "the topic is Mirrors"


def test_a_console_brings_its_own_topic(learner: ApiClient) -> None:
    path = f"/api/sessions/{create(learner, curriculum_id=LIGHT)}"
    brought = {
        "topic_id": "foxes",
        "topic_title": "Foxes",
        "topic_content": "Foxes dig dens.\n\nThey hunt at dusk.",
        "learning_objectives": ["Know the fox"],
        "glossary_terms": ["dusk", {"term": "den", "definition": "a home in the ground"}],
        "misconceptions": ["Foxes are cats", {"misconception": "Foxes howl", "correction": "They bark"}],
    }
    assert session_of(learner.put(f"{path}/topic", brought)).topic_title == "Foxes"
    context = learner.post(f"{path}/context/build", {"include_transcript": True}).body
    assert context["topic"]["transcript"] == "Foxes dig dens.\n\nThey hunt at dusk."
    assert "den: a home in the ground" in context["working"]
    assert "Foxes howl In truth: They bark" in context["working"]


def test_a_topic_that_is_not_there_changes_nothing(learner: ApiClient) -> None:
    path = f"/api/sessions/{create(learner, curriculum_id=LIGHT)}"
    assert refused(learner.put(f"{path}/topic", {"topic_id": "none"}), 404, "not_found").error == "topic none not found"
    assert learner.get(path).body["topic_id"] == RAINBOWS


def test_a_position_is_kept(learner: ApiClient) -> None:
    path = f"/api/sessions/{create(learner, curriculum_id=LIGHT)}"
    assert session_of(learner.put(f"{path}/position", {"position": 1})).position == 1
    assert "Being taught now:\nA raindrop bends it" in learner.get(f"{path}/context").body["immediate"]


def test_a_console_tells_where_the_topic_stands(learner: ApiClient) -> None:
    path = f"/api/sessions/{create(learner)}"
    told = {
        "curriculum_title": "Nature",
        "current_topic_index": 1,
        "total_topics": 3,
        "unit_title": "Animals",
        "curriculum_outline": "- Ants\n- Foxes\n- Owls",
    }
    assert session_of(learner.put(f"{path}/position", told)).position == 0
    semantic = learner.get(f"{path}/context").body["semantic"]
    assert semantic.startswith("Curriculum: Nature\n\nUnit: Animals\n\nThis is topic 2 of 3.")
    assert "What comes next:\n- Owls" in semantic


def test_history_is_in_the_web_clients_spelling(learner: ApiClient) -> None:
    path = f"/api/sessions/{create(learner, curriculum_id=LIGHT)}"
    create(learner)  # never started: not history
    learner.post(f"{path}/start")
    learner.put(f"{path}/position", {"position": 1})
    learner.post(f"{path}/end")
    (past,) = learner.get("/api/sessions/history").body["sessions"]
    assert (past["topicId"], past["topicTitle"], past["curriculumTitle"]) == (RAINBOWS, "Rainbows", "Light")
    assert (past["completionPercentage"], past["turnCount"], past["duration"]) == (50, 0, 0)
    assert MOMENT.fullmatch(past["startedAt"])
    assert MOMENT.fullmatch(past["endedAt"])


def test_the_health_of_the_service(learner: ApiClient) -> None:
    learner.post(f"/api/sessions/{create(learner)}/start")
    health = learner.get("/api/fov/health").body
    assert (health["status"], health["active_sessions"]) == ("healthy", 1)
    assert health["sessions"] == {"total": 1, "active": 1, "paused": 0}
    assert health["features"]["model_tiers"] == ["cloud", "mid_range", "on_device", "tiny"]


EVERY_USE: list[tuple[str, str, Any]] = [
    ("GET", "", None),
    ("DELETE", "", None),
    ("POST", "/start", None),
    ("POST", "/pause", None),
    ("POST", "/resume", None),
    ("POST", "/end", None),
    ("PUT", "/topic", {"topic_id": MIRRORS}),
    ("PUT", "/topic", {"topic_id": "x", "topic_title": "X", "topic_content": "x"}),
    ("PUT", "/position", {"position": 1}),
    ("POST", "/turns", {"role": "user", "content": "Hello"}),
    ("GET", "/turns", None),
    ("POST", "/barge-in", {"utterance": "Wait"}),
    ("GET", "/context", None),
    ("POST", "/context/build", {}),
    ("GET", "/messages", None),
    ("GET", "/events", None),
    ("PUT", "/segment", {"segment_id": "s1", "text": "Light bends."}),
    ("POST", "/signals", {"type": "confusion"}),
    ("POST", "/analyze-response", {"response": "I don't know."}),
    ("GET", "/debug", None),
]


def test_a_strangers_session_is_as_one_that_never_was(learner: ApiClient, stranger: ApiClient) -> None:
    session_id, unknown = create(learner, curriculum_id=LIGHT), new_id()
    before = learner.get(f"/api/sessions/{session_id}").body
    for method, path, body in EVERY_USE:
        theirs = stranger.call(method, f"/api/sessions/{session_id}{path}", json=body)
        nobodys = stranger.call(method, f"/api/sessions/{unknown}{path}", json=body)
        assert refused(theirs, 404, "not_found").error == f"session {session_id} not found"
        assert theirs.raw == nobodys.raw.replace(unknown.encode(), session_id.encode())
        assert learner.get(f"/api/sessions/{session_id}").body == before


def test_every_route_of_a_session_is_walked() -> None:
    used = {(method, f"/api/sessions/{{session_id}}{path}") for method, path, _ in EVERY_USE}
    assert used == {(r.method, r.path) for r in routes.routes if "{session_id}" in r.path}


def test_an_id_that_is_none_is_not_found(learner: ApiClient) -> None:
    for method, path, body in EVERY_USE:
        for session_id in ("none", "0", "%", "ünïcode", "x" * 300, "' OR 1=1 --"):
            refused(learner.call(method, f"/api/sessions/{session_id}{path}", json=body), 404, "not_found")


def test_a_strangers_lists_are_empty(learner: ApiClient, stranger: ApiClient) -> None:
    learner.post(f"/api/sessions/{create(learner)}/start")
    for scope in ("own", "tenant"):
        assert stranger.get("/api/sessions", query={"scope": scope}).body["total"] == 0
    assert stranger.get("/api/sessions/history").body["sessions"] == []
    assert stranger.get("/api/fov/health").body["active_sessions"] == 0


def test_nobody_gets_in_without_a_token(learner: ApiClient) -> None:
    path = f"/api/sessions/{create(learner)}"
    refused(learner.using(None).get(path), 401, "missing_token")
    refused(learner.using(None).post("/api/sessions", {"curriculum_id": ""}), 401, "missing_token")
    refused(learner.using("nonsense").get(path), 401, "invalid_token")
