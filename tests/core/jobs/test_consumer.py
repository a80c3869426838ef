"""Jobs from their order to their end, with everything that happens on the way."""

import asyncio
from collections.abc import Mapping

import pytest

from core.jobs.port import JobStopped, RunningJob
from core.jobs.queue.port import Message
from shared.domain.jobs import MOST_ATTEMPTS
from shared.errors import AppError, Conflict, ProviderUnavailable, RateLimited
from shared.repositories.jobs import StoredJob
from tests.conftest import ALPHA_TENANT, ALPHA_USER, BETA
from tests.core.jobs.conftest import Handler, House, an_effect, eventually


async def count(job: RunningJob) -> Mapping[str, object]:
    """Write one effect for each number up to the payload's, from the checkpoint on."""
    most = int(job.order.payload.get("to", 3))
    for number in range(int(job.order.checkpoint.get("done", 0)) + 1, most + 1):
        await job.write(
            an_effect, progress=number / most, stage="counting", item=str(number), checkpoint={"done": number}
        )
    return {"counted": most}


def tried_again(house: House, job_id: str) -> StoredJob | None:
    """Return a job that waits for its next run."""
    job = house.get(job_id)
    return job if job.status == "queued" and job.error else None


async def test_a_job_is_done_and_says_so(house: House) -> None:
    house.relay()
    house.consumer(Handler("count", count))
    job = await house.until(house.add("count", {"to": 3}), "completed")
    assert (job.result, job.progress, job.stage, job.checkpoint, job.attempt) == (
        {"counted": 3},
        1,
        "counting",
        {"done": 3},
        1,
    )
    assert house.effects() == 3
    told = [(event.type, event.data.get("status") or event.data.get("item")) for event in house.events(job.id)]
    assert told == [
        ("status", "queued"),
        ("status", "running"),
        ("progress", "1"),
        ("progress", "2"),
        ("progress", "3"),
        ("status", "completed"),
    ]
    assert house.sql("SELECT count(*) FROM outbox WHERE job_id = %s", job.id) == [(0,)]


async def test_the_order_names_who_pays_and_what_is_said_is_an_event(house: House) -> None:
    async def say(job: RunningJob) -> Mapping[str, object]:
        caller = job.order.caller
        await job.say("begun", pages=3)
        await job.advance(progress=0.5, stage="half", cost_micros=20)
        await job.advance(progress=0.6, stage="more", cost_micros=22)
        return {"tenant": caller.tenant_id, "user": caller.user_id, "kind": caller.kind}

    house.relay()
    house.consumer(Handler("say", say))
    job = await house.until(house.add("say"), "completed")
    assert job.result == {"tenant": ALPHA_TENANT, "user": ALPHA_USER, "kind": "job"}
    assert job.cost_micros == 42
    assert [event.data for event in house.events(job.id) if event.type == "message"] == [
        {"message": "begun", "facts": {"pages": 3}}
    ]


@pytest.mark.parametrize(
    ("error", "code", "message", "remedy"),
    [
        (
            Conflict("no such curriculum", details={"remedy": "import it first"}),
            "conflict",
            "no such curriculum",
            "import",
        ),
        (ValueError("secret"), "internal_error", "a mistake of ours", "retry it"),
    ],
)
async def test_a_failure_is_a_dead_letter_with_a_reason(
    house: House, error: Exception, code: str, message: str, remedy: str
) -> None:
    fails = [error]

    async def fail(job: RunningJob) -> Mapping[str, object]:
        await job.advance(progress=0.25, stage="first", checkpoint={"done": 1})
        if fails:
            raise fails.pop()
        return {"from": job.order.checkpoint["done"]}

    house.relay()
    house.consumer(Handler("fail", fail))
    job = await house.until(house.add("fail"), "failed")
    assert job.error is not None
    assert job.error["code"] == code
    assert message in job.error["message"]
    assert remedy in job.error["remedy"]
    assert "secret" not in str(job.error)
    await asyncio.to_thread(house.ask, "retry", job.id)
    assert (await house.until(job.id, "completed")).result == {"from": 1}


