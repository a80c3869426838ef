"""The rest of section 5.3 of the contract: how the server rests, as the console and Android read and set it."""

from msgspec import UNSET, Struct, UnsetType

from tests.contract.decoding import Int, Moment, Number, Text, decode, refused
from tests.support.api import ApiClient

FOUR = {"warm": 10, "cool": 20, "cold": 30, "dormant": 40}


class Next(Struct):
    state: Text
    seconds_remaining: Int


class Status(Struct):
    enabled: bool
    current_state: Text
    current_mode: Text
    seconds_idle: Int
    last_activity_type: str
    last_activity_time: Number
    thresholds: dict[str, Int]
    keep_awake_remaining: Int
    is_idle: bool
    timeout_seconds: Int
    models_loaded: Int
    next_state_in: Next | UnsetType = UNSET


class Mode(Struct):
    name: Text
    description: str
    thresholds: dict[str, Int]
    enabled: bool


class Modes(Struct):
    modes: dict[str, Mode]
    current: Text


class Change(Struct):
    timestamp: Moment
    from_state: Text
    to_state: Text
    idle_seconds: Number
    trigger: Text


class History(Struct):
    history: list[Change]
    count: Int


class Profile(Mode, kw_only=True):
    id: Text


class Saved(Struct):
    status: Text
    profile: Profile


def test_everybody_looks(learner: ApiClient) -> None:
    assert set(decode(learner.get("/api/system/idle/status"), Status).thresholds) == set(FOUR)
    modes = decode(learner.get("/api/system/idle/modes"), Modes)
    assert {"balanced", "performance", "power_saver"} <= set(modes.modes)
    history = decode(learner.get("/api/system/idle/history"), History)
    assert history.count == len(history.history)


def test_who_teaches_decides(teacher: ApiClient, learner: ApiClient) -> None:
    before = decode(teacher.get("/api/system/idle/status"), Status).current_mode
    awake = decode(teacher.post("/api/system/idle/keep-awake", {"duration_seconds": 60}), Status)
    assert 0 < awake.keep_awake_remaining <= 60
    assert decode(teacher.post("/api/system/idle/cancel-keep-awake"), Status).keep_awake_remaining == 0
    assert decode(teacher.post("/api/system/unload-models"), Status).is_idle
    assert decode(teacher.post("/api/system/idle/force-state", {"state": "active"}), Status).current_state == "active"
    android = {"timeout_seconds": 120, "unload_models_on_idle": None}
    assert decode(teacher.post("/api/system/idle/config", android), Status).timeout_seconds == 120
    assert decode(teacher.post("/api/system/idle/config", {"mode": before}), Status).current_mode == before
    for path in ("config", "keep-awake", "cancel-keep-awake"):
        refused(learner.post(f"/api/system/idle/{path}", {}), 403, "forbidden")
    for path, body, field in (
        ("idle/config", {"mode": "lazy"}, "mode"),
        ("idle/keep-awake", {"duration_seconds": 0}, "duration_seconds"),
        ("idle/force-state", {"state": "asleep"}, "state"),
    ):
        refused(teacher.post(f"/api/system/{path}", body), 400, "invalid_input", field=field)


def test_a_profile_is_made_changed_copied_and_removed(teacher: ApiClient, learner: ApiClient) -> None:
    made = decode(teacher.post("/api/system/profiles", {"name": "Night", "thresholds": FOUR}), Saved).profile
    path = f"/api/system/profiles/{made.id}"
    assert decode(learner.get(path), Saved).profile == made
    assert decode(teacher.put(path, {"name": "Late", "enabled": False}), Saved).profile.name == "Late"
    copy = decode(teacher.post(f"{path}/duplicate", {}), Saved).profile
    for each in (made.id, copy.id):
        assert teacher.delete(f"/api/system/profiles/{each}").body["status"] == "ok"
    refused(learner.get(path), 404, "not_found")
    refused(teacher.put(path, {}), 404, "not_found")
    refused(teacher.post(f"{path}/duplicate", {}), 404, "not_found")
    refused(teacher.delete("/api/system/profiles/balanced"), 409, "builtin_profile")
    refused(learner.post("/api/system/profiles", {"name": "x", "thresholds": FOUR}), 403, "forbidden")
    refused(teacher.post("/api/system/profiles", {"name": "x"}), 400, "invalid_input", field="thresholds")
