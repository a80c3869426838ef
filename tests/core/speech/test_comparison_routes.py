"""Voices compared by ear, over HTTP."""

from typing import Any

import pytest

from tests.core.speech.conftest import Counter

SESSIONS = "/api/tts/pregen/sessions"
ORDER = {
    "name": "Which one?",
    "description": "For the lessons",
    "samples": [{"text": "Good morning."}, {"text": "Let us begin."}],
    "configurations": [{"name": "calm", "voice_id": "amy", "speed": 0.75}, {"name": "quick", "voice_id": "ben"}],
}


async def ordered(counter: Counter, **changes: Any) -> dict[str, Any]:
    answer = await counter.call("POST", SESSIONS, json={**ORDER, **changes})
    assert answer.status == 200
    return (await answer.json())["session"]


@pytest.mark.usefixtures("staff")
async def test_samples_are_spoken_heard_rated_and_a_voice_is_chosen(counter: Counter) -> None:
    made = await ordered(counter)
    assert (made["status"], made["description"], len(made["variants"])) == ("pending", "For the lessons", 4)
    path = f"{SESSIONS}/{made['id']}"
    variant = made["variants"][0]
    heard_at = f"/api/tts/pregen/variants/{variant['id']}"
    assert ("audio_path" in variant, (await counter.call("GET", f"{heard_at}/audio")).status) == (False, 404)
    started = await (await counter.call("POST", f"{path}/generate")).json()
    assert started["session"]["status"] == "running"
    await counter.foreman.work_off()
    done = (await (await counter.call("GET", path)).json())["session"]
    assert (done["status"], done["progress"]["completed_items"]) == ("completed", 4)
    assert {(each["configuration"], each["text"]) for each in done["variants"]} == {
        (voice, text) for voice in ("calm", "quick") for text in ("Good morning.", "Let us begin.")
    }
    sounds = {await (await counter.call("GET", each["audio_path"])).read() for each in done["variants"]}
    assert len(sounds) == 4
    rated = await (await counter.call("POST", f"{heard_at}/rate", json={"rating": 5, "notes": "warm"})).json()
    assert (rated["variant"]["rating"], rated["variant"]["notes"]) == (5, "warm")
    chosen = await counter.call("POST", f"/api/tts/profiles/from-variant/{variant['id']}", json={"name": "Ours"})
    profile = await chosen.json()
    assert (profile["voice_id"], profile["settings"]["speed"], profile["sample_text"]) == ("amy", 0.75, "Good morning.")
    listed = await (await counter.call("GET", SESSIONS)).json()
    assert (listed["total"], listed["sessions"][0]["id"], "variants" in listed["sessions"][0]) == (1, made["id"], False)
    assert (await (await counter.call("DELETE", path)).json())["deleted"] == made["id"]
    assert (await counter.call("GET", path)).status == 404


@pytest.mark.usefixtures("staff")
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"samples": []}, "samples"),
        ({"samples": [{"text": "***"}]}, "samples"),
        ({"configurations": [{"name": "one"}]}, "configurations"),
        ({"configurations": [{"name": "one"}, {"name": "one"}]}, "configurations"),
        ({"configurations": [{"name": "one"}, {"name": "two", "speed": 9}]}, "configurations[1].speed"),
        ({"configurations": [{"name": "one"}, {"name": "two", "provider": "parrot"}]}, "provider"),
    ],
)
async def test_a_bad_comparison_is_named(counter: Counter, change: dict[str, Any], field: str) -> None:
    answer = await counter.call("POST", SESSIONS, json={**ORDER, **change})
    body = await answer.json()
    assert answer.status == 400
    assert any(field in name for name in body["details"]), body


@pytest.mark.usefixtures("staff")
async def test_a_bad_rating_and_a_strangers(counter: Counter) -> None:
    variant = (await ordered(counter))["variants"][0]["id"]
    rate = f"/api/tts/pregen/variants/{variant}/rate"
    for rating in (0, 6, "five", None):
        assert (await counter.call("POST", rate, json={"rating": rating})).status == 400
    assert (await counter.call("POST", rate, json={"rating": 3}, token=counter.beta)).status == 404
    assert (await counter.call("POST", rate.replace(variant, "nonsense"), json={"rating": 3})).status == 404
    body = {"name": "Stolen"}
    chosen = await counter.call("POST", f"/api/tts/profiles/from-variant/{variant}", json=body, token=counter.beta)
    assert chosen.status == 404


async def test_a_learner_has_no_voices_compared(counter: Counter) -> None:
    assert (await counter.call("POST", SESSIONS, json=ORDER)).status == 403