@pytest.mark.parametrize(
    "error", [ProviderUnavailable("the vendor is away"), RateLimited("too many", retry_after=60, limit=1, window=60)]
)
async def test_what_may_pass_is_tried_again_later_and_not_for_ever(house: House, error: AppError) -> None:
    runs = 0

    async def fail(_job: RunningJob) -> Mapping[str, object]:
        nonlocal runs
        runs += 1
        raise error

    house.relay()
    house.consumer(Handler("fail", fail))
    job_id = house.add("fail")
    for attempt in range(1, MOST_ATTEMPTS):
        job = await eventually(lambda tried=attempt: tried_again(house, job_id) if runs >= tried else None)
        assert (job.attempt, job.error and job.error["code"]) == (attempt, error.error_code)
        ((waits,),) = house.sql(
            "SELECT extract(epoch FROM due_at - now())::float8 FROM outbox WHERE job_id = %s", job_id
        )
        assert waits > (55 if isinstance(error, RateLimited) else 0.5 * 2 ** (attempt - 1))
        house.sql("UPDATE jobs SET due_at = now() WHERE id = %s", job_id)
        house.sql("UPDATE outbox SET due_at = now() WHERE job_id = %s", job_id)
    job = await house.until(job_id, "failed")
    assert (runs, job.error and job.error["code"]) == (MOST_ATTEMPTS, error.error_code)


async def test_a_kind_nobody_knows_waits_for_another_release(house: House) -> None:
    house.relay()
    house.consumer()
    job_id = house.add("strange")
    job = await eventually(lambda: tried_again(house, job_id))
    assert (job.error and job.error["code"]) == "unknown_kind"


@pytest.mark.parametrize(("verb", "status"), [("cancel", "cancelled"), ("pause", "paused")])
async def test_what_is_asked_of_a_run_happens_at_its_next_step(house: House, verb: str, status: str) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def wait(job: RunningJob) -> Mapping[str, object]:
        done = int(job.order.checkpoint.get("done", 0))
        if done == 0:
            await job.advance(progress=0.1, stage="waiting")
            begun.set()
            await go_on.wait()
            await job.write(an_effect, progress=0.5, stage="going on", checkpoint={"done": 1})
        return {"from": done}

    house.relay()
    house.consumer(Handler("wait", wait))
    job_id = house.add("wait")
    await asyncio.wait_for(begun.wait(), 30)
    await asyncio.to_thread(house.ask, verb, job_id)
    assert (await asyncio.to_thread(house.get, job_id)).wish == verb
    go_on.set()
    job = await house.until(job_id, status)
    # The step itself was done, and is not done again.
    assert (job.checkpoint, job.wish, house.effects()) == ({"done": 1}, None, 1)
    await asyncio.to_thread(house.ask, "resume" if verb == "pause" else "retry", job_id)
    assert (await house.until(job_id, "completed")).result == {"from": 1}
    assert house.effects() == 1


async def test_a_message_that_comes_twice_has_one_effect(house: House) -> None:
    job_id = house.add("count", {"to": 5})
    message = Message(tenant_id=ALPHA_TENANT, job_id=job_id)
    await house.queue().send([message] * 6)
    consumer = house.consumer(Handler("count", count))
    await house.until(job_id, "completed")
    assert house.effects() == 5
    await house.queue().send([message])
    await eventually(lambda: consumer.tally.ended.get("settled"))
    assert house.effects() == 5


async def test_an_old_message_that_comes_late_does_not_begin_a_job_before_its_time(house: House) -> None:
    runs = 0

    async def fail(_job: RunningJob) -> Mapping[str, object]:
        nonlocal runs
        runs += 1
        raise RateLimited("too many", retry_after=600, limit=1, window=600)

    consumer = house.consumer(Handler("fail", fail))
    job_id = house.add("fail")
    first, second = (Message(tenant_id=ALPHA_TENANT, job_id=job_id, turn=turn) for turn in (0, 1))
    await house.queue().send([first])
    await eventually(lambda: tried_again(house, job_id))
    # The outbox would send the second turn in ten minutes; whatever comes until then is too early or too late.
    await house.queue().send([second, first])
    await eventually(lambda: consumer.tally.ended.get("settled") == 2)
    assert (runs, house.get(job_id).status) == (1, "queued")


async def test_a_run_that_was_replaced_writes_nothing(house: House) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()
    stopped: list[str] = []

    async def slow(job: RunningJob) -> Mapping[str, object]:
        if begun.is_set():
            return await count(job)
        begun.set()
        await go_on.wait()
        try:
            return await count(job)
        except JobStopped as error:
            stopped.append(error.reason)
            raise

    job_id = house.add("slow")
    await house.queue().send([Message(tenant_id=ALPHA_TENANT, job_id=job_id)])
    first = house.consumer(Handler("slow", slow), slots=1)
    await asyncio.wait_for(begun.wait(), 30)
    # As if the first process had been cut off for longer than its lease.
    house.sql("UPDATE jobs SET held_until = now() - interval '1 second' WHERE id = %s", job_id)
    await house.queue().send([Message(tenant_id=ALPHA_TENANT, job_id=job_id)])
    house.consumer(Handler("slow", slow), slots=1)
    await house.until(job_id, "completed")
    go_on.set()
    await eventually(lambda: not first.running)
    assert (stopped, house.effects()) == (["lost"], 3)


