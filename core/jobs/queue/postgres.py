"""The queue of a deployment without any other: a table of its database (SKIP LOCKED), with NOTIFY to be quick."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from core.jobs.queue.port import DeadLetter, Delivery, Message, decode
from core.jobs.queue.taking import taken_whole
from core.jobs.threads import JobDatabase
from shared.db import TenantEntry, Unit
from shared.errors import InvalidInput
from shared.ids import new_id
from shared.repositories.queue import QueueRepository, Received

# Nobody's: the queue is not a tenant's.
_NOBODY: Final = TenantEntry(None)
# Messages become visible again without a word; whoever waits looks this often, and less where there was none for long.
_LOOK_S: Final = 0.5
_CALM_LOOK_S: Final = 2.0
_CALM_AFTER_S: Final = 30.0


class PostgresQueue:
    """Messages of one name in `queue_messages`.

    Args: lease_s: seconds a message is invisible for whom it was not delivered to.
    """

    name = "postgres"

    def __init__(self, database: JobDatabase, *, queue: str = "jobs", lease_s: float = 30) -> None:
        self._database = database
        self._queue = queue
        self._lease_s = lease_s
        self._news = asyncio.Event()
        self._busy_until = 0.0

    def wake(self) -> None:
        """Look for messages at once: somebody has sent one."""
        self._news.set()

    async def open(self) -> None:
        """There is nothing to make: migrations have made the table."""

    async def close(self) -> None:
        """What was received is delivered to others once its lease ends, or at once where it was released."""

    async def send(self, messages: Sequence[Message]) -> None:
        """Send messages."""
        bodies: list[Mapping[str, object]] = [msgspec.to_builtins(message) for message in messages]
        await self._database.run(_NOBODY, lambda unit: self._of(unit).send(bodies))

    async def receive(self, most: int, *, wait_s: float) -> list[Delivery]:
        """Return up to `most` messages, as soon as there is one."""
        now = asyncio.get_running_loop().time
        until = now() + wait_s
        while True:
            self._news.clear()
            if found := await taken_whole(self, self._take(most)):
                self._busy_until = now() + max(_CALM_AFTER_S, self._lease_s)
                return found
            left = until - now()
            if left <= 0:
                return []
            try:
                async with asyncio.timeout(min(left, _LOOK_S if now() < self._busy_until else _CALM_LOOK_S)):
                    await self._news.wait()
            except TimeoutError:
                continue

    async def extend(self, deliveries: Sequence[Delivery]) -> None:
        """Keep messages for another lease."""
        receipts = _receipts(deliveries)
        await self._database.run(_NOBODY, lambda unit: self._of(unit).extend(receipts, lease_s=self._lease_s))

    async def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """Be done with messages."""
        receipts = _receipts(deliveries)
        await self._database.run(_NOBODY, lambda unit: self._of(unit).remove(receipts))

    async def release(self, delivery: Delivery, *, after_s: float) -> None:
        """Give a message back: others get it after some seconds."""
        ((message_id, receipt),) = _receipts([delivery]).items()
        await self._database.run(_NOBODY, lambda unit: self._of(unit).release(message_id, receipt, after_s=after_s))

    async def bury(self, delivery: Delivery, reason: str) -> None:
        """Make a message a dead letter."""
        ((message_id, receipt),) = _receipts([delivery]).items()
        await self._database.run(_NOBODY, lambda unit: self._of(unit).bury(message_id, receipt, reason))

    async def dead_letters(self, most: int) -> list[DeadLetter]:
        """Return dead letters, the oldest first."""
        dead = await self._database.run(_NOBODY, lambda unit: self._of(unit).dead(most=most))
        return [DeadLetter(msgspec.json.encode(one.body).decode(), one.reason) for one in dead.result]

    async def redrive(self, most: int) -> int:
        """Deliver dead letters as if they were new, and return how many."""
        return (await self._database.run(_NOBODY, lambda unit: self._of(unit).redrive(most=most))).result

    def _of(self, unit: Unit) -> QueueRepository:
        return QueueRepository(unit, self._queue)

    async def _take(self, most: int) -> list[Delivery]:
        receipt = new_id()
        taken = await self._database.run(
            _NOBODY, lambda unit: self._of(unit).receive(receipt, most=most, lease_s=self._lease_s)
        )
        found: list[Delivery] = []
        for one in sorted(taken.result, key=lambda received: received.id):
            try:
                found.append(_delivery(one, receipt))
            except InvalidInput as error:
                await self.bury(
                    Delivery(Message(tenant_id="", job_id=""), one.deliveries, (one.id, receipt)), error.message
                )
        return found


def _delivery(one: Received, receipt: str) -> Delivery:
    return Delivery(decode(msgspec.json.encode(one.body)), one.deliveries, (one.id, receipt))


def _receipts(deliveries: Sequence[Delivery]) -> dict[int, str]:
    held: list[Any] = [delivery.receipt for delivery in deliveries]
    return dict(held)
