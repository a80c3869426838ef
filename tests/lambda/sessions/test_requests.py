"""Bad input: the field is named, the status is 400, and nothing is stored."""

from collections.abc import Mapping

import pytest

from tests.support import android_sessions as android
from tests.support.api import Answer, ApiClient

NUL = "a\x00b"
MISSING = object()

# Per operation: a good body, and for each field the values that are refused.
TEXT: tuple[object, ...] = (7, True, [], {}, NUL)
WHOLE: tuple[object, ...] = ("7", 1.5, True, [], -1, 10**30)
CASES: dict[str, tuple[str, str, dict[str, object], Mapping[str, tuple[object, ...]]]] = {
    "create": (
        "POST",
        "/api/sessions",
        {"curriculum_id": ""},
        {
            "curriculum_id": (MISSING, None, *TEXT, "x" * 201),
            "topic_id": (*TEXT, "x" * 201),
            "model_name": (*TEXT, "x" * 501),
            "model_context_window": (*WHOLE, 0),
            "system_prompt": (*TEXT, "x" * 20_001),
            "auto_expand_context": ("true", 1, []),
        },
    ),
    "topic": (
        "PUT",
        "{path}/topic",
        {"topic_id": "mirrors"},
        {
            "topic_id": (MISSING, None, *TEXT, "", "x" * 201),
            "topic_title": (*TEXT, "x" * 501),
            "topic_content": (*TEXT, "x" * 200_001),
            "learning_objectives": ("x", {}, [1], [None], ["x"] * 101),
            "glossary_terms": ("x", {}, [1], [{}], [{"term": 1}]),
            "misconceptions": ("x", {}, [1], [{}], [{"misconception": 1}]),
        },
    ),
    "position": (
        "PUT",
        "{path}/position",
        {"position": 1},
        {
            "position": (MISSING, None, *WHOLE),
            "current_topic_index": WHOLE,
            "total_topics": WHOLE,
            "unit_title": TEXT,
            "curriculum_title": TEXT,
            "curriculum_outline": (7, {}, [1], NUL),
        },
    ),
    "turn": (
        "POST",
        "{path}/turns",
        {"role": "user", "content": "Hello"},
        {
            "role": (MISSING, None, 7, "system", "USER", ""),
            "content": (MISSING, None, *TEXT, "", "x" * 100_001),
            "audio_url": (*TEXT, "x" * 2_049),
            "latency_ms": WHOLE,
            "turn_id": (*TEXT, "", "x" * 101),
        },
    ),
    "barge-in": (
        "POST",
        "{path}/barge-in",
        {},
        {
            "timestamp": (*TEXT, "x" * 65),
            "ai_position_ms": WHOLE,
            "user_audio_url": TEXT,
            "utterance": (*TEXT, "x" * 5_001),
            "interrupted_position": ("7", True, -1, [], 1e300),
        },
    ),
    "context": (
        "POST",
        "{path}/context/build",
        {},
        {
            "history_window": (*WHOLE, 101),
            "include_transcript": ("x", 1),
            "barge_in_utterance": TEXT,
            "user_message": (*TEXT, ""),
        },
    ),
}


@pytest.fixture
def path(learner: ApiClient) -> str:
    return f"/api/sessions/{learner.post('/api/sessions', {'curriculum_id': 'light'}).body['id']}"


def refused(answer: Answer, field: str, code: str = "invalid_input") -> None:
    assert (answer.status, answer.body["code"]) == (400, code), answer.body
    error = android.decode(answer.raw, android.Error)
    assert isinstance(error.details, dict)
    assert any(name.startswith(field) for name in error.details), error.details
    assert error.error.startswith(field)


@pytest.mark.parametrize("operation", CASES)
def test_a_bad_field_is_named_and_nothing_is_stored(learner: ApiClient, path: str, operation: str) -> None:
    method, target, good, fields = CASES[operation]
    before = learner.get(path).body
    for field, values in fields.items():
        for value in values:
            body = {name: item for name, item in {**good, field: value}.items() if item is not MISSING}
            refused(learner.call(method, target.format(path=path), json=body), field)
    assert learner.get(path).body == before
    assert learner.get("/api/sessions").body["total"] == 1


def test_optional_fields_may_be_null(learner: ApiClient, path: str) -> None:
    for method, target, good, fields in CASES.values():
        body = {**{name: None for name, values in fields.items() if MISSING not in values}, **good}
        assert learner.call(method, target.format(path=path), json=body).status in {200, 201}, target


def test_a_body_that_is_no_json_object_is_refused(learner: ApiClient, path: str) -> None:
    broken = dict.fromkeys([b"{", b"\xff\xfe", b'{"a": "\\ud800"}', b"nonsense", b"[" * 100_000], "invalid_json")
    others = dict.fromkeys([b"[]", b"7", b'"x"', b"null"], "invalid_input")
    for method, target, _, _ in CASES.values():
        for body, code in {**broken, **others}.items():
            answer = learner.call(method, target.format(path=path), body=body)
            assert (answer.status, answer.body["code"]) == (400, code), (target, body[:20])


def test_an_empty_body_will_do_where_nothing_is_required(learner: ApiClient, path: str) -> None:
    for verb in ("start", "barge-in", "context/build", "pause", "resume", "end"):
        assert learner.post(f"{path}/{verb}", body=b"").status == 200, verb


BAD_PARAMETERS = [
    ("/api/sessions", "status", "asleep"),
    ("/api/sessions", "limit", "0"),
    ("/api/sessions", "limit", "x"),
    ("/api/sessions", "offset", "-1"),
    ("/api/sessions", "offset", "10001"),
    ("/api/sessions", "scope", "world"),
    ("/api/sessions", "curriculum_id", NUL),
    ("/api/sessions", "curriculum_id", "x" * 201),
    ("/api/sessions/history", "limit", "-1"),
    ("{path}/turns", "limit", "1.5"),
    ("{path}/turns", "offset", "x"),
    ("{path}/messages", "user_message", NUL),
    ("{path}/events", "type", "x" * 101),
]


def test_a_bad_parameter_is_named(learner: ApiClient, path: str) -> None:
    for target, name, value in BAD_PARAMETERS:
        refused(learner.get(target.format(path=path), query={name: value}), name)


def test_a_body_that_is_too_big_is_refused(learner: ApiClient, path: str) -> None:
    answer = learner.post(f"{path}/turns", body=b" " * (1 << 20) + b"{}")
    assert (answer.status, answer.body["code"]) == (413, "payload_too_large")
