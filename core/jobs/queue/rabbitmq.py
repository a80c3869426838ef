"""RabbitMQ 3.10 or later: a quorum queue, one for dead letters, and queues whose messages expire into the first.

RabbitMQ knows no lease: a message is its consumer's until the connection ends, or for half an hour. So this keeps the
leases itself, and puts a message that is worked on for longer aside for later in place of holding it.
"""

import asyncio
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage, AbstractQueue
from aio_pika.exceptions import AMQPError, ChannelInvalidStateError
from aiormq.exceptions import ConnectionClosed

from core.jobs.queue.port import DeadLetter, Delivery, Message, decode, encode
from core.jobs.queue.taking import taken_whole
from shared.errors import InvalidInput, Unavailable

# Delays there are, in seconds: a message waits for the next longer one.
_DELAYS_S: Final = (0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600)
# Nothing tells of messages without taking more than were asked for; whoever waits looks this often.
_FIRST_LOOK_S: Final = 0.01
_LONGEST_LOOK_S: Final = 0.1
# Less than the quarter of an hour, or the half, after which RabbitMQ closes the channel of who holds a message.
LONGEST_HELD_S: Final = 600.0


@dataclass(slots=True)
class _Held:
    """A message in this process's hands.

    Attributes:
        returned: it was put aside before, by somebody who may work on it still.
        aside: RabbitMQ has another one of it, put aside.
    """

    message: AbstractIncomingMessage
    deliveries: int
    until: float
    since: float
    returned: bool
    aside: bool = False


