"""The relay: tenants take turns, nothing is lost, and what is sent twice has one effect."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from core.jobs.queue.port import Message
from core.jobs.queue.postgres import PostgresQueue
from core.jobs.registry import Registry, Schedule
from core.jobs.relay import Relay
from core.jobs.scheduler import Scheduler
from shared.db import PUBLIC_TENANT, TenantEntry
from shared.errors import NotFound, Unavailable
from shared.repositories.job_relay import Departure, RelayRepository
from tests.conftest import ALPHA_TENANT, BETA, BETA_TENANT
from tests.core.jobs.conftest import Handler, House
from tests.core.jobs.test_consumer import count

EVERYBODY = TenantEntry(None)


def take(house: House, *, most_out: int, most_each: int, lease_s: int = 30) -> Sequence[Departure]:
    with house.database.unit(EVERYBODY) as unit:
        taken = RelayRepository(unit).take(most_out=most_out, most_each=most_each, lease_s=lease_s)
    return taken.result


def test_tenants_take_turns_and_none_takes_everything(house: House) -> None:
    for _ in range(30):
        house.add("count")
    for _ in range(2):
        house.add("count", entry=BETA)
    first = take(house, most_out=4, most_each=3)
    assert sorted(one.tenant_id for one in first) == [ALPHA_TENANT] * 2 + [BETA_TENANT] * 2
    # Two of each are out, and BETA has no more.
    assert [one.tenant_id for one in take(house, most_out=20, most_each=3)] == [ALPHA_TENANT]
    late = house.add("count", entry=BETA)
    assert [one.job_id for one in take(house, most_out=20, most_each=3)] == [late]


def test_a_tenants_jobs_go_by_priority_and_age(house: House) -> None:
    old, new, urgent = (house.add("count") for _ in range(3))
    house.sql("UPDATE outbox SET priority = 10 WHERE job_id = %s", urgent)
    assert [take(house, most_out=n, most_each=9)[0].job_id for n in (1, 2, 3)] == [urgent, old, new]


async def test_a_relay_that_dies_before_it_has_marked_sends_twice_with_one_effect(house: House) -> None:
    job_id = house.add("count", {"to": 3})
    sent = [Message(tenant_id=one.tenant_id, job_id=one.job_id) for one in take(house, most_out=9, most_each=9)]
    await house.queue().send(sent)
    # It dies here. The next one finds what was taken and not marked, once its lease is over.
    assert take(house, most_out=9, most_each=9) == []
    again = take(house, most_out=9, most_each=9, lease_s=-1)
    assert [one.job_id for one in again] == [job_id]
    await house.queue().send([Message(tenant_id=one.tenant_id, job_id=one.job_id) for one in again])
    house.consumer(Handler("count", count))
    await house.until(job_id, "completed")
    assert house.effects() == 3


class _Forgetful(PostgresQueue):
    """A queue that loses the first message, or refuses it."""

    def __init__(self, house: House, *, refuses: bool) -> None:
        super().__init__(house.jobs)
        self._refuses = refuses
        self._calls = 0

    async def send(self, messages: Sequence[Message]) -> None:
        self._calls += 1
        if self._calls == 1:
            if self._refuses:
                raise Unavailable("the queue is away")
            return
        await super().send(messages)


@pytest.mark.parametrize("refuses", [True, False])
async def test_what_a_queue_loses_or_refuses_is_sent_again(house: House, refuses: bool) -> None:
    relay = Relay(house.jobs, _Forgetful(house, refuses=refuses), slots=4, silence_s=1)
    job_id = house.add("count", {"to": 1})
    if refuses:
        with pytest.raises(Unavailable):
            await relay.round()
        house.sql("UPDATE outbox SET taken_at = now() - interval '1 minute'")
    else:
        assert await relay.round() == 1
    house.consumer(Handler("count", count))
    house.tasks.append(asyncio.create_task(relay.run()))
    await house.until(job_id, "completed")
    assert house.effects() == 1


async def test_a_slot_has_one_job_whoever_notices_and_however_often(house: House) -> None:
    registry = Registry(
        [Handler("count", count)], [Schedule(name="nightly", kind="count", every=timedelta(days=1), payload={"to": 1})]
    )
    moment = [datetime(2026, 3, 4, 5, tzinfo=UTC)]
    schedulers = [Scheduler(house.jobs, registry, now=lambda: moment[0]) for _ in range(3)]
    looks = await asyncio.gather(*(scheduler.look() for scheduler in schedulers))
    ticks = [await scheduler.tick("nightly") for scheduler in schedulers]
    assert sum(map(len, looks)) + sum(ticks) == 1
    moment[0] += timedelta(days=1)
    assert [await scheduler.tick("nightly") for scheduler in schedulers] == [True, False, False]
    # A slot that is over does not come again, whose clock is behind.
    moment[0] -= timedelta(days=1)
    assert await Scheduler(house.jobs, registry, now=lambda: moment[0]).look() == []
    assert house.sql("SELECT count(*) FROM jobs WHERE tenant_id = %s AND kind = 'count'", PUBLIC_TENANT) == [(2,)]
    with pytest.raises(NotFound):
        await schedulers[0].tick("weekly")
