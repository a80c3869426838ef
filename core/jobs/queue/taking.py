"""A request for messages that may be given up: what its answer brings all the same goes back to the queue."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from core.jobs.queue.port import Delivery, Queue
from shared.errors import Unavailable


async def taken_whole(queue: Queue, taking: Coroutine[Any, Any, list[Delivery]]) -> list[Delivery]:
    """Return what a queue's server gives.

    A server that has been asked cannot be told that nobody listens any more: cancelled, this waits for the answer, so
    that nobody has to wait for the end of a lease which no process holds.
    """
    request = asyncio.create_task(taking)
    try:
        return await asyncio.shield(request)
    except asyncio.CancelledError:
        with suppress(Unavailable):  # others get it once its lease ends
            for delivery in await request:
                await queue.release(delivery, after_s=0)
        raise
