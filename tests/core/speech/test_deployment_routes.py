"""A curriculum is spoken ahead of a day, over HTTP."""

import asyncio
from typing import Any

import pytest

from core.providers.errors import provider_error
from shared.ids import new_id
from tests.core.speech.conftest import Counter
from tests.support.walk import MARK

ORDER = {"curriculum_id": "alpha-light", "name": "Monday", "target_date": "2026-12-01", "voice_config": {"speed": 1.5}}


async def order(counter: Counter, **changes: Any) -> dict[str, Any]:
    answer = await counter.call("POST", "/api/deployments", json={**ORDER, **changes})
    body: dict[str, Any] = await answer.json()
    assert (answer.status, body["status"]) == (200, "scheduled"), body
    return body["deployment"]


async def state(counter: Counter, deployment_id: str) -> dict[str, Any]:
    body: dict[str, Any] = await (await counter.call("GET", f"/api/deployments/{deployment_id}")).json()
    return body["deployment"]


async def ended(counter: Counter, deployment_id: str) -> dict[str, Any]:
    async with asyncio.timeout(60):
        while True:
            found = await state(counter, deployment_id)
            if found["status"] != "generating":
                return found
            await asyncio.sleep(0)


@pytest.mark.usefixtures("staff")
async def test_a_curriculum_is_spoken_once_and_ready_then(counter: Counter) -> None:
    made = await order(counter)
    assert (made["status"], made["is_ready"], made["percent_complete"]) == ("scheduled", False, 0)
    assert (made["name"], made["target_date"], made["voice_config"]) == (
        "Monday",
        "2026-12-01",
        {"voice_id": "", "speed": 1.5},
    )
    path = f"/api/deployments/{made['id']}"
    assert await (await counter.call("POST", f"{path}/start")).json() == {"status": "started"}
    done = await ended(counter, made["id"])
    assert (done["status"], done["is_ready"], done["percent_complete"]) == ("completed", True, 100)
    assert done["completed_segments"] == done["total_segments"] == done["generated_segments"] == len(counter.tts.asked)
    assert any(MARK in text for text in counter.tts.asked)
    cache = await (await counter.call("GET", f"{path}/cache")).json()
    assert (cache["missing_segments"], cache["cached_segments"]) == (0, done["total_segments"])
    assert cache["size_bytes"] > 0
    assert cache["duration_seconds"] == round(cache["size_bytes"] / 2 / counter.tts.sample_rate, 2)
    asked = len(counter.tts.asked)
    await counter.call("POST", f"{path}/start")
    assert (await ended(counter, made["id"]))["generated_segments"] == 0
    assert len(counter.tts.asked) == asked
    other = await order(counter, name=None)
    assert (other["status"], other["name"]) == ("completed", "alpha-light")
    listed = await (await counter.call("GET", "/api/deployments")).json()
    assert [one["id"] for one in listed["deployments"]] == [other["id"], made["id"]]


@pytest.mark.usefixtures("staff")
async def test_what_could_not_be_spoken_is_told_and_may_be_tried_again(counter: Counter) -> None:
    made = await order(counter)
    path = f"/api/deployments/{made['id']}/start"
    counter.tts.failure = provider_error("fake", "server_error")
    await counter.call("POST", path)
    failed = await ended(counter, made["id"])
    assert failed["status"] == "completed_with_errors"
    assert failed["failed_segments"] == failed["total_segments"] > 0
    counter.tts.failure = None
    await counter.call("POST", path)
    assert (await ended(counter, made["id"]))["status"] == "completed"


@pytest.mark.usefixtures("staff")
async def test_a_cancelled_deployment_stays_cancelled(counter: Counter) -> None:
    made = await order(counter)
    path = f"/api/deployments/{made['id']}"
    for _ in range(2):
        assert await (await counter.call("DELETE", path)).json() == {"status": "cancelled"}
    assert (await state(counter, made["id"]))["status"] == "cancelled"
    answer = await counter.call("POST", f"{path}/start")
    assert (answer.status, (await answer.json())["code"]) == (409, "cancelled")
    assert counter.tts.asked == []


@pytest.mark.usefixtures("staff")
@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"curriculum_id": None}, 400, "curriculum_id"),
        ({"curriculum_id": "nothing"}, 404, ""),
        ({"target_date": "tomorrow"}, 400, "target_date"),
        ({"voice_config": {"speed": 9}}, 400, "voice_config.speed"),
        ({"name": "x" * 201}, 400, "name"),
    ],
)
async def test_a_bad_order_is_named(counter: Counter, change: dict[str, Any], status: int, field: str) -> None:
    answer = await counter.call("POST", "/api/deployments", json={**ORDER, **change})
    body = await answer.json()
    assert answer.status == status
    assert field in body.get("details", {field: ""})
    assert (await (await counter.call("GET", "/api/deployments")).json())["deployments"] == []


async def test_a_learner_reads_and_does_not_decide(counter: Counter) -> None:
    answer = await counter.call("POST", "/api/deployments", json=ORDER)
    assert (answer.status, (await answer.json())["code"]) == (403, "forbidden")
    assert (await counter.call("GET", "/api/deployments")).status == 200


@pytest.mark.usefixtures("staff")
async def test_another_tenants_deployment_does_not_exist(counter: Counter) -> None:
    made = await order(counter)
    for deployment_id in (made["id"], new_id(), "nonsense"):
        for method, rest in (("GET", ""), ("GET", "/cache"), ("POST", "/start"), ("DELETE", "")):
            answer = await counter.call(method, f"/api/deployments/{deployment_id}{rest}", token=counter.beta)
            assert answer.status == 404
    assert (await state(counter, made["id"]))["status"] == "scheduled"
