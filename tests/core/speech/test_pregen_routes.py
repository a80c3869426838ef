"""Pre-generation jobs over HTTP."""

from typing import Any

import pytest

from core.providers.errors import provider_error
from shared.ids import new_id
from tests.core.speech.conftest import LANGUAGE, Counter
from tests.support.walk import MARK

JOBS = "/api/tts/pregen/jobs"
TEXTS = [{"text": f"Sentence {number}."} for number in range(3)]
ORDER = {"name": "Words", "source_type": "custom", "items": TEXTS, "tts_config": {"voice_id": "amy", "speed": 1.25}}


async def ordered(counter: Counter, **changes: Any) -> dict[str, Any]:
    answer = await counter.call("POST", JOBS, json={**ORDER, **changes})
    body: dict[str, Any] = await answer.json()
    assert (answer.status, body.get("success")) == (200, True), body
    return body["job"]


async def ask(counter: Counter, job_id: str, verb: str) -> tuple[int, dict[str, Any]]:
    answer = await counter.call("POST", f"{JOBS}/{job_id}/{verb}")
    return answer.status, await answer.json()


async def read(counter: Counter, path: str) -> dict[str, Any]:
    return await (await counter.call("GET", f"{JOBS}{path}")).json()


@pytest.mark.usefixtures("staff")
async def test_texts_are_spoken_and_told_in_both_forms(counter: Counter) -> None:
    made = await ordered(counter)
    assert (made["status"], made["job_type"], made["total_items"], made["normalize_volume"]) == (
        *("pending", "batch", 3),
        False,
    )
    assert made["tts_config"] == {"voice_id": "amy", "speed": 1.25, "language": LANGUAGE}
    assert made["estimated_cost_micro_usd"] == 30 * 3 * len("Sentence 0.")
    status, started = await ask(counter, made["id"], "start")
    assert (status, started["job"]["status"], started["job"]["current_item_text"]) == (200, "running", "Sentence 0.")
    await counter.foreman.work_off()
    done = await read(counter, f"/{made['id']}/progress")
    flat = {name: done[name] for name in done["progress"]}
    assert flat == done["progress"]
    assert (flat["status"], flat["percentage"], flat["completed_items"], flat["pending_items"]) == (
        *("completed", 100),
        *(3, 0),
    )
    job = (await read(counter, f"/{made['id']}"))["job"]
    assert job["completed_at"] >= job["started_at"] >= job["created_at"]
    items = await read(counter, f"/{made['id']}/items?status=completed&limit=2&offset=1")
    assert (items["total"], items["limit"], items["offset"]) == (3, 2, 1)
    assert [(item["item_index"], item["source_ref"]) for item in items["items"]] == [(1, "custom/1"), (2, "custom/2")]
    heard = await counter.call("GET", items["items"][0]["audio_path"])
    assert (heard.status, heard.content_type, heard.headers["X-TTS-Cache-Status"]) == (200, "audio/wav", "hit")
    assert len(counter.tts.asked) == 3


@pytest.mark.usefixtures("staff")
async def test_a_whole_source_is_spoken_in_a_profiles_voice(counter: Counter) -> None:
    profile = {"name": "Calm", "provider": "piper", "voice_id": "amy", "settings": {"speed": 0.75}}
    made = await (await counter.call("POST", "/api/tts/profiles", json=profile)).json()
    voice = {"profile_id": made["id"], "tts_config": None, "items": None}
    for source_type, source_id in (("curriculum", "alpha-light"), ("knowledge-bowl", "alpha-pack")):
        extracted = await counter.call(
            "POST", "/api/tts/pregen/extract", json={"source_type": source_type, "source_id": source_id}
        )
        told = await extracted.json()
        assert told["total_count"] == len(told["items"]) == told["stats"]["total_items"] > 0
        assert told["stats"]["estimated_cost_micro_usd"] == 30 * told["stats"]["missing_characters"] > 0
        job = await ordered(counter, source_type=source_type, source_id=source_id, auto_start=True, **voice)
        assert (job["status"], job["total_items"], job["profile_id"]) == ("running", told["total_count"], made["id"])
        assert job["tts_config"]["speed"] == 0.75
    assert await counter.foreman.work_off() == 2
    assert any(MARK in text for text in counter.tts.asked)
    listed = await read(counter, "?status=completed&limit=1")
    assert (listed["total"], len(listed["jobs"]), listed["jobs"][0]["source_type"]) == (2, 1, "knowledge-bowl")
    assert (await read(counter, "?status=running"))["total"] == 0
    assert (await read(counter, "?job_type=comparison"))["total"] == 0


