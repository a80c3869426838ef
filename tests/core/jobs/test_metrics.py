"""What `/metrics` says of jobs is what this process and its queue are doing."""

import asyncio
from collections.abc import Mapping

from prometheus_client import CollectorRegistry

from core.jobs.metrics import JobMetrics
from core.jobs.port import RunningJob
from core.jobs.queue.port import Message
from tests.conftest import ALPHA_TENANT
from tests.core.jobs.conftest import Handler, House, eventually


def gauge(registry: CollectorRegistry, name: str, **labels: str) -> float | None:
    return registry.get_sample_value(f"unamentis_{name}", labels)


async def test_what_is_counted_is_what_happens(house: House) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def wait(_job: RunningJob) -> Mapping[str, object]:
        begun.set()
        await go_on.wait()
        return {}

    relay, consumer = house.relay(start=False), house.consumer(Handler("wait", wait), slots=1)
    registry = CollectorRegistry()
    registry.register(JobMetrics(relay, consumer))
    assert gauge(registry, "jobs_running") == 0
    assert gauge(registry, "jobs_carried_total") == 0
    # Before the relay has looked nobody knows how the queue is.
    for name in ("outbox_lag_seconds", "queue_waiting", "queue_oldest_seconds"):
        assert gauge(registry, name) is None

    first, second = house.add("wait"), house.add("wait")
    house.sql("UPDATE outbox SET due_at = now() - interval '1 minute' WHERE job_id = %s", first)
    await relay.round()
    assert gauge(registry, "jobs_carried_total") == 2
    lag = gauge(registry, "outbox_lag_seconds")
    assert lag is not None
    assert lag >= 60
    await asyncio.wait_for(begun.wait(), 30)
    assert gauge(registry, "jobs_running") == 1
    await relay.round()
    assert gauge(registry, "outbox_lag_seconds") == 0
    assert gauge(registry, "queue_waiting") == 1
    oldest = gauge(registry, "queue_oldest_seconds")
    assert oldest is not None
    assert oldest > 0

    go_on.set()
    for job_id in (first, second):
        await house.until(job_id, "completed")
    await house.queue().send([Message(tenant_id=ALPHA_TENANT, job_id=first)])
    house.sql(
        """INSERT INTO queue_messages (queue, body, deliveries)
           VALUES ('jobs', jsonb_build_object('tenant_id', gen_random_uuid(), 'job_id', gen_random_uuid()), 50)"""
    )
    await eventually(lambda: {"settled", "buried"} <= set(consumer.tally.ended) and not consumer.running)
    found = {
        what: gauge(registry, "jobs_deliveries_total", what=what) for what in ("done", "settled", "buried", "held")
    }
    assert found == {"done": 2, "settled": 1, "buried": 1, "held": None}
    await relay.round()
    assert gauge(registry, "queue_waiting") == 0
