"""A curriculum is spoken ahead of a day, over HTTP."""

from typing import Any

import psycopg
import pytest

from core.providers.errors import provider_error
from shared.db import Database
from shared.errors import BudgetExhausted
from shared.ids import new_id
from shared.repositories.content import store_curriculum
from tests.conftest import ALPHA
from tests.core.speech.conftest import LANGUAGE, Counter
from tests.support.umcf import a_document, a_topic
from tests.support.walk import MARK

ORDER = {"curriculum_id": "alpha-light", "name": "Monday", "voice_config": {"speed": 1.5}}
# What the price book says of a vendor it does not know, in micro-dollars.
A_CHARACTER = 30


async def order(counter: Counter, **changes: Any) -> dict[str, Any]:
    answer = await counter.call("POST", "/api/deployments", json={**ORDER, **changes})
    body: dict[str, Any] = await answer.json()
    assert (answer.status, body["status"]) == (200, "scheduled"), body
    return body["deployment"]


async def state(counter: Counter, deployment_id: str) -> dict[str, Any]:
    body: dict[str, Any] = await (await counter.call("GET", f"/api/deployments/{deployment_id}")).json()
    return body["deployment"]


async def ask(counter: Counter, deployment_id: str, verb: str) -> tuple[int, dict[str, Any]]:
    answer = await counter.call("POST", f"/api/deployments/{deployment_id}/{verb}")
    return answer.status, await answer.json()


@pytest.mark.usefixtures("staff")
async def test_a_curriculum_is_spoken_once_and_ready_then(counter: Counter) -> None:
    made = await order(counter)
    assert (made["status"], made["is_ready"], made["percent_complete"]) == ("scheduled", False, 0)
    assert made["voice_config"] == {"voice_id": "", "speed": 1.5, "language": LANGUAGE}
    path = f"/api/deployments/{made['id']}"
    before = await (await counter.call("GET", f"{path}/cache")).json()
    assert before["missing_segments"] == before["total_segments"] == made["total_segments"]
    for _ in range(2):
        assert await ask(counter, made["id"], "start") == (200, {"status": "started"})
    assert (await state(counter, made["id"]))["status"] == "generating"
    assert await counter.foreman.work_off() == 1
    done = await state(counter, made["id"])
    assert (done["status"], done["is_ready"], done["percent_complete"]) == ("completed", True, 100)
    assert done["completed_segments"] == done["total_segments"] == done["generated_segments"] == len(counter.tts.asked)
    assert any(MARK in text for text in counter.tts.asked)
    cost = A_CHARACTER * sum(map(len, counter.tts.asked))
    assert before["remaining_cost_micro_usd"] == made["estimated_cost_micro_usd"] == cost
    cache = await (await counter.call("GET", f"{path}/cache")).json()
    assert (cache["missing_segments"], cache["remaining_cost_micro_usd"]) == (0, 0)
    assert cache["duration_seconds"] == round(cache["size_bytes"] / 2 / counter.tts.sample_rate, 2)
    assert cache["size_bytes"] > 0
    asked = len(counter.tts.asked)
    await ask(counter, made["id"], "start")
    await counter.foreman.work_off()
    assert len(counter.tts.asked) == asked
    other = await order(counter, name=None)
    assert (other["status"], other["name"], other["cached_segments"]) == ("completed", "alpha-light", asked)
    listed = await (await counter.call("GET", "/api/deployments")).json()
    assert [one["id"] for one in listed["deployments"]] == [other["id"], made["id"]]


@pytest.mark.usefixtures("staff")
async def test_two_deployments_of_one_curriculum_are_spoken_once_and_both_ready(counter: Counter) -> None:
    made = [await order(counter) for _ in range(2)]
    for one in made:
        await ask(counter, one["id"], "start")
    assert await counter.foreman.work_off() == 2
    assert [(await state(counter, one["id"]))["is_ready"] for one in made] == [True, True]
    assert len(counter.tts.asked) == len(set(counter.tts.asked)) == made[0]["total_segments"]


@pytest.mark.usefixtures("staff")
async def test_a_day_starts_it_by_itself_and_early_enough(counter: Counter, database_url: str) -> None:
    made = await order(counter, target_date="2100-01-02")
    assert (made["status"], made["starts_at"], made["target_date"]) == (
        "scheduled",
        "2100-01-01T18:00:00Z",
        "2100-01-02",
    )
    assert await counter.foreman.work_off() == 0
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE jobs SET due_at = now()")  # the day has come
    assert await counter.foreman.work_off() == 1
    assert (await state(counter, made["id"]))["is_ready"] is True


@pytest.mark.usefixtures("staff")
async def test_who_cannot_wait_for_the_day_starts_it(counter: Counter) -> None:
    for verbs in (["start"], ["pause", "start"], ["pause", "resume", "start"]):
        made = await order(counter, target_date="2100-01-02", voice_config={"voice_id": f"voice-{len(verbs)}"})
        for verb in verbs:
            await ask(counter, made["id"], verb)
        assert await counter.foreman.work_off() == 1
        assert (await state(counter, made["id"]))["status"] == "completed"
    past = await order(counter, target_date="2000-01-01")
    assert (await state(counter, past["id"]))["status"] == "generating"