class RabbitQueue:
    """Messages of one name on one virtual host.

    Args:
        url: amqp:// or amqps://.
        lease_s: seconds after which others get what was not extended; at once where this process dies.
        longest_held_s: seconds after which a message under work waits elsewhere; less than the server's
            `consumer_timeout`, and its check of that once a minute.
    """

    name = "rabbitmq"

    def __init__(
        self,
        url: str,
        *,
        queue: str = "unamentis.jobs",
        lease_s: float = 30,
        longest_held_s: float = LONGEST_HELD_S,
    ) -> None:
        self._url = url
        self._name = queue
        self._lease_s = lease_s
        self._longest_held_s = longest_held_s
        self._connection: AbstractConnection | None = None
        self._channel: AbstractChannel | None = None
        self._queue: AbstractQueue | None = None
        self._delays: set[float] = set()
        self._held: dict[int, _Held] = {}
        self._next = 0
        self._leases: asyncio.Task[None] | None = None
        self._opening = asyncio.Lock()

    async def open(self) -> None:
        """Connect, and make what is missing on the server."""
        with _answers():
            await self._open()
        if self._leases is None:
            self._leases = asyncio.create_task(self._give_back())

    async def close(self) -> None:
        """Let go of the connection."""
        if self._leases is not None:
            self._leases.cancel()
            with suppress(asyncio.CancelledError):
                await self._leases
            self._leases = None
        with _answers():
            if self._connection is not None:
                await self._connection.close()

    async def send(self, messages: Sequence[Message]) -> None:
        """Send messages."""
        with _answers():
            channel, _ = await self._open()
            await asyncio.gather(*(self._publish(channel, encode(one).encode(), self._name) for one in messages))

    async def receive(self, most: int, *, wait_s: float) -> list[Delivery]:
        """Return up to `most` messages, as soon as there is one."""
        until = time.monotonic() + wait_s
        look = _FIRST_LOOK_S
        with _answers():
            while True:
                _, queue = await self._open()
                found = await taken_whole(self, self._take(queue, most))
                left = until - time.monotonic()
                if found or left <= 0:
                    return found
                await asyncio.sleep(min(look, left))
                look = min(2 * look, _LONGEST_LOOK_S)

    async def extend(self, deliveries: Sequence[Delivery]) -> None:
        """Keep messages for another lease."""
        now = time.monotonic()
        for delivery in deliveries:
            held = self._held.get(_key(delivery))
            if held is None:
                continue
            held.until = now + self._lease_s
            if not held.aside and now - held.since > self._longest_held_s:
                with _answers():
                    await self._pass_on(held, self._longest_held_s, aside=True)

    async def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """Be done with messages."""
        with _answers():
            for delivery in deliveries:
                if (held := self._held.pop(_key(delivery), None)) and not held.aside:
                    await held.message.ack()

    async def release(self, delivery: Delivery, *, after_s: float) -> None:
        """Give a message back: others get it after some seconds."""
        if held := self._held.pop(_key(delivery), None):
            # What is worked on for that long is not looked at every few seconds.
            aside = held.returned and after_s > 0
            with _answers():
                await self._pass_on(held, max(after_s, self._longest_held_s) if aside else after_s, aside=aside)

    async def bury(self, delivery: Delivery, reason: str) -> None:
        """Make a message a dead letter."""
        if (held := self._held.pop(_key(delivery), None)) and not held.aside:
            with _answers():
                await self._bury(held.message, reason)

    async def dead_letters(self, most: int) -> list[DeadLetter]:
        """Return dead letters, the oldest first."""
        with _answers():
            letters = await self._dead(most)
            for one in letters:
                await one.nack(requeue=True)
        return [DeadLetter(one.body.decode("utf-8", "replace"), str(one.headers.get("reason", ""))) for one in letters]

    async def redrive(self, most: int) -> int:
        """Deliver dead letters as if they were new, and return how many."""
        with _answers():
            channel, _ = await self._open()
            letters = await self._dead(most)
            for one in letters:
                await self._publish(channel, one.body, self._name)
                await one.ack()
        return len(letters)

    async def _open(self) -> tuple[AbstractChannel, AbstractQueue]:
        """Return the channel and the queue; connect anew where the connection was lost."""
        async with self._opening:
            if self._channel is None or self._queue is None or self._channel.is_closed:
                if self._connection is not None:
                    await self._connection.close()
                # What was held is delivered to others by now.
                self._held.clear()
                self._delays.clear()
                self._connection = await aio_pika.connect(self._url, timeout=5)
                self._channel = await self._connection.channel(publisher_confirms=True)
                quorum = {"x-queue-type": "quorum"}
                self._queue = await self._channel.declare_queue(self._name, durable=True, arguments=dict(quorum))
                await self._channel.declare_queue(f"{self._name}.dead", durable=True, arguments=dict(quorum))
            return self._channel, self._queue

    async def _take(self, queue: AbstractQueue, most: int) -> list[Delivery]:
        found: list[Delivery] = []
        while len(found) < most:
            message = await queue.get(no_ack=False, fail=False)
            if message is None:
                break
            count = _count(message, "deliveries") + _count(message, "x-delivery-count") + 1
            try:
                body = decode(message.body)
            except InvalidInput as error:
                await self._bury(message, error.message)
                continue
            now = time.monotonic()
            self._next += 1
            returned = bool(message.headers.get("aside"))
            self._held[self._next] = _Held(message, count, now + self._lease_s, now, returned)
            found.append(Delivery(body, count, self._next))
        return found

    async def _pass_on(self, held: _Held, after_s: float, *, aside: bool) -> None:
        """Send what is held anew, and be done with the one that came."""
        # Who settles it meanwhile leaves that one to this call.
        was_aside, held.aside = held.aside, aside
        try:
            channel, _ = await self._open()
            target = self._name if after_s <= 0 else await self._later(channel, after_s)
            await self._publish(channel, held.message.body, target, deliveries=held.deliveries, aside=aside)
        except BaseException:
            held.aside = was_aside
            raise
        if not was_aside:
            await held.message.ack()

    async def _publish(
        self,
        channel: AbstractChannel,
        body: bytes,
        target: str,
        *,
        deliveries: int = 0,
        reason: str = "",
        aside: bool = False,
    ) -> None:
        headers: dict[str, Any] = {"deliveries": deliveries}
        headers |= ({"reason": reason} if reason else {}) | ({"aside": True} if aside else {})
        message = aio_pika.Message(body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT, headers=headers)
        await channel.default_exchange.publish(message, routing_key=target, timeout=10)

    async def _later(self, channel: AbstractChannel, after_s: float) -> str:
        """Return the queue whose messages come back after at least so long."""
        delay = next((one for one in _DELAYS_S if one >= after_s), _DELAYS_S[-1])
        name = f"{self._name}.later.{delay:g}"
        if delay not in self._delays:
            arguments: dict[str, Any] = {
                "x-message-ttl": int(delay * 1000),
                "x-dead-letter-exchange": "",
                "x-dead-letter-routing-key": self._name,
            }
            await channel.declare_queue(name, durable=True, arguments=arguments)
            self._delays.add(delay)
        return name

    async def _bury(self, message: AbstractIncomingMessage, reason: str) -> None:
        channel, _ = await self._open()
        await self._publish(channel, message.body, f"{self._name}.dead", reason=reason[:500])
        await message.ack()

    async def _dead(self, most: int) -> list[AbstractIncomingMessage]:
        channel, _ = await self._open()
        queue = await channel.get_queue(f"{self._name}.dead", ensure=False)
        found: list[AbstractIncomingMessage] = []
        while len(found) < most:
            message = await queue.get(no_ack=False, fail=False)
            if message is None:
                break
            found.append(message)
        return found

    async def _give_back(self) -> None:
        """Return to the queue what was not extended in time."""
        while True:
            await asyncio.sleep(self._lease_s / 4)
            now = time.monotonic()
            for key in [key for key, held in self._held.items() if held.until < now]:
                held = self._held.pop(key)
                if held.aside:
                    continue
                with suppress(AMQPError, OSError, RuntimeError):  # with the channel, the message has gone back too
                    await held.message.nack(requeue=True)


@contextmanager
def _answers() -> Generator[None]:
    try:
        yield
    except (AMQPError, ChannelInvalidStateError, ConnectionClosed, OSError, TimeoutError) as error:
        raise Unavailable(f"RabbitMQ does not answer: {type(error).__name__}") from error


def _key(delivery: Delivery) -> int:
    return delivery.receipt if isinstance(delivery.receipt, int) else -1


def _count(message: AbstractIncomingMessage, header: str) -> int:
    value = message.headers.get(header, 0)
    return value if isinstance(value, int) else 0
