"""What every queue promises, asked of each on its real server."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from core.jobs.queue.port import Delivery, Message, Queue, Tick, encode
from shared.ids import new_id
from tests.core.jobs.queue.conftest import OpenQueue, Place

# Long enough for a busy machine; a test that passes waits for what it expects only.
PATIENCE_S = 20.0


def a_message(turn: int = 0) -> Message:
    return Message(tenant_id=new_id(), job_id=new_id(), turn=turn)


@asynccontextmanager
async def opened(queue: Queue) -> AsyncGenerator[Queue]:
    await queue.open()
    try:
        yield queue
    finally:
        await queue.close()


async def one(queue: Queue) -> Delivery:
    (delivery,) = await queue.receive(1, wait_s=PATIENCE_S)
    return delivery


async def all_of(queue: Queue, count: int) -> list[Delivery]:
    found: list[Delivery] = []
    while len(found) < count:
        more = await queue.receive(count - len(found), wait_s=PATIENCE_S)
        assert more, f"{len(found)} of {count} came"
        found += more
    return found


async def test_what_is_sent_is_delivered_once_and_done_with(open_queue: OpenQueue) -> None:
    async with opened(open_queue(30)) as queue:
        messages = [a_message() for _ in range(25)]
        await queue.send(messages)
        deliveries = await all_of(queue, 25)
        assert {each.body for each in deliveries} == set(messages)
        assert {each.deliveries for each in deliveries} == {1}
        await queue.acknowledge(deliveries)
        assert await queue.receive(1, wait_s=0) == []


async def test_who_waits_gets_what_comes_later(open_queue: OpenQueue) -> None:
    async with opened(open_queue(30)) as queue:
        waiting = asyncio.create_task(queue.receive(3, wait_s=PATIENCE_S))
        message = a_message()
        await queue.send([message])
        (delivery,) = await waiting
        assert delivery.body == message
        await queue.acknowledge([delivery])


async def test_who_stops_waiting_takes_nothing_with_them(open_queue: OpenQueue) -> None:
    async with opened(open_queue(PATIENCE_S * 2)) as queue, opened(open_queue(PATIENCE_S * 2)) as other:
        await queue.send([a_message()])
        for steps in range(12):
            waiting = asyncio.create_task(queue.receive(1, wait_s=1))
            # The request is further on its way each time.
            for _ in range(steps):
                await asyncio.sleep(0.0005)
            waiting.cancel()
            await asyncio.wait([waiting])
            if not waiting.cancelled():
                await queue.release(waiting.result()[0], after_s=0)
        await other.acknowledge([await one(other)])


async def test_a_message_has_one_consumer_at_a_time_and_another_once_the_first_is_silent(open_queue: OpenQueue) -> None:
    async with opened(open_queue(1)) as queue, opened(open_queue(1)) as other:
        message = a_message()
        await queue.send([message])
        first = await one(queue)
        second = await one(other)
        assert (first.body, second.body) == (message, message)
        assert second.deliveries == 2
        # What the first one does now is nothing to the second one's.
        await queue.extend([first])
        await other.acknowledge([second])
        assert await other.receive(1, wait_s=2) == []


async def test_a_sign_of_life_keeps_a_message(open_queue: OpenQueue) -> None:
    async with opened(open_queue(2)) as queue, opened(open_queue(2)) as other:
        await queue.send([a_message()])
        delivery = await one(queue)
        waiting = asyncio.create_task(other.receive(1, wait_s=3))
        while not waiting.done():
            await queue.extend([delivery])
            await asyncio.wait([waiting], timeout=0.25)
        assert waiting.result() == []
        await queue.acknowledge([delivery])


async def test_who_closes_leaves_what_they_have_to_others(open_queue: OpenQueue) -> None:
    async with opened(open_queue(1)) as other:
        queue = open_queue(1)
        await queue.open()
        message = a_message()
        await queue.send([message])
        assert (await one(queue)).body == message
        await queue.close()
        again = await one(other)
        assert again.body == message
        await other.acknowledge([again])


async def test_what_is_given_back_comes_back_after_its_time(open_queue: OpenQueue) -> None:
    async with opened(open_queue(30)) as queue:
        await queue.send([a_message()])
        first = await one(queue)
        await queue.release(first, after_s=0)
        # A sign of life that was on its way meanwhile comes too late to keep it.
        await queue.extend([first])
        second = await one(queue)
        await queue.release(second, after_s=1)
        begin = asyncio.get_running_loop().time()
        third = await one(queue)
        assert asyncio.get_running_loop().time() - begin > 0.9
        assert (second.deliveries, third.deliveries) == (2, 3)
        await queue.acknowledge([third])
        assert await queue.receive(1, wait_s=0) == []


async def test_a_dead_letter_has_a_reason_and_may_live_again(open_queue: OpenQueue) -> None:
    async with opened(open_queue(2)) as queue:
        message = a_message()
        await queue.send([message])
        await queue.bury(await one(queue), "it does harm")
        assert await queue.receive(1, wait_s=0) == []
        for _ in range(2):
            (letter,) = await queue.dead_letters(10)
            assert (letter.reason, message.job_id in letter.text) == ("it does harm", True)
        assert await queue.redrive(10) == 1
        again = await one(queue)
        assert again.body == message
        await queue.acknowledge([again])
        assert (await queue.dead_letters(10), await queue.redrive(10)) == ([], 0)


async def test_what_is_no_message_of_ours_becomes_a_dead_letter_and_a_schedule_is_one(place: Place) -> None:
    async with opened(place.open(30)) as queue:
        for text in ('{"what": 1}', "no JSON", '["tenant_id", "job_id"]', '{"schedule": "retention"}'):
            await place.put(text)
        message = a_message()
        await queue.send([message])
        deliveries: list[Delivery] = []
        async with asyncio.timeout(PATIENCE_S):
            # Who receives nothing but what is buried may be told that there was nothing.
            while len(deliveries) < 2:
                deliveries += await queue.receive(2, wait_s=PATIENCE_S)
        assert [delivery.body for delivery in deliveries if isinstance(delivery.body, Message)] == [message]
        assert [delivery.body.schedule for delivery in deliveries if isinstance(delivery.body, Tick)] == ["retention"]
        await queue.acknowledge(deliveries)
        assert await queue.receive(1, wait_s=0) == []
        assert [letter.reason for letter in await queue.dead_letters(10)] == ["not a message of this deployment"] * 3


async def test_a_message_is_small_whatever_its_job_is_about() -> None:
    # The smallest that any of these servers takes is SQS's 256 KiB; a payload alone may have as much.
    assert len(encode(a_message(turn=2**31))) < 300


async def test_the_same_sent_twice_may_come_twice_and_never_less_than_once(open_queue: OpenQueue) -> None:
    async with opened(open_queue(30)) as queue:
        message = a_message()
        await queue.send([message])
        await queue.send([message])
        deliveries = await all_of(queue, 1)
        deliveries += await queue.receive(1, wait_s=0)
        assert {each.body for each in deliveries} == {message}
        await queue.acknowledge(deliveries)


@pytest.mark.parametrize("count", [0, 1, 33])
async def test_any_number_is_settled_at_once(open_queue: OpenQueue, count: int) -> None:
    async with opened(open_queue(30)) as queue:
        await queue.send([a_message() for _ in range(count)])
        deliveries = await all_of(queue, count)
        await queue.extend(deliveries)
        await queue.acknowledge(deliveries)
        assert await queue.receive(1, wait_s=0) == []