@pytest.mark.usefixtures("staff")
async def test_what_is_spoken_is_what_the_curriculum_says_then(counter: Counter, database: Database) -> None:
    made = await order(counter)
    segments = [
        {"id": "a", "type": "lecture", "content": "Light bends."},
        {
            "id": "b",
            "type": "lecture",
            "content": "See?",
            "checkpoint": {"prompt": "Why?"},
            "stoppingPoint": {"type": "natural"},
        },
    ]
    with database.unit(ALPHA) as unit:
        store_curriculum(unit, a_document("alpha-light", a_topic("t", transcript={"segments": segments})), {})
    await ask(counter, made["id"], "start")
    await counter.foreman.work_off()
    assert sorted(counter.tts.asked) == sorted(
        ["Light bends.", "See?", "Why?", "This is a good place to pause. Shall we go on?"]
    )
    assert (await state(counter, made["id"]))["total_segments"] == 4


@pytest.mark.usefixtures("staff")
async def test_it_rests_and_goes_on(counter: Counter) -> None:
    made = await order(counter)
    assert (await ask(counter, made["id"], "pause"))[1]["code"] == "not_started"
    await ask(counter, made["id"], "start")
    assert await ask(counter, made["id"], "pause") == (200, {"status": "paused"})
    assert ((await state(counter, made["id"]))["status"], await counter.foreman.work_off()) == ("paused", 0)
    assert await ask(counter, made["id"], "resume") == (200, {"status": "resumed"})
    assert await counter.foreman.work_off() == 1
    assert (await state(counter, made["id"]))["is_ready"] is True
    assert [(await ask(counter, made["id"], verb))[0] for verb in ("pause", "resume")] == [409, 409]


@pytest.mark.usefixtures("staff")
async def test_what_could_not_be_spoken_is_told_and_may_be_tried_again(counter: Counter) -> None:
    made = await order(counter)
    counter.tts.failure = provider_error("fake", "server_error")
    await ask(counter, made["id"], "start")
    assert (await ask(counter, made["id"], "retry-failed"))[1]["code"] == "job_running"
    await counter.foreman.work_off()
    failed = await state(counter, made["id"])
    assert (failed["status"], failed["error"]) == ("completed_with_errors", "provider_unavailable")
    assert failed["failed_segments"] == failed["total_segments"] > 0
    counter.tts.failure = None
    assert await ask(counter, made["id"], "retry-failed") == (
        200,
        {"status": "started", "reset_count": failed["failed_segments"]},
    )
    await counter.foreman.work_off()
    assert (await state(counter, made["id"]))["status"] == "completed"
    assert (await ask(counter, made["id"], "retry-failed"))[1] == {"status": "started", "reset_count": 0}


@pytest.mark.usefixtures("staff")
async def test_without_money_it_says_what_helps(counter: Counter) -> None:
    made = await order(counter)
    counter.tts.failure = BudgetExhausted("spent")
    await ask(counter, made["id"], "start")
    await counter.foreman.work_off()
    failed = await state(counter, made["id"])
    assert (failed["status"], failed["error"]) == ("failed", "budget_exhausted")
    assert "budget" in failed["remedy"]
    counter.tts.failure = None
    await ask(counter, made["id"], "start")
    await counter.foreman.work_off()
    assert (await state(counter, made["id"]))["is_ready"] is True


@pytest.mark.usefixtures("staff")
async def test_what_was_removed_meanwhile_is_spoken_again(counter: Counter) -> None:
    made = await order(counter)
    await ask(counter, made["id"], "start")
    await counter.foreman.work_off()
    await counter.call("DELETE", "/api/tts/cache?confirm=true")
    assert (await state(counter, made["id"]))["is_ready"] is False
    await ask(counter, made["id"], "start")
    await counter.foreman.work_off()
    assert (await state(counter, made["id"]))["is_ready"] is True


@pytest.mark.usefixtures("staff")
async def test_a_cancelled_deployment_stays_cancelled(counter: Counter) -> None:
    made = await order(counter)
    await ask(counter, made["id"], "start")
    path = f"/api/deployments/{made['id']}"
    for _ in range(2):
        assert await (await counter.call("DELETE", path)).json() == {"status": "cancelled"}
    assert (await state(counter, made["id"]))["status"] == "cancelled"
    for verb in ("start", "pause", "resume", "retry-failed"):
        status, told = await ask(counter, made["id"], verb)
        assert (status, told["code"]) == (409, "cancelled")
    assert (await counter.foreman.work_off(), counter.tts.asked) == (0, [])


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
    verbs = [("POST", f"/{verb}") for verb in ("start", "pause", "resume", "retry-failed")]
    for deployment_id in (made["id"], new_id(), "nonsense"):
        for method, rest in (("GET", ""), ("GET", "/cache"), ("DELETE", ""), *verbs):
            answer = await counter.call(method, f"/api/deployments/{deployment_id}{rest}", token=counter.beta)
            assert answer.status == 404
    assert (await state(counter, made["id"]))["status"] == "scheduled"