@pytest.mark.usefixtures("staff")
async def test_a_job_rests_goes_on_fails_and_is_tried_again(counter: Counter) -> None:
    job_id = (await ordered(counter, auto_start=True))["id"]
    assert (await ask(counter, job_id, "pause"))[1]["job"]["status"] == "paused"
    assert await counter.foreman.work_off() == 0
    assert (await ask(counter, job_id, "resume"))[1]["job"]["status"] == "running"
    counter.tts.failure = provider_error("fake", "timeout")
    await counter.foreman.work_off()
    failed = (await read(counter, f"/{job_id}"))["job"]
    assert (failed["status"], failed["last_error"]) == ("failed", "provider_unavailable")
    assert failed["consecutive_failures"] >= 5
    counter.tts.failure = None
    assert (await ask(counter, job_id, "start"))[1]["job"]["status"] == "running"
    await counter.foreman.work_off()
    assert (await read(counter, f"/{job_id}"))["job"]["status"] == "completed"
    assert await ask(counter, job_id, "retry-failed") == (200, {"success": True, "reset_count": 0})
    gone = await counter.call("DELETE", f"{JOBS}/{job_id}")
    assert await gone.json() == {"success": True, "deleted": job_id}
    assert (await counter.call("GET", f"{JOBS}/{job_id}")).status == 404


@pytest.mark.usefixtures("staff")
@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"name": ""}, 400, "name"),
        ({"source_type": "dream"}, 400, "source_type"),
        ({"items": []}, 400, "items"),
        ({"items": [{"text": "***"}]}, 400, "items"),
        ({"items": [{"text": "x" * 2_001}]}, 400, "items[0].text"),
        ({"output_format": "tape"}, 400, "output_format"),
        ({"profile_id": new_id()}, 400, "tts_config"),
        ({"profile_id": new_id(), "tts_config": None}, 404, ""),
        ({"tts_config": {"provider": "parrot"}}, 400, "provider"),
        ({"source_type": "curriculum", "items": None}, 400, "source_id"),
        ({"source_type": "curriculum", "source_id": "nothing", "items": None}, 404, ""),
        ({"source_type": "knowledge-bowl", "source_id": "nothing", "items": None}, 404, ""),
    ],
)
async def test_a_bad_order_is_named(counter: Counter, change: dict[str, Any], status: int, field: str) -> None:
    answer = await counter.call("POST", JOBS, json={**ORDER, **change})
    body = await answer.json()
    assert (answer.status, body["success"]) == (status, False), body
    assert any(field in name for name in body.get("details", {"": ""}))
    assert (await read(counter, ""))["total"] == 0


async def test_a_learner_reads_and_does_not_decide(counter: Counter) -> None:
    answer = await counter.call("POST", JOBS, json=ORDER)
    assert (answer.status, (await answer.json())["code"]) == (403, "forbidden")
    assert (await counter.call("GET", JOBS)).status == 200


@pytest.mark.usefixtures("staff")
async def test_another_tenants_job_does_not_exist(counter: Counter) -> None:
    job_id = (await ordered(counter))["id"]
    verbs = [("POST", f"/{verb}") for verb in ("start", "pause", "resume", "retry-failed")]
    for method, rest in (("GET", ""), ("GET", "/progress"), ("GET", "/items"), ("DELETE", ""), *verbs):
        for known in (job_id, "nonsense"):
            assert (await counter.call(method, f"{JOBS}/{known}{rest}", token=counter.beta)).status == 404
    assert (await ask(counter, job_id, "pause"))[1]["code"] == "not_started"