async def test_a_job_that_is_held_is_looked_at_again(house: House) -> None:
    job_id = house.add("count")
    house.sql(
        """UPDATE jobs SET status = 'running', holder = gen_random_uuid(), held_until = now() + interval '1 second'
           WHERE id = %s""",
        job_id,
    )
    await house.queue().send([Message(tenant_id=ALPHA_TENANT, job_id=job_id)])
    house.consumer(Handler("count", count))
    assert (await house.until(job_id, "completed")).attempt == 1
    assert house.effects() == 3


async def test_what_cannot_be_a_job_is_buried(house: House) -> None:
    queue = house.queue()
    await queue.send([Message(tenant_id="nobody", job_id="nothing")])
    house.sql("INSERT INTO queue_messages (queue, body) VALUES ('jobs', '{\"what\": 1}'), ('jobs', '[]')")
    house.sql(
        """INSERT INTO queue_messages (queue, body, deliveries)
           VALUES ('jobs', jsonb_build_object('tenant_id', gen_random_uuid(), 'job_id', gen_random_uuid()), 50)"""
    )
    house.consumer()
    await eventually(lambda: len(house.sql("SELECT id FROM queue_messages WHERE dead_at IS NOT NULL")) == 4)
    assert sorted(letter.reason for letter in await queue.dead_letters(10)) == [
        "delivered more than 50 times",
        "not a message of this deployment",
        "not a message of this deployment",
        "not a message of this deployment",
    ]


async def test_a_job_of_another_tenant_is_nothing_to_this_one(house: House) -> None:
    job_id = house.add("count", entry=BETA)
    await house.queue().send([Message(tenant_id=ALPHA_TENANT, job_id=job_id)])
    consumer = house.consumer(Handler("count", count))
    await eventually(lambda: consumer.tally.ended.get("settled"))
    assert house.get(job_id, BETA).status == "queued"


@pytest.mark.parametrize("steps", [True, False])
async def test_a_process_that_ends_hands_its_jobs_back(house: House, steps: bool) -> None:
    begun = asyncio.Event()

    async def long(job: RunningJob) -> Mapping[str, object]:
        if job.order.checkpoint:
            return {"from": job.order.checkpoint["done"]}
        await job.write(an_effect, progress=0.1, stage="first", checkpoint={"done": 1})
        begun.set()
        while steps:
            await job.advance(progress=0.2, stage="second", checkpoint={"done": 2})
            await asyncio.sleep(0.01)
        await asyncio.Event().wait()
        return {}

    house.relay()
    ending = house.consumer(Handler("long", long))
    job_id = house.add("long")
    await asyncio.wait_for(begun.wait(), 30)
    house.tasks.pop().cancel()
    await ending.drain(30 if steps else 0.1)
    job = await asyncio.to_thread(house.get, job_id)
    assert (job.status, job.attempt) == ("queued", 0)
    house.consumer(Handler("long", long))
    assert (await house.until(job_id, "completed")).result == {"from": 2 if steps else 1}
    assert house.effects() == 1


async def test_a_job_over_which_processes_die_becomes_a_dead_letter(house: House) -> None:
    job_id = house.add("deadly")
    house.sql("UPDATE jobs SET attempt = %s WHERE id = %s", MOST_ATTEMPTS, job_id)
    house.relay()
    house.consumer(Handler("deadly", count))
    job = await house.until(job_id, "failed")
    assert (job.error and job.error["code"], house.effects()) == ("run_lost", 0)


async def test_the_database_may_cut_every_connection(house: House) -> None:
    async def cut(job: RunningJob) -> Mapping[str, object]:
        if not job.order.checkpoint:
            await job.write(an_effect, progress=0.3, stage="first", checkpoint={"done": 1})
            await asyncio.to_thread(
                house.sql, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            )
        await job.write(an_effect, progress=0.6, stage="second", checkpoint={"done": 2})
        return {"from": job.order.checkpoint.get("done", 0)}

    house.relay()
    house.consumer(Handler("cut", cut), lease_s=3)
    job_id = house.add("cut")
    async with asyncio.timeout(60):
        job = await house.until(job_id, "completed")
    assert job.error is None
    assert house.effects() == 2
