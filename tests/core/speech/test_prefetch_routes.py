"""Topics spoken in advance, over HTTP."""

from typing import Any

import pytest

from shared.errors import BudgetExhausted
from shared.repositories.speech_orders import MOST_WISHES
from tests.core.speech.conftest import Counter
from tests.support.walk import MARK

STREAM = "/api/curricula/alpha-light/topics/alpha-topic/stream-audio"
TOPIC = {"curriculum_id": "alpha-light", "topic_id": "alpha-topic"}


async def ordered(counter: Counter) -> dict[str, Any]:
    answer = await counter.call("POST", "/api/tts/prefetch/topic", json=TOPIC)
    body: dict[str, Any] = await answer.json()
    assert answer.status == 200, body
    return body


async def state_of(counter: Counter, job_id: str) -> dict[str, Any]:
    return await (await counter.call("GET", f"/api/tts/prefetch/status/{job_id}")).json()


async def test_a_topic_is_spoken_in_advance(counter: Counter) -> None:
    started = await ordered(counter)
    assert (started["status"], started["total_segments"], started["segments_total"]) == ("started", 1, 1)
    assert (await state_of(counter, started["job_id"]))["status"] == "running"
    assert await counter.foreman.work_off() == 1
    done = await state_of(counter, started["job_id"])
    assert (done["status"], done["segments_completed"], done["progress"]) == ("completed", 1, 1)
    await counter.call("GET", STREAM)
    assert counter.tts.asked == [f"{MARK} lies in the ocean."]


async def test_a_job_is_cancelled_by_its_tenant_alone(counter: Counter) -> None:
    job = (await ordered(counter))["job_id"]
    for method, path in (("GET", f"/api/tts/prefetch/status/{job}"), ("DELETE", f"/api/tts/prefetch/{job}")):
        assert (await counter.call(method, path, token=counter.beta)).status == 404
        assert (await counter.call(method, path.replace(job, "nonsense"))).status == 404
    for _ in range(2):
        stopped = await (await counter.call("DELETE", f"/api/tts/prefetch/{job}")).json()
        assert stopped["status"] == "cancelled"
    assert (await counter.foreman.work_off(), counter.tts.asked) == (0, [])


async def test_a_tenant_has_a_bounded_number_of_wishes(counter: Counter) -> None:
    for _ in range(MOST_WISHES):
        await ordered(counter)
    refused = await counter.call("POST", "/api/tts/prefetch/topic", json=TOPIC)
    assert (refused.status, (await refused.json())["code"]) == (409, "too_many_jobs")
    phone = {"curriculumId": "alpha-light", "topicIds": ["alpha-topic"], "priority": "prefetch"}
    assert (await counter.call("POST", "/api/tts-cache/prefetch", json=phone)).status == 200
    assert await counter.foreman.work_off() == MOST_WISHES
    assert len(counter.tts.asked) == 1
    await ordered(counter)


async def test_a_job_without_money_ends(counter: Counter) -> None:
    counter.tts.failure = BudgetExhausted("spent")
    job = (await ordered(counter))["job_id"]
    await counter.foreman.work_off()
    told = await state_of(counter, job)
    assert (told["status"], told["failed"], told["error"]) == ("failed", 0, "budget_exhausted")


@pytest.mark.parametrize("order", [{}, {"curriculumId": "nobody", "topicIds": ["x"]}, {"topicIds": None}])
async def test_the_phones_wish_is_always_200(counter: Counter, order: dict[str, Any]) -> None:
    assert (await counter.call("POST", "/api/tts-cache/prefetch", json=order)).status == 200
    assert await counter.foreman.work_off() == 0


async def test_the_phones_wish_is_carried_out(counter: Counter) -> None:
    phone = {"curriculumId": "alpha-light", "topicIds": ["alpha-topic"]}
    assert (await counter.call("POST", "/api/tts-cache/prefetch", json=phone)).status == 200
    assert (await counter.foreman.work_off(), counter.tts.asked) == (1, [f"{MARK} lies in the ocean."])


async def test_a_topic_nobody_has(counter: Counter) -> None:
    for topic in ({**TOPIC, "topic_id": "x"}, {**TOPIC, "curriculum_id": "x"}):
        assert (await counter.call("POST", "/api/tts/prefetch/topic", json=topic)).status == 404
    assert (await counter.call("POST", "/api/tts/prefetch/topic", json=TOPIC, token=counter.beta)).status == 404
    answer = await counter.call("POST", "/api/tts/prefetch/topic", json={**TOPIC, "provider": "parrot"})
    assert (answer.status, "provider" in (await answer.json())["details"]) == (400, True)
