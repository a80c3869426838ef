"""What sessions refuse: nobody, strangers, what has ended and what is not understood."""

from typing import Any

import pytest

from shared.ids import new_id
from tests.contract import sessions as wire
from tests.contract.decoding import decode, refused
from tests.contract.sessions import started
from tests.support.api import ApiClient
from tests.support.lessons import MIRRORS

LISTS: dict[str, tuple[str, dict[str, str]]] = {
    "list": ("/api/sessions", {}),
    "history": ("/api/sessions/history", {}),
    "progress": ("/api/sessions/progress", {}),
    "health": ("/api/fov/health", {}),
}
# Every operation on one session, with a body that it takes.
ON_ONE: list[tuple[str, str, Any]] = [
    ("GET", "", None),
    ("DELETE", "", None),
    ("POST", "/start", None),
    ("POST", "/pause", None),
    ("POST", "/resume", None),
    ("POST", "/end", None),
    ("PUT", "/topic", {"topic_id": MIRRORS}),
    ("PUT", "/position", {"position": 1}),
    ("PUT", "/segment", {"segment_id": "s1"}),
    ("POST", "/turns", {"role": "user", "content": "Hello"}),
    ("GET", "/turns", None),
    ("POST", "/barge-in", {"timestamp": "2026-01-01T00:00:00Z", "ai_position_ms": 10}),
    ("GET", "/context", None),
    ("POST", "/context/build", {"history_window": 5, "include_transcript": True}),
    ("GET", "/messages", None),
    ("POST", "/signals", {"type": "confusion"}),
    ("POST", "/analyze-response", {"response": "Light bends."}),
    ("GET", "/events", None),
    ("GET", "/debug", None),
]
# Those that refuse a session that has ended.
CLOSED = [use for use in ON_ONE if use[0] != "GET" and use[1] not in {"", "/context/build"}]


def named(use: object) -> str:
    return " ".join(map(str, use[:2])) if isinstance(use, tuple) else str(use)  # pyright: ignore[reportUnknownArgumentType]  a test's name


@pytest.fixture
def path(learner: ApiClient) -> str:
    """An active session on the public curriculum."""
    return started(learner)


@pytest.mark.parametrize("name", LISTS)
def test_lists_need_a_good_token(nobody: ApiClient, name: str) -> None:
    path, query = LISTS[name]
    refused(nobody.get(path, query=query), 401, "missing_token")
    refused(nobody.using("uma_beta_2026_bad").get(path, query=query), 401, "invalid_token")


@pytest.mark.parametrize("use", ON_ONE, ids=named)
def test_a_session_needs_a_good_token(nobody: ApiClient, path: str, use: tuple[str, str, Any]) -> None:
    method, suffix, body = use
    refused(nobody.call(method, path + suffix, json=body), 401, "missing_token")
    refused(nobody.using("a.b.c").call(method, path + suffix, json=body), 401, "invalid_token")


@pytest.mark.parametrize("use", ON_ONE, ids=named)
def test_a_strangers_session_does_not_exist(stranger: ApiClient, path: str, use: tuple[str, str, Any]) -> None:
    method, suffix, body = use
    for target in (path, f"/api/sessions/{new_id()}", "/api/sessions/none"):
        refused(stranger.call(method, target + suffix, json=body), 404, "not_found")


@pytest.mark.parametrize("use", CLOSED, ids=named)
def test_an_ended_session_takes_nothing_more(learner: ApiClient, path: str, use: tuple[str, str, Any]) -> None:
    decode(learner.post(f"{path}/end"), wire.Session)
    method, suffix, body = use
    lifecycle = suffix in {"/start", "/pause", "/resume", "/end"}
    refused(learner.call(method, path + suffix, json=body), 409, "invalid_transition" if lifecycle else "session_ended")


@pytest.mark.parametrize(
    ("method", "suffix", "body", "field"),
    [
        ("POST", "", {}, "curriculum_id"),
        ("POST", "", {"curriculum_id": 5}, "curriculum_id"),
        ("POST", "", {"curriculum_id": "", "model_context_window": 1.5}, "model_context_window"),
        ("POST", "", {"curriculum_id": "", "model_context_window": 0}, "model_context_window"),
        ("PUT", "{id}/topic", {}, "topic_id"),
        ("PUT", "{id}/topic", {"topic_id": ""}, "topic_id"),
        ("PUT", "{id}/position", {}, "position"),
        ("PUT", "{id}/position", {"position": -1}, "position"),
        ("PUT", "{id}/position", {"position": "one"}, "position"),
        ("PUT", "{id}/segment", {"text": "x"}, "segment_id"),
        ("PUT", "{id}/segment", {"segment_id": "s", "start_time": -1}, "start_time"),
        ("POST", "{id}/turns", {"role": "user"}, "content"),
        ("POST", "{id}/turns", {"role": "nurse", "content": "x"}, "role"),
        ("POST", "{id}/turns", {"role": "user", "content": ""}, "content"),
        ("POST", "{id}/turns", {"role": "user", "content": "x", "latency_ms": -5}, "latency_ms"),
        ("POST", "{id}/barge-in", {"ai_position_ms": "soon"}, "ai_position_ms"),
        ("POST", "{id}/context/build", {"history_window": 101}, "history_window"),
        ("POST", "{id}/signals", {}, "type"),
        ("POST", "{id}/signals", {"type": "joy"}, "type"),
        ("POST", "{id}/analyze-response", {}, "response"),
        ("POST", "{id}/analyze-response", {"response": ""}, "response"),
    ],
)
def test_bad_input_names_its_field(
    learner: ApiClient, path: str, method: str, suffix: str, body: object, field: str
) -> None:
    target = suffix.replace("{id}", path) if suffix else "/api/sessions"
    before = learner.get(path).body
    refused(learner.call(method, target, json=body), 400, "invalid_input", field=field)
    refused(learner.call(method, target, body=b"{"), 400, "invalid_json")
    assert learner.get(path).body == before


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("/api/sessions", {"status": "asleep"}, "status"),
        ("/api/sessions", {"limit": "0"}, "limit"),
        ("/api/sessions", {"offset": "-1"}, "offset"),
        ("/api/sessions/history", {"limit": "many"}, "limit"),
    ],
)
def test_bad_queries_name_their_field(learner: ApiClient, path: str, query: dict[str, str], field: str) -> None:
    refused(learner.get(path, query=query), 400, "invalid_input", field=field)


def test_another_method_is_refused(learner: ApiClient, path: str) -> None:
    for target in (path, f"{path}/start", f"{path}/debug"):
        refused(learner.patch(target, {}), 405, "method_not_allowed")
