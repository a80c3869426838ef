"""RabbitMQ takes the channel from who holds a message for too long, whatever signs of life they give."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress

import pytest

from core.jobs.queue.port import Delivery, Message, Queue
from core.jobs.queue.rabbitmq import RabbitQueue
from infra.local.broker_servers import rabbitmq_server
from shared.errors import Unavailable
from shared.ids import new_id
from tests.core.jobs.queue.conftest import folder
from tests.core.jobs.queue.test_conformance import PATIENCE_S, all_of, one, opened

# The server's patience, and a consumer's who knows it.
TIMEOUT_S = 1.5
HELD_S = 0.4


@pytest.fixture(scope="module")
def strict_url() -> Iterator[str]:
    """A server that lets nobody hold a message for long."""
    with folder() as path, rabbitmq_server(path, consumer_timeout_ms=int(TIMEOUT_S * 1000)) as url:
        yield url


async def kept_alive(queue: Queue, delivery: Delivery, until: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not until():
            await queue.extend([delivery])
            await asyncio.sleep(0.1)


def at(moment: float) -> Callable[[], bool]:
    return lambda: asyncio.get_running_loop().time() >= moment


async def test_who_holds_a_message_for_too_long_loses_it_to_others(strict_url: str) -> None:
    name = f"q{new_id()}"
    async with (
        opened(RabbitQueue(strict_url, queue=name, lease_s=5)) as queue,
        opened(RabbitQueue(strict_url, queue=name, lease_s=5)) as other,
    ):
        message = Message(tenant_id=new_id(), job_id=new_id())
        await queue.send([message])
        first = await one(queue)
        again = asyncio.create_task(one(other))
        await kept_alive(queue, first, again.done)
        assert (await again).body == message
        # The one who lost it is told, or finds nothing to settle, and goes on with another channel.
        with suppress(Unavailable):
            await queue.acknowledge([first])
        await other.acknowledge([await again])
        await _patiently(lambda: queue.send([message]))
        await queue.acknowledge([await one(queue)])


async def test_who_works_for_longer_than_that_keeps_the_channel_and_the_message_comes_by_itself(
    strict_url: str,
) -> None:
    name = f"q{new_id()}"
    async with (
        opened(RabbitQueue(strict_url, queue=name, lease_s=5, longest_held_s=HELD_S)) as queue,
        opened(RabbitQueue(strict_url, queue=name, lease_s=5, longest_held_s=HELD_S)) as other,
    ):
        message = Message(tenant_id=new_id(), job_id=new_id())
        short = Message(tenant_id=new_id(), job_id=new_id())
        await queue.send([message])
        first = await one(queue)
        ends = asyncio.get_running_loop().time() + 2 * TIMEOUT_S
        again = asyncio.create_task(one(other))
        await kept_alive(queue, first, again.done)
        # To a consumer it is the message of a job that somebody works on: it goes back for a while.
        assert ((await again).body, (await again).deliveries) == (message, 2)
        await other.release(await again, after_s=0.1)
        await kept_alive(queue, first, at(ends))
        # Another message that this channel holds would be lost with it.
        await queue.send([short])
        while (last := await one(queue)).body != short:
            await queue.release(last, after_s=0.1)
        await queue.acknowledge([first, last])
        settled = await one(other)
        assert settled.body == message
        await other.acknowledge([settled])
        assert await other.receive(1, wait_s=2 * HELD_S) == []


async def test_what_is_handed_back_after_that_is_sent_anew(rabbitmq_url: str) -> None:
    async with opened(RabbitQueue(rabbitmq_url, queue=f"q{new_id()}", lease_s=5, longest_held_s=0.05)) as queue:
        message = Message(tenant_id=new_id(), job_id=new_id())
        await queue.send([message])
        first = await one(queue)
        await kept_alive(queue, first, at(asyncio.get_running_loop().time() + 0.1))
        await queue.release(first, after_s=0)
        # One for who goes on at once, and the one that was put aside: whoever gets that later finds the job settled.
        deliveries = await all_of(queue, 2)
        assert [delivery.body for delivery in deliveries] == [message, message]
        await queue.acknowledge(deliveries)


async def _patiently(work: Callable[[], Awaitable[None]]) -> None:
    """Do what may meet a channel that was just closed."""
    try:
        await work()
    except Unavailable:
        await work()
